//! First sight of a gate: epoch, deadline and the target's baseline are recorded before any call to a member.

use upgradegate_crds::{OnMissingTarget, Outcome, Phase, TargetStatus, UpgradeGateStatus};

use super::{
    Target,
    decide::{Known, Step},
    message, rivals, time,
};

/// Begins the run, once the target is known.
pub(crate) fn step(known: &Known, status: &mut UpgradeGateStatus) -> Step {
    let o = known.o;
    let target = match &o.target {
        Target::Unknown => return Step::Stay,
        Target::Present(workload) => TargetStatus { uid: workload.uid.clone(), baseline: workload.template.clone() },
        Target::Missing if o.gate.spec.on_missing_target == OnMissingTarget::Open => TargetStatus::default(),
        Target::Missing => return Step::End(Outcome::TargetNotFound, message::target_not_found(&o.gate)),
    };
    status.target = Some(target);
    status.epoch = Some(rivals::next_epoch(o));
    status.started_at = Some(time::stamp(o.now));
    status.deadline = Some(time::stamp(known.deadline));
    Step::Go(if rivals::predecessor(o).is_some() { Phase::Waiting } else { Phase::Draining })
}
