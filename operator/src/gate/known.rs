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

impl Known<'_> {
    /// Whether something may be drained: our finalizer is on the gate, or was on it when members began to be resumed and somebody else
    /// took it away since. On a gate that is being deleted it can't be put back.
    pub(crate) fn may_have_drained(&self) -> bool {
        let Observation { gate, .. } = self.o;
        let resumes = gate.status.as_ref().is_some_and(|status| {
            let began = status.resume_until.is_some() || status.progress_deadline.is_some();
            began && status.phase == Some(Phase::Resuming)
        });
        gate.metadata.finalizers.iter().flatten().any(|name| name == upgradegate_crds::FINALIZER)
            || resumes && gate.metadata.deletion_timestamp.is_none()
    }
}
