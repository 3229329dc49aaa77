//! First sight of a gate: epoch, deadline and the target's baseline are recorded before any call to a member.

use jiff::Timestamp;
use upgradegate_crds::{OnMissingTarget, Outcome, Phase, TargetStatus, UpgradeGateStatus};

use super::{
    Target, epoch,
    known::{Known, Step},
    message, rivals, standing, time,
};

/// Begins the run, once the target is known.
pub(crate) fn step(known: &Known, status: &mut UpgradeGateStatus) -> Step {
    let o = known.o;
    // The older of two unseen gates ends at its own first sight. An epoch taken before that would make this one the older.
    if rivals::predecessor(o).is_some_and(|older| standing::is_unseen(older)) {
        status.deadline = Some(time::stamp(known.deadline));
        return Step::Stay;
    }
    let target = match &o.target {
        Target::Unknown => {
            status.deadline = Some(time::stamp(known.deadline));
            return Step::Stay;
        }
        Target::Present(workload) => TargetStatus { uid: workload.uid.clone(), baseline: workload.template.clone() },
        Target::Missing if o.gate.spec.on_missing_target == OnMissingTarget::Open => TargetStatus::default(),
        Target::Missing => return Step::End(Outcome::TargetNotFound, message::target_not_found(&o.gate)),
    };
    // Nothing else is taken over: what a status without a phase tells of a run is not of this one.
    *status = UpgradeGateStatus {
        observed_generation: status.observed_generation,
        target: Some(target),
        epoch: Some(epoch::next(o)),
        started_at: Some(time::stamp(o.now)),
        deadline: Some(time::stamp(known.deadline)),
        ..UpgradeGateStatus::default()
    };
    Step::Go(if rivals::predecessor(o).is_some() { Phase::Waiting } else { Phase::Draining })
}

/// How long the operator looks for the target before it says so. A target is usually known at once, and one write is saved.
const SILENT_SECONDS: u32 = 2;

/// Until when nothing has to be said though the target is not known; `None` once its watch is forbidden or broken for so long that the
/// status has to say so, or if the status says something that nobody has found out.
pub(crate) fn silent_until(known: &Known) -> Option<Timestamp> {
    let gate = &known.o.gate;
    let blank = |status: &UpgradeGateStatus| {
        let observed_generation = status.observed_generation;
        *status == UpgradeGateStatus { observed_generation, ..UpgradeGateStatus::default() }
    };
    let blank = gate.status.as_ref().is_none_or(blank);
    let created = gate.metadata.creation_timestamp.as_ref().filter(|_| blank)?;
    Some(time::after(created.0, SILENT_SECONDS).0).filter(|at| *at > known.o.now)
}
