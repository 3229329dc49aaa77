//! How much later than it happened something may be seen, and how much later than it is due something may be done.

use jiff::{SignedDuration, Timestamp};

/// What a reader of a history forgives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slack {
    /// The longest time from a change of an object until a watch, the operator's or the recorder's, shows it.
    pub lag: SignedDuration,
    /// The longest time from a decision until the recorder is told of the status that it wrote. Without etcd or the API server both wait.
    pub write: SignedDuration,
    /// The longest time from the end of a wait until the status says so. It has to cover any time without an operator.
    pub end: SignedDuration,
    /// By how much the operator's clock may be wrong: so much too early or too late it ends a wait. Unless it is right, the times in a
    /// status can't be held against the model.
    pub clock: SignedDuration,
}

impl Slack {
    /// For a cluster on one busy machine, where all clocks are one, with an operator that runs all the time.
    pub const USUAL: Slack = Slack {
        lag: SignedDuration::from_secs(2),
        write: SignedDuration::from_secs(2),
        end: SignedDuration::from_secs(6),
        clock: SignedDuration::ZERO,
    };

    /// For tests that kill, stop or forbid the operator: a standby needs the time of a Lease to take over.
    pub const DISTURBED: Slack = Slack { end: SignedDuration::from_secs(90), ..Slack::USUAL };

    /// For tests that stop a part of the control plane, with the longest that a write then hangs.
    pub const CUT_OFF: Slack = Slack { write: SignedDuration::from_secs(20), ..Slack::DISTURBED };

    /// The windows in which to look for what a decision rested on: first the usual one, as few decisions were delayed.
    pub(crate) fn windows(self) -> impl Iterator<Item = Slack> {
        let Slack { lag, write, .. } = Slack::USUAL;
        let usual = Slack { lag, write, ..self };
        [usual].into_iter().chain((usual != self).then_some(self))
    }

    /// For a run in which the operator or the API server stood still for so long: watches lag by as much, and writes hang.
    #[must_use]
    pub fn outage(self, lasted: SignedDuration) -> Slack {
        Slack { lag: self.lag + lasted, write: self.write + lasted, ..self }
    }

    /// For an operator whose clock may be wrong by so much.
    #[must_use]
    pub fn wrong_clock(self, clock: SignedDuration) -> Slack {
        Slack { clock, ..self }
    }
}

/// The longest time from the sending of a member's answer until the operator has taken it in: each member's by itself.
pub(crate) const HEARING: SignedDuration = SignedDuration::from_millis(500);

impl Default for Slack {
    fn default() -> Self {
        Self::USUAL
    }
}

/// `at`, and then some.
pub(crate) fn later(at: Timestamp, by: SignedDuration) -> Timestamp {
    at.checked_add(by).unwrap_or(Timestamp::MAX)
}

/// Before `at`.
pub(crate) fn earlier(at: Timestamp, by: SignedDuration) -> Timestamp {
    at.checked_sub(by).unwrap_or(Timestamp::MIN)
}

/// Whole seconds.
pub(crate) fn seconds(count: impl Into<i64>) -> SignedDuration {
    SignedDuration::from_secs(count.into())
}
