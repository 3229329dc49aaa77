//! Pure: where awaited gates stand, and what that means for whoever awaits them.

use std::time::Duration;

use upgradegate_crds::{ActionType, Outcome, Phase, UpgradeGate, condition};

use crate::gate::{Key, answered, is_being_deleted};

/// A gate that is awaited, and what was seen of it last.
#[derive(Clone, Debug)]
pub struct Awaited {
    /// Where it is.
    pub key: Key,
    /// Which one it is: another gate under the same name is not it.
    uid: Option<String>,
    /// What was seen last.
    pub seen: Seen,
}

/// What was seen of a gate last.
#[derive(Clone, Debug)]
pub enum Seen {
    /// Nothing yet.
    Nothing,
    /// The gate.
    Gate(Box<UpgradeGate>),
    /// That it does not exist.
    Gone,
}

/// Where one gate stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Not known: the API server was not reached yet.
    Unknown,
    /// No operator has seen it.
    Unseen,
    /// It is not open yet.
    Held,
    /// It lets the upgrade through.
    Open,
    /// It will never be open again.
    Refused(Refusal),
}

/// Why a gate will never be open again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// There never was one.
    NotFound,
    /// It was deleted, or deleted and created anew under the same name.
    Deleted,
    /// It is being deleted.
    BeingDeleted,
    /// Its upgrade came already.
    RollingOut,
    /// Its run has ended.
    Over(Outcome),
}

/// What the standings of all awaited gates mean together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Wait on.
    Pending,
    /// All are open at this moment.
    Open,
    /// At least one will never be open.
    Refused,
    /// At least one was seen by no operator in time.
    NoOperator,
    /// The time is over.
    TimedOut,
}

/// How long is waited, counted from the beginning.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Until all are open.
    pub timeout: Duration,
    /// Until an operator has seen all.
    pub operator: Duration,
}

impl Awaited {
    /// A gate of which only the name is known: the first one seen under it is the one.
    pub fn named(key: Key) -> Self {
        Awaited { key, uid: None, seen: Seen::Nothing }
    }

    /// This very gate.
    pub fn this(gate: UpgradeGate) -> Self {
        let mut awaited = Awaited::named(Key::of(&gate));
        awaited.take(Seen::Gate(Box::new(gate)));
        awaited
    }

    /// Takes in what was seen.
    pub fn take(&mut self, seen: Seen) {
        if let Seen::Gate(gate) = &seen
            && self.uid.is_none()
        {
            self.uid.clone_from(&gate.metadata.uid);
        }
        self.seen = seen;
    }

    /// The gate, if that was seen last.
    pub fn gate(&self) -> Option<&UpgradeGate> {
        match &self.seen {
            Seen::Gate(gate) => Some(gate),
            Seen::Nothing | Seen::Gone => None,
        }
    }

    /// Where it stands.
    pub fn standing(&self) -> Standing {
        match &self.seen {
            Seen::Nothing => Standing::Unknown,
            Seen::Gone if self.uid.is_none() => Standing::Refused(Refusal::NotFound),
            Seen::Gone => Standing::Refused(Refusal::Deleted),
            Seen::Gate(gate) if gate.metadata.uid != self.uid => Standing::Refused(Refusal::Deleted),
            Seen::Gate(gate) => standing(gate),
        }
    }
}

fn standing(gate: &UpgradeGate) -> Standing {
    if is_being_deleted(gate) {
        return Standing::Refused(Refusal::BeingDeleted);
    }
    let Some(status) = answered(gate) else { return Standing::Unseen };
    match (status.outcome, status.phase) {
        (Some(outcome), _) => Standing::Refused(Refusal::Over(outcome)),
        (None, Some(Phase::RollingOut)) => Standing::Refused(Refusal::RollingOut),
        (None, _) if is_open(gate) => Standing::Open,
        (None, _) => Standing::Held,
    }
}

/// Whether the gate is open, by a status that answers the spec as it is: an order that the operator has not read yet
/// may be one to cancel.
fn is_open(gate: &UpgradeGate) -> bool {
    let Some(status) = answered(gate) else { return false };
    let ready = status.conditions.iter().any(|c| c.type_ == condition::READY && c.status == "True");
    let current = gate.metadata.generation.is_some_and(|generation| status.observed_generation >= generation);
    let called_off = gate.spec.action.as_ref().is_some_and(|action| action.type_ != ActionType::Open);
    ready && current && !called_off
}

/// What the standings mean together, `waited` after the beginning.
pub fn judge(standings: &[Standing], waited: Duration, limits: Limits) -> Verdict {
    let any = |wanted: &dyn Fn(&Standing) -> bool| standings.iter().any(wanted);
    if any(&|s| matches!(s, Standing::Refused(_))) {
        Verdict::Refused
    } else if !standings.is_empty() && standings.iter().all(|s| *s == Standing::Open) {
        Verdict::Open
    } else if any(&|s| *s == Standing::Unseen) && waited >= limits.operator.min(limits.timeout) {
        Verdict::NoOperator
    } else if waited >= limits.timeout {
        Verdict::TimedOut
    } else {
        Verdict::Pending
    }
}

impl Limits {
    /// How long until a limit is reached that has not been; none when all have.
    pub fn next(self, waited: Duration) -> Option<Duration> {
        let ahead = [self.operator, self.timeout].into_iter().filter_map(|limit| limit.checked_sub(waited));
        ahead.filter(|left| !left.is_zero()).min()
    }
}

#[cfg(test)]
#[path = "verdict_tests.rs"]
mod tests;
