//! What a gate can be: predicates with a name, for waits that fail with a sentence.

use std::{fmt, ops::Not};

use upgradegate_crds::{MemberState, OpenedByType, Outcome, Phase, UpgradeGate, UpgradeGateStatus, condition};

/// A predicate over a gate.
pub struct Is {
    /// What is wanted, to read after "not".
    pub what: String,
    holds: Box<dyn Fn(&UpgradeGate) -> bool + Send + Sync>,
}

impl fmt::Debug for Is {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)
    }
}

impl Is {
    /// A predicate over the status.
    pub fn new(what: impl Into<String>, holds: impl Fn(&UpgradeGateStatus) -> bool + Send + Sync + 'static) -> Self {
        Self { what: what.into(), holds: Box::new(move |gate| gate.status.as_ref().is_some_and(&holds)) }
    }

    /// Whether it holds for this gate.
    pub fn holds(&self, gate: &UpgradeGate) -> bool {
        (self.holds)(gate)
    }

    /// Both.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        let what = format!("{} and {}", self.what, other.what);
        Self { what, holds: Box::new(move |gate| self.holds(gate) && other.holds(gate)) }
    }

    /// One of the two.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        let what = format!("{} or {}", self.what, other.what);
        Self { what, holds: Box::new(move |gate| self.holds(gate) || other.holds(gate)) }
    }

    /// A predicate over the whole gate.
    pub fn gate(what: impl Into<String>, holds: impl Fn(&UpgradeGate) -> bool + Send + Sync + 'static) -> Self {
        Self { what: what.into(), holds: Box::new(holds) }
    }
}

/// The opposite.
impl Not for Is {
    type Output = Self;

    fn not(self) -> Self {
        Self { what: format!("not {}", self.what), holds: Box::new(move |gate| !self.holds(gate)) }
    }
}

/// The status of a condition, such as `True`; none if it is absent.
pub fn condition<'a>(status: &'a UpgradeGateStatus, type_: &str) -> Option<&'a str> {
    let found = status.conditions.iter().find(|condition| condition.type_ == type_);
    found.map(|condition| condition.status.as_str())
}

/// In this phase.
pub fn phase(phase: Phase) -> Is {
    Is::new(format!("{phase:?}"), move |status| status.phase == Some(phase))
}

/// Open: `Ready=True`.
pub fn open() -> Is {
    Is::new("open", |status| condition(status, condition::READY) == Some("True"))
}

/// Opened by this cause.
pub fn opened_by(cause: OpenedByType) -> Is {
    Is::new(format!("opened by {cause:?}"), move |status| status.opened_by.as_ref().is_some_and(|by| by.type_ == cause))
}

/// Finished with this outcome.
pub fn finished(outcome: Outcome) -> Is {
    Is::new(format!("Finished as {outcome:?}"), move |status| {
        status.phase == Some(Phase::Finished) && status.outcome == Some(outcome)
    })
}

/// Finished, with whichever outcome.
pub fn over() -> Is {
    Is::new("Finished", |status| status.phase == Some(Phase::Finished))
}

/// So many members that count.
pub fn total(members: u32) -> Is {
    Is::new(format!("with {members} members"), move |status| {
        status.pods.as_ref().is_some_and(|pods| pods.total == members)
    })
}

/// So many members ready.
pub fn ready(members: u32) -> Is {
    Is::new(format!("with {members} ready members"), move |status| {
        status.pods.as_ref().is_some_and(|pods| pods.ready == members)
    })
}

/// So many members busy.
pub fn busy(members: u32) -> Is {
    Is::new(format!("with {members} busy members"), move |status| {
        status.pods.as_ref().is_some_and(|pods| pods.busy == members)
    })
}

/// Held by a member whose message contains `text`.
pub fn held_by(text: &str) -> Is {
    let text = text.to_owned();
    Is::new(format!("held by a member that says {text:?}"), move |status| {
        status.members.iter().any(|member| member.state != MemberState::Ready && member.message.contains(&text))
    })
}

/// Held by a member in this state whose message contains `text`.
pub fn held(state: MemberState, text: &str) -> Is {
    let text = text.to_owned();
    Is::new(format!("held by a member that is {state:?}: {text:?}"), move |status| {
        status.members.iter().any(|member| member.state == state && member.message.contains(&text))
    })
}

/// Answered by the operator for this generation of its spec.
pub fn observed(generation: i64) -> Is {
    Is::new(format!("seen in generation {generation}"), move |status| status.observed_generation == generation)
}

/// Without a finalizer.
pub fn without_finalizer() -> Is {
    Is::gate("without a finalizer", |gate| gate.metadata.finalizers.as_ref().is_none_or(Vec::is_empty))
}

/// Being deleted.
pub fn being_deleted() -> Is {
    Is::gate("being deleted", |gate| gate.metadata.deletion_timestamp.is_some())
}
