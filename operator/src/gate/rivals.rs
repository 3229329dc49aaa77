//! Which gate of a target is the newer one: at most one of them runs (S2).

use std::{cmp::Ordering, sync::Arc};

use jiff::Timestamp;
use upgradegate_crds::UpgradeGate;

use super::{
    Observation, Plan,
    standing::{created, deadline, epoch, is_cancelled, is_finished, is_restored},
};

/// A newer gate that may run: this one has to end for it.
pub(crate) fn successor(o: &Observation) -> Option<&Arc<UpgradeGate>> {
    o.rivals.iter().filter(|rival| may_run(rival, o.now)).find(|rival| age(rival, &o.gate) == Ordering::Greater)
}

/// An older gate that is not finished yet: this one has to wait for it.
pub(crate) fn predecessor(o: &Observation) -> Option<&Arc<UpgradeGate>> {
    o.rivals.iter().filter(|rival| !is_finished(rival)).find(|rival| age(rival, &o.gate) == Ordering::Less)
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
