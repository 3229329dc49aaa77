//! The upgrade as a picture: a bar for each thing that lasted.

use jiff::Timestamp;
use upgradegate_crds::Phase;
use upgradegate_e2e::is;

use crate::{screen::Screen, upgrade::Upgrade, work::Work};

/// Characters of a bar that is as long as the whole.
const WIDTH: f64 = 60.0;

/// Draws what lasted from when to when.
pub fn draw(screen: Screen, work: &Work, upgrade: &Upgrade) {
    let bars = bars(work, upgrade);
    let begin = bars.iter().map(|bar| bar.from).min().unwrap_or_default();
    let end = bars.iter().map(|bar| bar.until).max().unwrap_or_default();
    let whole = seconds(begin, end).max(1.0);
    for bar in &bars {
        let (from, until) = (seconds(begin, bar.from) / whole, seconds(begin, bar.until) / whole);
        let (from, until) = (column(from), column(until).max(column(from) + 1));
        let drawn = format!("{}{}", " ".repeat(from), "=".repeat(until - from));
        let times = format!("{:>5.1} .. {:>4.1} s", upgrade.story.seconds(bar.from), upgrade.story.seconds(bar.until));
        screen.line(&format!("{:<26} {} {drawn}", bar.what, screen.dim(&times)));
    }
}

struct Bar {
    what: String,
    from: Timestamp,
    until: Timestamp,
}

fn bars(work: &Work, upgrade: &Upgrade) -> Vec<Bar> {
    let bar = |what: &str, from, until| Bar { what: what.to_owned(), from, until };
    let operations = work.operations.iter().map(|operation| {
        let short = operation.pod.rsplit('-').next().unwrap_or_default();
        bar(&format!("operation in pod {short}"), operation.from, operation.until)
    });
    let mut bars: Vec<Bar> = operations.collect();
    if let Some((first, last)) = upgrade.answers.refusals() {
        bars.push(bar("new work refused", first, last));
    }
    bars.extend(phases(upgrade).map(|(phase, from, until)| bar(&format!("gate {phase:?}"), from, until)));
    bars.push(bar("helm upgrade", upgrade.helm.started, upgrade.helm.ended));
    bars
}

/// From when to when the gate was in each phase.
fn phases(upgrade: &Upgrade) -> impl Iterator<Item = (Phase, Timestamp, Timestamp)> {
    let end = upgrade.first(&is::over());
    let mut starts: Vec<(Phase, Timestamp)> = Vec::new();
    for seen in &upgrade.versions {
        if let Some(phase) = seen.gate.status.as_ref().and_then(|status| status.phase)
            && starts.last().is_none_or(|(last, _)| *last != phase)
        {
            starts.push((phase, seen.at));
        }
    }
    let ends: Vec<Timestamp> = starts.iter().skip(1).map(|(_, at)| *at).chain(end).collect();
    let lasted = starts.into_iter().zip(ends).map(|((phase, from), until)| (phase, from, until));
    lasted.filter(|(phase, ..)| *phase != Phase::Finished)
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
fn column(share: f64) -> usize {
    (share.clamp(0.0, 1.0) * WIDTH).round() as usize
}

fn seconds(from: Timestamp, until: Timestamp) -> f64 {
    until.duration_since(from).as_secs_f64()
}
