//! What has to be written at once, and what may wait: etcd pays for every write.

use upgradegate_crds::{RolloutCounts, UpgradeGateStatus};

/// How much a change of a status matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Significance {
    /// Nothing changed.
    None,
    /// Only counts, members or sentences changed: written every few seconds at most.
    Progress,
    /// Something changed that others act on: written at once.
    Transition,
}

/// How much it matters that a status becomes another.
pub fn significance(before: &UpgradeGateStatus, after: &UpgradeGateStatus) -> Significance {
    if before == after {
        Significance::None
    } else if lasting(before) == lasting(after) {
        Significance::Progress
    } else {
        Significance::Transition
    }
}

/// A status without its progress.
fn lasting(status: &UpgradeGateStatus) -> UpgradeGateStatus {
    let mut status = status.clone();
    status.message.clear();
    status.pods = None;
    status.members.clear();
    status.rollout = status.rollout.map(|_| RolloutCounts::default());
    status.progress_deadline = status.progress_deadline.map(|_| super::time::stamp(jiff::Timestamp::UNIX_EPOCH));
    for condition in &mut status.conditions {
        condition.message.clear();
    }
    status
}
