//! How a gate stands, as the stored object says it: of this gate and of others alike.

use jiff::{SignedDuration, Timestamp};
use upgradegate_crds::{ActionType, FINALIZER, Phase, UID_ANNOTATION, UpgradeGate};

/// Whether its `action` says `Cancel`.
pub(crate) fn is_cancelled(gate: &UpgradeGate) -> bool {
    gate.spec.action.as_ref().is_some_and(|action| action.type_ == ActionType::Cancel)
}

/// Whether it was restored from a backup: its annotation holds the UID of the gate that it was.
pub(crate) fn is_restored(gate: &UpgradeGate) -> bool {
    let written = gate.metadata.annotations.as_ref().and_then(|all| all.get(UID_ANNOTATION));
    written.is_some_and(|uid| gate.metadata.uid.as_ref() != Some(uid))
}

/// When it must be open: counted from its creation, so that an operator that comes late does not start an old upgrade.
pub(crate) fn deadline(gate: &UpgradeGate) -> Option<Timestamp> {
    created(gate)?.checked_add(SignedDuration::from_secs(gate.spec.deadline_seconds.into())).ok()
}

/// Whether it has neither begun nor ended: nobody has looked at it.
pub(crate) fn is_unseen(gate: &UpgradeGate) -> bool {
    gate.status.as_ref().is_none_or(|s| s.epoch.is_none() && s.outcome.is_none())
}

/// Whether its run is over.
pub(crate) fn is_finished(gate: &UpgradeGate) -> bool {
    gate.status.as_ref().is_some_and(|s| s.phase == Some(Phase::Finished))
}

/// Its epoch, once it began.
pub(crate) fn epoch(gate: &UpgradeGate) -> Option<i64> {
    gate.status.as_ref()?.epoch
}

/// When it was created.
pub(crate) fn created(gate: &UpgradeGate) -> Option<Timestamp> {
    gate.metadata.creation_timestamp.as_ref().map(|at| at.0)
}

/// Whether our finalizer is on it.
#[must_use]
pub fn has_finalizer(gate: &UpgradeGate) -> bool {
    gate.metadata.finalizers.iter().flatten().any(|name| name == FINALIZER)
}

/// Whether its run may have drained somebody: our finalizer is on it, or its status is of a phase that comes with the finalizer, and
/// somebody else took that away. Or a process died between writing the two, and drained nobody: who works is told to work. On a gate that
/// is being deleted it can't be put back.
#[must_use]
pub fn may_have_drained(gate: &UpgradeGate) -> bool {
    let comes_with_it = gate.spec.drain.is_some()
        && gate.status.as_ref().is_some_and(|status| match status.phase {
            Some(Phase::Draining | Phase::Open | Phase::RollingOut) => true,
            // A run with nobody to resume was over at once.
            Some(Phase::Resuming) => status.resume_until.is_some() || status.progress_deadline.is_some(),
            Some(Phase::Waiting | Phase::Finished) | None => false,
        });
    has_finalizer(gate) || comes_with_it && gate.metadata.deletion_timestamp.is_none()
}
