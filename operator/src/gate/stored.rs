//! The status that a gate came with. Only the operator writes it, and whoever may edit it by hand can leave out half of it.

use upgradegate_crds::{Outcome, Phase, UpgradeGate, UpgradeGateStatus};

/// The stored status with phase and outcome in accord: an outcome is for good, and a run that is over has one.
pub(crate) fn status(gate: &UpgradeGate) -> UpgradeGateStatus {
    let mut status = gate.status.clone().unwrap_or_default();
    match (status.phase, status.outcome) {
        (Some(Phase::Resuming | Phase::Finished), None) => {
            status.outcome = Some(Outcome::Cancelled);
            status.message = "The gate is over, and somebody took the outcome from its status.".into();
        }
        (Some(Phase::Finished), Some(_)) | (_, None) => {}
        (_, Some(_)) => status.phase = Some(Phase::Resuming),
    }
    status
}
