//! Which gate of a target is the newer one: at most one of them runs (S2).

use std::{cmp::Ordering, sync::Arc};

use jiff::{SignedDuration, Timestamp};
use upgradegate_crds::{ActionType, Phase, UID_ANNOTATION, UpgradeGate};

use super::{Observation, Plan};

/// A newer gate that may run: this one has to end for it.
pub(crate) fn successor(o: &Observation) -> Option<&Arc<UpgradeGate>> {
    o.rivals.iter().filter(|rival| may_run(rival, o.now)).find(|rival| age(rival, &o.gate) == Ordering::Greater)
}

/// An older gate that is not finished yet: this one has to wait for it.
pub(crate) fn predecessor(o: &Observation) -> Option<&Arc<UpgradeGate>> {
    o.rivals.iter().filter(|rival| !is_finished(rival)).find(|rival| age(rival, &o.gate) == Ordering::Less)
}

/// The epoch of a run that begins now: above that of every gate of the target, and from the clock, so that it also grows when the others are gone.
pub(crate) fn next_epoch(o: &Observation) -> i64 {
    let others = o.rivals.iter().filter_map(|rival| epoch(rival)).max();
    o.now.as_millisecond().max(others.map_or(0, |epoch| epoch.saturating_add(1)))
}

/// `Greater` if `a` is the newer gate. A gate without an epoch is newer than any with one; among those, creation time, then UID, since
/// gates of one second share their creation time.
fn age(a: &UpgradeGate, b: &UpgradeGate) -> Ordering {
    match (epoch(a), epoch(b)) {
        (Some(a), Some(b)) if a != b => a.cmp(&b),
        (Some(_), None) => Ordering::Less,
        (None, Some(_)) => Ordering::Greater,
        _ => (created(a), &a.metadata.uid).cmp(&(created(b), &b.metadata.uid)),
    }
}

/// Whether a gate can run: one that can't (over, called off, too late, wrong) supersedes nobody.
fn may_run(gate: &UpgradeGate, now: Timestamp) -> bool {
    let status = gate.status.as_ref();
    let over = status.is_some_and(|s| s.outcome.is_some()) || is_finished(gate);
    !over
        && gate.metadata.deletion_timestamp.is_none()
        && !is_cancelled(gate)
        && !is_restored(gate)
        && (epoch(gate).is_some() || deadline(gate).is_none_or(|deadline| now < deadline))
        && Plan::parse(&gate.spec).is_ok()
}

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

fn is_finished(gate: &UpgradeGate) -> bool {
    gate.status.as_ref().is_some_and(|s| s.phase == Some(Phase::Finished))
}

fn epoch(gate: &UpgradeGate) -> Option<i64> {
    gate.status.as_ref()?.epoch
}

fn created(gate: &UpgradeGate) -> Option<Timestamp> {
    gate.metadata.creation_timestamp.as_ref().map(|at| at.0)
}
