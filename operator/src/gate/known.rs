//! An observation with what every rule derives from it, and what a rule says in return.

use jiff::Timestamp;
use upgradegate_crds::{Outcome, Phase};

use super::{Invalid, Observation, Plan, standing};

/// What a rule of a phase says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// Nothing changes.
    Stay,
    /// Another phase begins.
    Go(Phase),
    /// The run ends, with this outcome and the sentence that explains it.
    End(Outcome, String),
}

/// An observation with what every rule derives from it.
pub(crate) struct Known<'a> {
    pub(crate) o: &'a Observation,
    pub(crate) plan: Result<Plan, Invalid>,
    pub(crate) deadline: Timestamp,
}

impl<'a> From<&'a Observation> for Known<'a> {
    fn from(o: &'a Observation) -> Self {
        let deadline = standing::deadline(&o.gate).unwrap_or(Timestamp::MAX);
        Known { o, plan: Plan::parse(&o.gate.spec), deadline }
    }
}
