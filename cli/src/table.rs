//! Pure: gates as a table, one a line, as kubectl prints them.

use jiff::Timestamp;
use kube::ResourceExt;
use upgradegate_crds::UpgradeGate;

use crate::{duration, gate::word, view::clean};

const HEADER: [&str; 7] = ["NAME", "TARGET", "PHASE", "READY", "OUTCOME", "AGE", "MESSAGE"];
/// Between columns.
const GAP: usize = 3;

/// The lines of the table of these gates, with a header.
pub fn table(gates: &[UpgradeGate], now: Timestamp) -> Vec<String> {
    let header = std::iter::once(HEADER.map(str::to_owned));
    columns(header.chain(gates.iter().map(|gate| row(gate, now))))
}

/// Rows of cells as lines, each column as wide as its widest cell.
pub fn columns<const N: usize>(rows: impl IntoIterator<Item = [String; N]>) -> Vec<String> {
    let rows: Vec<_> = rows.into_iter().collect();
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or_default() + GAP;
    let widths: [usize; N] = std::array::from_fn(width);
    let pad = |(cell, width): (&String, usize)| format!("{cell:width$}");
    let line = |row: &[String; N]| row.iter().zip(widths).map(pad).collect::<Vec<_>>().concat();
    rows.iter().map(|row| line(row).trim_end().to_owned()).collect()
}

fn row(gate: &UpgradeGate, now: Timestamp) -> [String; 7] {
    let status = gate.status.clone().unwrap_or_default();
    let age = gate.metadata.creation_timestamp.as_ref().map(|t| duration::age(t.0.duration_until(now).as_secs()));
    [
        clean(&gate.name_any()),
        clean(&gate.spec.target_ref.name),
        status.phase.map(word).unwrap_or_default(),
        status.pods.map(|pods| clean(&pods.summary)).unwrap_or_default(),
        status.outcome.map(word).unwrap_or_default(),
        age.unwrap_or_else(|| "<unknown>".into()),
        clean(&status.message),
    ]
}

#[cfg(test)]
#[path = "table_tests.rs"]
mod tests;
