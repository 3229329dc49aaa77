//! The conditions of a gate, as kstatus and `kubectl wait` read them.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;
use upgradegate_crds::{OpenedByType, Outcome, Phase, UpgradeGateStatus, condition};

use super::{known::Known, time};

/// All conditions. A transition time moves only when its status does: a message may change at every progress.
pub(crate) fn of(known: &Known, status: &UpgradeGateStatus, before: &[Condition]) -> Vec<Condition> {
    let finished = status.phase == Some(Phase::Finished);
    let good = status.outcome.is_some_and(Outcome::is_good);
    let over = |type_| finished.then(|| (type_, true, status.outcome.map(|o| format!("{o:?}")).unwrap_or_default()));
    let wanted = [
        ready(status).map(|(open, reason)| (condition::READY, open, reason)),
        over(condition::COMPLETE).filter(|_| good),
        over(condition::FAILED).filter(|_| !good),
        over(condition::STALLED).filter(|_| !good),
    ];
    let build = |(type_, holds, reason): (&str, bool, String)| {
        let value = if holds { "True" } else { "False" };
        let earlier = before.iter().find(|c| c.type_ == type_ && c.status == value);
        Condition {
            type_: type_.into(),
            status: value.into(),
            reason,
            message: status.message.clone(),
            last_transition_time: earlier.map_or_else(|| time::stamp(known.o.now), |c| c.last_transition_time.clone()),
            observed_generation: Some(status.observed_generation),
        }
    };
    wanted.into_iter().flatten().map(build).collect()
}

/// Whether the gate is open, and why; absent after a good end, so that no second use of a gate passes on an old answer.
fn ready(status: &UpgradeGateStatus) -> Option<(bool, String)> {
    if let Some(outcome) = status.outcome {
        return (!outcome.is_good()).then(|| (false, format!("{outcome:?}")));
    }
    let opened_by = status.opened_by.as_ref().map(|by| by.type_);
    let Some(phase) = status.phase else { return Some((false, "LookingForTarget".into())) };
    let answer = match phase {
        Phase::Waiting => (false, "WaitingForOlderGate"),
        Phase::Draining => (false, "MembersNotReady"),
        Phase::Open => match opened_by {
            Some(OpenedByType::NoMembers) => (true, "NoMembers"),
            Some(OpenedByType::Deadline) => (true, "DeadlinePassed"),
            Some(OpenedByType::Action) => (true, "OpenedByAction"),
            Some(OpenedByType::Quorum) | None => (true, "MembersReady"),
        },
        Phase::RollingOut => (false, "RollingOut"),
        Phase::Resuming | Phase::Finished => return None,
    };
    Some((answer.0, answer.1.into()))
}
