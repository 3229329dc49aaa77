//! What each member is told. Workers re-assert it until the member agrees.

use std::collections::BTreeMap;

use upgradegate_crds::{Phase, UpgradeGateStatus};

use super::{
    DrainFact, Lifecycle, Member,
    known::Known,
    resume::{Owed, owed},
    rollout,
};

/// What a worker has to bring about in its member.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Intent {
    /// Nothing: it is not called.
    Idle,
    /// Drained under this epoch (if the gate drains at all), and probed if asked.
    Drained {
        /// Epoch to send.
        epoch: i64,
        /// Whether to ask for its readiness.
        probe: bool,
    },
    /// Back at work.
    Resumed {
        /// Epoch to send.
        epoch: i64,
    },
}

/// The intent of each known member, by UID.
pub(crate) fn all(known: &Known, status: &UpgradeGateStatus) -> BTreeMap<String, Intent> {
    known.o.members.known.iter().map(|member| (member.uid.clone(), of(known, status, member))).collect()
}

fn of(known: &Known, status: &UpgradeGateStatus, member: &Member) -> Intent {
    let Some(epoch) = status.epoch.filter(|_| member.lifecycle != Lifecycle::Terminating) else { return Intent::Idle };
    let by_debt = || match owed(known, status, member) {
        Owed::Nothing => Intent::Idle,
        Owed::Resume => Intent::Resumed { epoch },
        // After a restart any member may be drained. Until it is known whether the target wants it, it is told nothing: its lease lasts.
        Owed::Stay if member.facts.drain == DrainFact::Maybe && rollout::is_wanted(known, member).is_none() => {
            Intent::Idle
        }
        Owed::Stay => Intent::Drained { epoch, probe: false },
    };
    match status.phase {
        None | Some(Phase::Waiting | Phase::Finished) => Intent::Idle,
        Some(Phase::Draining | Phase::Open) if member.belongs => Intent::Drained { epoch, probe: true },
        // Members of the wanted revision are never drained; all others on sight, also those that appear in the middle.
        Some(Phase::RollingOut) if member.belongs && rollout::is_wanted(known, member) == Some(false) => {
            Intent::Drained { epoch, probe: false }
        }
        Some(Phase::Draining | Phase::Open | Phase::RollingOut | Phase::Resuming) => by_debt(),
    }
}
