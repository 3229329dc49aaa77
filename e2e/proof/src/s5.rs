//! S5: every wait ends at a time that the status shows, and that does not move away.

mod limits;

use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use upgradegate_crds::{Phase, UpgradeGate, UpgradeGateStatus};

use crate::{
    Rule, Slack, Violation,
    slack::later,
    world::{World, gate_name, status},
};

/// Checks that each version of a gate shows the end of its wait, and that another version came by then.
pub(crate) fn check(world: &World, slack: Slack) -> Vec<Violation> {
    let mut found = limits::check(world);
    for gate in world.gates.values() {
        // What is waited for since, until when, and which gate it was first shown by.
        let mut wait: Option<(Option<Phase>, Timestamp, &UpgradeGate)> = None;
        for version in gate.versions() {
            let next = (!version.gone).then_some(version.object).and_then(|gate| Some((gate, status(gate)?)));
            if let Some((phase, end, gate)) = wait
                && next.is_none_or(|(_, status)| status.phase != phase || shown_end(status) != Some(end))
            {
                found.extend(overdue(gate, end, version.at, slack));
                wait = None;
            }
            let Some((gate, status)) = next.filter(|(_, status)| status.phase != Some(Phase::Finished)) else {
                continue;
            };
            if let Some(end) = shown_end(status) {
                wait = Some((status.phase, end, gate));
            } else {
                let why = format!("in phase {:?} it does not show when its wait ends", status.phase);
                found.push(Violation { rule: Rule::S5, at: version.at, object: gate_name(gate), why });
            }
        }
        if let Some((_, end, gate)) = wait {
            found.extend(overdue(gate, end, world.end, slack));
        }
    }
    found
}

fn overdue(gate: &UpgradeGate, end: Timestamp, ended: Timestamp, slack: Slack) -> Option<Violation> {
    let why = || format!("its wait was to end at {end}");
    (ended > later(end, slack.end + slack.clock)).then(|| Violation {
        rule: Rule::S5,
        at: ended,
        object: gate_name(gate),
        why: why(),
    })
}

/// The time at which the wait of a phase is over, as the status shows it.
fn shown_end(status: &UpgradeGateStatus) -> Option<Timestamp> {
    let shown: Option<&Time> = match status.phase {
        None | Some(Phase::Waiting) => status.deadline.as_ref(),
        Some(Phase::Draining) if status.opened_at.is_none() => status.deadline.as_ref(),
        // Who was let through is let through: an open gate that closes again still waits for the upgrade.
        Some(Phase::Draining | Phase::Open) => status.open_until.as_ref(),
        Some(Phase::RollingOut) => status.progress_deadline.as_ref(),
        // Members that the rollout may still replace are not resumed before it is over.
        Some(Phase::Resuming) => status.resume_until.as_ref().or(status.progress_deadline.as_ref()),
        Some(Phase::Finished) => status.finished_at.as_ref(),
    };
    shown.map(|at| at.0)
}
