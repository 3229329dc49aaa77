//! What is said of a rule that was broken.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// What was broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Rule {
    /// Open only if the quorum agreed, or by an order on record.
    S1,
    /// At most one running gate a target.
    S2,
    /// Calls go to members only, at their own address.
    S3,
    /// Errors and silence are not "ready".
    S4,
    /// Every wait ends at a time that the status shows.
    S5,
    /// What was drained is resumed, by us or by its lease; nothing else is touched.
    S6,
    /// The shape of a gate's record: phases, outcome, conditions, size.
    Record,
    /// Every written status is a step that the model allows.
    Model,
}

/// A rule that a history breaks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Violation {
    /// The rule.
    pub rule: Rule,
    /// When it was broken.
    pub at: Timestamp,
    /// What it was broken for: `gate NAME`, `pod NAME`.
    pub object: String,
    /// What is wrong, in a sentence.
    pub why: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} broken by {} at {}: {}", self.rule, self.object, self.at, self.why)
    }
}
