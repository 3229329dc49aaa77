//! How much later than it happened something may be seen, and how much later than it is due something may be done.

use jiff::{SignedDuration, Timestamp};

/// What a reader of a history forgives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slack {
    /// The longest time from a change of an object until a watch, the operator's or the recorder's, shows it.
    pub lag: SignedDuration,
    /// The longest time from the end of a wait until the status says so. It has to cover any time without an operator.
    pub end: SignedDuration,
}

impl Slack {
    /// For a cluster on one busy machine, where all clocks are one, with an operator that runs all the time.
    pub const USUAL: Slack = Slack { lag: SignedDuration::from_secs(2), end: SignedDuration::from_secs(6) };

    /// For tests that kill, stop or forbid the operator: a standby needs the time of a Lease to take over.
    pub const DISTURBED: Slack = Slack { lag: SignedDuration::from_secs(2), end: SignedDuration::from_secs(90) };
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
