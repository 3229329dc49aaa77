//! A member: a pod of the target, and what its worker found out.

use jiff::Timestamp;
use upgradegate_crds::MemberState;

use super::{Plan, Report, text};

/// A pod, known by UID.
#[derive(Clone, Debug, PartialEq)]
pub struct Member {
    /// UID of the pod.
    pub uid: String,
    /// Name of the pod.
    pub name: String,
    /// Whether it still belongs to the target. A pod that was drained and then relabelled or orphaned does not, but is owed a resume.
    pub belongs: bool,
    /// The template that it was made from.
    pub revision: Revision,
    /// Whether it can hold the gate.
    pub lifecycle: Lifecycle,
    /// When a terminating member is gone at the latest: its deletion and its grace period. On a node that is lost it stays beyond that.
    pub leaves_by: Option<Timestamp>,
    /// What its worker found out.
    pub facts: Facts,
}

/// The template that a member was made from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Revision {
    /// Its hash.
    Known(String),
    /// The owner is not resolved yet.
    Unresolved,
}

/// Whether a member can hold the gate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lifecycle {
    /// Its probed container runs.
    Running,
    /// It does no work: pending, ended, or its probed container does not run.
    Idle,
    /// It is terminating.
    Terminating,
}

/// What the worker of a member found out. A container restart or a new IP starts over.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Facts {
    /// The drain.
    pub drain: DrainFact,
    /// Why the last drain or resume call failed, if it did.
    pub drain_trouble: Option<Trouble>,
    /// The last answer to the probe.
    pub probe: Option<ProbeFact>,
    /// The highest epoch that a 409 told: another run drained this member.
    pub conflict: Option<i64>,
    /// When [`Member::state`] last changed, as the worker saw it.
    pub since: Option<Timestamp>,
}

/// What is known of a member's drain.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DrainFact {
    /// It was never told to drain.
    #[default]
    Never,
    /// It may be drained: told without an answer, or before the operator restarted.
    Maybe,
    /// It acknowledged the drain of this epoch.
    Acknowledged(i64),
    /// It acknowledged that it works again, or its drain belongs to a newer run.
    Resumed,
}

/// One answer to the probe.
#[derive(Clone, Debug, PartialEq)]
pub struct ProbeFact {
    /// The epoch in which it was asked.
    pub epoch: i64,
    /// When it was asked: the answer may have been on its way for long.
    pub at: Timestamp,
    /// What it said.
    pub result: Result<Report, Trouble>,
}

/// Why a call to a member told nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// Nothing was sent: no connection. What the client says of it.
    Unreached(String),
    /// No usable answer: what the client says of it.
    NoAnswer(String),
    /// The probe's answer can't be judged by the ready rule.
    Unreadable {
        /// HTTP status.
        code: u16,
        /// What is wrong with it.
        why: String,
    },
    /// The drain path answered with another status than 2xx or 409.
    DrainStatus {
        /// `POST` or `DELETE`.
        method: &'static str,
        /// Path that was called.
        path: String,
        /// HTTP status.
        code: u16,
    },
    /// It acknowledged the drain, and says in answer to the probe that it does not drain.
    NotDraining,
    /// The member has no port of the name that the gate says.
    NoSuchPort(String),
    /// The address must not be called.
    ForbiddenAddress(String),
}

impl DrainFact {
    /// What is known of the drain when the container is seen to have restarted. The new one may have been told before that was seen.
    #[must_use]
    pub fn after_restart(self) -> Self {
        match self {
            DrainFact::Never | DrainFact::Resumed => DrainFact::Never,
            DrainFact::Maybe | DrainFact::Acknowledged(_) => DrainFact::Maybe,
        }
    }
}

impl Member {
    /// Whether it counts for the quorum: a pod that does no work holds nothing up.
    pub fn counts(&self) -> bool {
        self.belongs && self.lifecycle == Lifecycle::Running
    }

    /// Whether it may be drained by this run: told so, and not known to work again.
    pub fn may_be_drained(&self) -> bool {
        matches!(self.facts.drain, DrainFact::Maybe | DrainFact::Acknowledged(_))
    }

    /// Whether its worker got any answer, or failed to get one, since it (re)started.
    pub fn was_heard(&self) -> bool {
        self.facts.probe.is_some() || self.facts.drain_trouble.is_some()
    }

    /// What it is doing, under this plan and epoch, at this time. Errors, silence and old answers are never `Ready`.
    pub fn state(&self, plan: &Plan, epoch: i64, now: Timestamp) -> MemberState {
        if self.facts.drain_trouble.is_some() {
            return MemberState::Unreachable;
        }
        if plan.drain.is_some() && self.facts.drain != DrainFact::Acknowledged(epoch) {
            return MemberState::Draining;
        }
        match &self.facts.probe {
            Some(probe) if probe.epoch == epoch && plan.is_fresh(probe.at, now) => match &probe.result {
                Ok(report) if report.ready => MemberState::Ready,
                Ok(_) => MemberState::Busy,
                Err(_) => MemberState::Unreachable,
            },
            Some(_) | None if plan.drain.is_some() => MemberState::Draining,
            Some(_) | None => MemberState::Unreachable,
        }
    }

    /// What it said, or why it can't be understood.
    pub fn message(&self) -> String {
        let said = match (&self.facts.drain_trouble, self.facts.probe.as_ref().map(|p| &p.result)) {
            (Some(trouble), _) | (None, Some(Err(trouble))) => trouble.to_string(),
            (None, Some(Ok(report))) => report.message.clone(),
            (None, None) => String::new(),
        };
        text::one_line(&said, text::MEMBER)
    }
}

impl std::fmt::Display for Trouble {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Trouble::Unreached(why) | Trouble::NoAnswer(why) | Trouble::ForbiddenAddress(why) => f.write_str(why),
            Trouble::Unreadable { code, why } => write!(f, "answered {code}, but {why}"),
            Trouble::DrainStatus { method, path, code: 404 } => write!(
                f,
                "answered 404 to {method} {path}: the running version has no such path; name the path that it has"
            ),
            Trouble::DrainStatus { method, path, code } => write!(f, "answered {code} to {method} {path}, not 2xx"),
            Trouble::NotDraining => f.write_str("acknowledged the drain, but says that it does not drain"),
            Trouble::NoSuchPort(name) => write!(f, "has no container port named {name}"),
        }
    }
}
