//! No limit creeps: those of the time until the upgrade comes follow from the spec, and that of the rollout moves with progress alone.

use jiff::Timestamp;
use upgradegate_crds::{Phase, UpgradeGate, UpgradeGateStatus};

use crate::{
    Rule, Violation,
    slack::{earlier, later, seconds},
    timeline::Version,
    world::{World, gate_name, status},
};

/// How long after its deadline an open gate still waits for the upgrade, in seconds.
const OPEN_BEYOND_DEADLINE: u32 = 300;

/// Checks every version of every gate, and each step between two of them.
pub(super) fn check(world: &World) -> Vec<Violation> {
    let mut found = Vec::new();
    for gate in world.gates.values() {
        let mut before: Option<&Version<UpgradeGate>> = None;
        for version in gate.versions().iter().filter(|version| !version.gone) {
            // Progress may have been between them that nobody recorded.
            let before = before.replace(version).filter(|before| !world.has_gap(before.at, version.at));
            let step = before.and_then(|before| Some((status(before.object)?, status(version.object)?)));
            let crept = step.and_then(|(old, new)| crept(version.object, old, new));
            if let Some(why) = crept.or_else(|| strayed(version.object)) {
                found.push(Violation { rule: Rule::S5, at: version.at, object: gate_name(version.object), why });
            }
        }
    }
    found
}

/// Why the limits of a gate that holds the upgrade, or lets it through, are not those of its spec.
fn strayed(gate: &UpgradeGate) -> Option<String> {
    let holds = |status: &&UpgradeGateStatus| {
        matches!(status.phase, Some(Phase::Waiting | Phase::Draining | Phase::Open))
            && Some(status.observed_generation) == gate.metadata.generation
    };
    let status = status(gate).filter(holds)?;
    let due = later(gate.metadata.creation_timestamp.as_ref()?.0, seconds(gate.spec.deadline_seconds));
    let until = later(due, seconds(OPEN_BEYOND_DEADLINE));
    let differs = |shown: Option<Timestamp>, wanted| shown.is_some_and(|shown| shown != wanted);
    let (deadline, open_until) = (status.deadline.as_ref().map(|at| at.0), status.open_until.as_ref().map(|at| at.0));
    if differs(deadline, due) {
        return Some(format!("its deadline is {deadline:?}, and its spec makes it {due}"));
    }
    differs(open_until, until).then(|| format!("it is open until {open_until:?}, and its spec makes it {until}"))
}

/// Why the limit of a rollout should have stayed where it was: nothing moved, and it had not come.
fn crept(gate: &UpgradeGate, old: &UpgradeGateStatus, new: &UpgradeGateStatus) -> Option<String> {
    let (was, is) = (old.progress_deadline.as_ref()?.0, new.progress_deadline.as_ref()?.0);
    let set = earlier(is, seconds(gate.spec.progress_seconds));
    let moved = was < is && set < was && old.rollout == new.rollout;
    moved.then(|| format!("without progress, what it waits for until {was} it waits for until {is}"))
}
