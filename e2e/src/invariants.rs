//! The rules that hold always, checked over every version of every gate.

use std::collections::HashMap;

use kube::ResourceExt;
use upgradegate_crds::{OpenedByType, Outcome, Phase, UpgradeGate, UpgradeGateStatus, condition};

use crate::{history::Seen, is};

/// The most bytes that a status may have as JSON.
const MAX_STATUS: usize = 8 * 1024;

/// The rules that these versions break, each in a sentence; empty if all hold.
pub fn broken(history: &[Seen]) -> Vec<String> {
    let mut broken = Vec::new();
    let mut last = HashMap::<String, UpgradeGate>::new();
    for seen in history {
        let uid = seen.gate.uid().unwrap_or_default();
        let before = last.remove(&uid);
        let mut report = |what: String| broken.push(format!("{} at {}: {what}", seen.gate.name_any(), seen.at));
        if !seen.gone {
            check_version(&seen.gate, &mut report);
            if let Some(before) = &before {
                check_step(before, &seen.gate, &mut report);
            }
            last.insert(uid, seen.gate.clone());
            check_rivals(&last, &mut report);
        }
    }
    broken
}

/// What must hold for each version by itself.
fn check_version(gate: &UpgradeGate, report: &mut dyn FnMut(String)) {
    let Some(status) = &gate.status else { return };
    if serde_json::to_vec(status).is_ok_and(|json| json.len() >= MAX_STATUS) {
        report(format!("the status has {MAX_STATUS} bytes or more"));
    }
    let ready = is::condition(status, condition::READY);
    let by_order = status.opened_by.as_ref().is_some_and(|by| by.type_ != OpenedByType::Quorum);
    let pods = status.pods.clone().unwrap_or_default();
    if ready == Some("True") && !by_order && (pods.ready < pods.required || pods.required == 0) {
        report(format!("S1: open with {} of {} ready, and nobody ordered it", pods.ready, pods.required));
    }
    if ready == Some("True") && status.phase != Some(Phase::Open) {
        report(format!("Ready=True in phase {:?}", status.phase));
    }
    if let Some(missing) = missing_end(status) {
        report(format!("S5: in phase {:?} without {missing}", status.phase));
    }
    check_end(status, ready, report);
}

/// The time that ends the wait of a phase, if it is not shown.
fn missing_end(status: &UpgradeGateStatus) -> Option<&'static str> {
    let (shown, name) = match status.phase? {
        Phase::Waiting | Phase::Draining => (&status.deadline, "deadline"),
        Phase::Open => (&status.open_until, "openUntil"),
        Phase::RollingOut => (&status.progress_deadline, "progressDeadline"),
        // Members that the rollout may still replace are not resumed before it is over.
        Phase::Resuming if status.resume_until.is_none() => {
            (&status.progress_deadline, "resumeUntil or progressDeadline")
        }
        Phase::Resuming => (&status.resume_until, "resumeUntil"),
        Phase::Finished => (&status.finished_at, "finishedAt"),
    };
    shown.is_none().then_some(name)
}

/// Conditions at the end, as the design has them.
fn check_end(status: &UpgradeGateStatus, ready: Option<&str>, report: &mut dyn FnMut(String)) {
    let complete = is::condition(status, condition::COMPLETE) == Some("True");
    let failed = is::condition(status, condition::FAILED) == Some("True");
    let stalled = is::condition(status, condition::STALLED) == Some("True");
    if status.phase == Some(Phase::Finished) {
        let good = status.outcome.is_some_and(Outcome::is_good);
        if status.outcome.is_none() {
            report("Finished without an outcome".into());
        }
        if complete != good || failed == good {
            report(format!("Finished as {:?} with Complete={complete} Failed={failed}", status.outcome));
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

/// What must hold between two versions of a gate.
fn check_step(before: &UpgradeGate, after: &UpgradeGate, report: &mut dyn FnMut(String)) {
    if same(before, after) {
        report("a write changed nothing".into());
    }
    let (Some(old), Some(new)) = (&before.status, &after.status) else { return };
    if old.outcome.is_some() && old.outcome != new.outcome {
        report(format!("the outcome went from {:?} to {:?}", old.outcome, new.outcome));
    }
    if old.epoch > new.epoch {
        report(format!("the epoch went from {:?} to {:?}", old.epoch, new.epoch));
    }
    if !edge(old, new) {
        report(format!("went from {:?} to {:?}", old.phase, new.phase));
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

/// Whether two versions differ in nothing that anybody reads.
fn same(before: &UpgradeGate, after: &UpgradeGate) -> bool {
    let bare = |gate: &UpgradeGate| {
        let mut gate = gate.clone();
        gate.metadata.resource_version = None;
        gate.metadata.managed_fields = None;
        gate
    };
    bare(before) == bare(after)
}

/// S2: at most one running gate a target.
fn check_rivals(latest: &HashMap<String, UpgradeGate>, report: &mut dyn FnMut(String)) {
    let mut running = HashMap::<&str, &UpgradeGate>::new();
    for gate in latest.values() {
        let phase = gate.status.as_ref().and_then(|status| status.phase);
        if matches!(phase, Some(Phase::Draining | Phase::Open | Phase::RollingOut | Phase::Resuming))
            && let Some(other) = running.insert(&gate.spec.target_ref.name, gate)
        {
            report(format!("S2: {} runs too", other.name_any()));
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
    use upgradegate_crds::PodCounts;

    use super::*;
    use crate::GateBuilder;

    fn seen(name: &str, change: impl FnOnce(&mut UpgradeGateStatus)) -> Seen {
        let now = Some(Time(Timestamp::UNIX_EPOCH));
        let mut status = UpgradeGateStatus {
            phase: Some(Phase::Draining),
            deadline: now.clone(),
            open_until: now.clone(),
            progress_deadline: now.clone(),
            resume_until: now.clone(),
            finished_at: now,
            ..UpgradeGateStatus::default()
        };
        change(&mut status);
        let mut gate = GateBuilder::new("app").named(name).build();
        gate.metadata.uid = Some(name.into());
        gate.status = Some(status);
        Seen { at: Timestamp::UNIX_EPOCH, gate, gone: false }
    }

    fn finds(history: &[Seen], what: &str) {
        let broken = broken(history);
        assert!(broken.iter().any(|broken| broken.contains(what)), "{what:?} is not in {broken:?}");
    }

    #[test]
    fn a_good_history_breaks_nothing() {
        let members = PodCounts { total: 1, required: 1, busy: 1, ..PodCounts::default() };
        let history = [seen("a", |_| {}), seen("a", |status| status.pods = Some(members))];
        assert_eq!(broken(&history), Vec::<String>::new());
    }

    #[test]
    fn each_rule_is_seen_broken() {
        finds(&[seen("a", |_| {}), seen("b", |_| {})], "S2");
        finds(&[seen("a", |_| {}), seen("a", |_| {})], "changed nothing");
        finds(&[seen("a", |status| status.deadline = None)], "S5");
        finds(&[seen("a", |status| status.message = "x".repeat(MAX_STATUS))], "bytes");
        finds(&[seen("a", |status| status.phase = Some(Phase::Finished))], "without an outcome");
        finds(
            &[seen("a", |_| {}), seen("a", |status| status.phase = Some(Phase::RollingOut))],
            "from Some(Draining) to Some(RollingOut)",
        );
    }
}
