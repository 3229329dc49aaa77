//! The shape of a gate's record: phases, outcome, conditions, size; and that no write changes nothing.

use upgradegate_crds::{Outcome, Phase, UpgradeGate, UpgradeGateStatus, condition as names};

use crate::{
    Rule, Violation,
    timeline::Version,
    world::{World, condition, gate_name},
};

/// The most bytes that a status may have as JSON.
const MAX_STATUS: usize = 8 * 1024;

/// Checks every version of every gate, and each step between two of them.
pub(crate) fn check(world: &World) -> Vec<Violation> {
    let mut found = Vec::new();
    for gate in world.gates.values() {
        let mut before: Option<&Version<UpgradeGate>> = None;
        for version in gate.versions().iter().filter(|version| !version.gone) {
            let mut report = |why: String| {
                let object = gate_name(version.object);
                found.push(Violation { rule: Rule::Record, at: version.at, object, why });
            };
            check_version(version.object, &mut report);
            // What a watch has missed may have been between them.
            if let Some(before) = before.filter(|before| !world.has_gap(before.at, version.at)) {
                check_step(before.object, version.object, &mut report);
            }
            before = Some(version);
        }
    }
    found
}

/// What must hold for each version by itself.
fn check_version(gate: &UpgradeGate, report: &mut dyn FnMut(String)) {
    let Some(status) = &gate.status else { return };
    if serde_json::to_vec(status).is_ok_and(|json| json.len() >= MAX_STATUS) {
        report(format!("the status has {MAX_STATUS} bytes or more"));
    }
    let ready = condition(status, names::READY);
    if (ready == Some("True")) != (status.phase == Some(Phase::Open)) {
        report(format!("Ready is {ready:?} in phase {:?}", status.phase));
    }
    check_end(status, ready, report);
}

/// Conditions at the end, as the design has them.
fn check_end(status: &UpgradeGateStatus, ready: Option<&str>, report: &mut dyn FnMut(String)) {
    let is_true = |type_| condition(status, type_) == Some("True");
    let (complete, failed, stalled) = (is_true(names::COMPLETE), is_true(names::FAILED), is_true(names::STALLED));
    if status.phase == Some(Phase::Finished) {
        let good = status.outcome.is_some_and(Outcome::is_good);
        if status.outcome.is_none() {
            report("it is finished without an outcome".into());
        }
        if complete != good || failed == good {
            report(format!("it is finished as {:?} with Complete={complete} Failed={failed}", status.outcome));
        }
        if good && ready.is_some() {
            report("Ready is present after a good end".into());
        }
        if !good && ready != Some("False") {
            report(format!("Ready is {ready:?} after a bad end"));
        }
    } else if complete || failed {
        report(format!("Complete={complete} Failed={failed} in phase {:?}", status.phase));
    }
    if stalled && !failed {
        report("Stalled without Failed".into());
    }
}

/// Of a write that changed nothing that anybody reads. Whoever applies a field that is as they want it writes so, and takes part in it.
pub const UNCHANGED: &str = "a write changed nothing";

/// What must hold between two versions of a gate.
fn check_step(before: &UpgradeGate, after: &UpgradeGate, report: &mut dyn FnMut(String)) {
    if bare(before) == bare(after) {
        report(UNCHANGED.into());
    }
    let (Some(old), Some(new)) = (&before.status, &after.status) else { return };
    if old.outcome.is_some() && old.outcome != new.outcome {
        report(format!("the outcome went from {:?} to {:?}", old.outcome, new.outcome));
    }
    if old.epoch > new.epoch {
        report(format!("the epoch went from {:?} to {:?}", old.epoch, new.epoch));
    }
    if !edge(old, new) {
        report(format!("it went from {:?} to {:?}", old.phase, new.phase));
    }
}

/// Whether a gate may go from one status to the next.
fn edge(old: &UpgradeGateStatus, new: &UpgradeGateStatus) -> bool {
    let (Some(from), Some(to)) = (old.phase, new.phase) else { return old.phase.is_none() };
    match (from, to) {
        (Phase::RollingOut, Phase::Draining | Phase::Open) => false,
        // Whoever was let through is let through: a gate that closed again may roll out.
        (Phase::Draining, Phase::RollingOut) => old.opened_at.is_some(),
        (Phase::Open, Phase::Draining) => true,
        _ => from <= to,
    }
}

/// A gate without what changes on every write, and what nobody reads.
fn bare(gate: &UpgradeGate) -> UpgradeGate {
    let mut gate = gate.clone();
    gate.metadata.resource_version = None;
    gate.metadata.managed_fields = None;
    gate
}
