//! The status that a gate came with. Only the operator writes it, and whoever may edit it by hand can leave out half of it.

use upgradegate_crds::{Outcome, Phase, UpgradeGateStatus};

use super::{Observation, time};

/// The stored status, made whole. An outcome is for good, and a run that is over has one; of a run that goes on, but lacks what every run
/// has on record, nothing is believed: without a phase it is one that nobody has seen.
pub(crate) fn status(o: &Observation) -> UpgradeGateStatus {
    let mut status = o.gate.status.clone().unwrap_or_default();
    let over = matches!(status.phase, Some(Phase::Resuming | Phase::Finished));
    if over && status.outcome.is_none() {
        status.outcome = Some(Outcome::Cancelled);
        status.message = "The gate is over, and somebody took the outcome from its status.".into();
    }
    match status.outcome {
        Some(_) if !over => status.phase = Some(Phase::Resuming),
        None if is_torn(&status) => status.phase = None,
        _ => {}
    }
    if status.phase == Some(Phase::Finished) && status.finished_at.is_none() {
        status.finished_at = Some(time::stamp(o.now));
    }
    status
}

/// Whether a status lacks, or has too early, what its phase needs to come to an end.
fn is_torn(status: &UpgradeGateStatus) -> bool {
    let begun =
        status.epoch.is_some() && status.target.is_some() && status.started_at.is_some() && status.deadline.is_some();
    let opened = status.opened_at.is_some();
    let fits = match status.phase {
        Some(Phase::Waiting) => !opened,
        Some(Phase::Draining) => opened == status.open_until.is_some(),
        _ => true,
    };
    !begun || !fits
}
