//! What was measured, as a table.

/// A line of the table.
#[derive(Clone, Debug, Default)]
pub struct Row {
    /// What was measured.
    pub what: String,
    /// Of UpgradeGate.
    pub ours: String,
    /// Of the shell hook, where it has such a thing.
    pub shell: String,
    /// The ratio of the two, or what was to be reached.
    pub note: String,
}

impl Row {
    /// A figure that only UpgradeGate has.
    pub fn of_ours(what: impl Into<String>, ours: &(impl ToString + ?Sized), note: impl Into<String>) -> Self {
        Self { what: what.into(), ours: ours.to_string(), note: note.into(), ..Self::default() }
    }
}

/// Renders the table, as Markdown that also reads well as it is.
pub fn render(rows: &[Row]) -> String {
    let head = ["figure", "UpgradeGate", "shell hook", "ratio, or goal"].map(str::to_owned);
    let cells = |row: &Row| [row.what.clone(), row.ours.clone(), row.shell.clone(), row.note.clone()];
    let mut lines = vec![head];
    lines.extend(rows.iter().map(cells));
    let mut widths = [0; 4];
    for line in &lines {
        for (width, cell) in widths.iter_mut().zip(line) {
            *width = (*width).max(cell.chars().count());
        }
    }
    lines.insert(1, widths.map(|width| "-".repeat(width)));
    let render = |line: &[String; 4]| {
        let cells = line.iter().zip(widths).map(|(cell, width)| format!("{cell:<width$}"));
        format!("| {} |\n", cells.collect::<Vec<_>>().join(" | "))
    };
    lines.iter().map(render).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_aligned() {
        let table = render(&[Row::of_ours("time", "1 s", "goal: 2 s")]);
        let lines: Vec<_> = table.lines().collect();
        assert_eq!(lines.len(), 3);
        assert!(lines.iter().all(|line| line.len() == lines[0].len()), "{table}");
        assert!(lines[2].starts_with("| time   | 1 s         |"), "{table}");
    }
}
