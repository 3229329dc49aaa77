//! How a run has to go on after what was changed, as the design says it.

use serde_json::Value;
use upgradegate_crds::{Outcome, Phase};

use super::change::{Change, Metadata};
use super::start::Start;

/// Where a run has to be.
#[derive(Clone, Copy, Debug)]
pub struct Course {
    /// Its phase, as long as it has no outcome.
    pub phase: Option<Phase>,
    /// How it has to end, or has ended; `None`: it runs.
    pub outcome: Option<Outcome>,
    /// Whether the gate carries another's UID.
    restored: bool,
}

impl Course {
    /// At the start of a walk.
    pub fn from(start: Start) -> Self {
        Course { phase: start.phase, outcome: start.outcome(), restored: false }
    }

    /// After a change that was accepted, with the spec as it is then; `late` says whether its deadline is over.
    pub fn goes_on(&mut self, change: &Change, spec: &Value, late: bool) {
        match change {
            Change::Metadata(Metadata::OtherUid) => self.restored = true,
            Change::Metadata(Metadata::NoUid) => self.restored = false,
            Change::Metadata(Metadata::Label | Metadata::NoFinalizer) | Change::Spec { .. } => {}
        }
        if self.phase.is_some() {
            self.is_looked_at(spec, late);
        }
    }

    /// When the operator looks at it.
    pub fn is_looked_at(&mut self, spec: &Value, late: bool) {
        use Outcome::{Cancelled, DeadlineExceeded, Expired, Unchanged};
        if self.outcome.is_some() {
            return;
        }
        self.outcome = match (spec["action"]["type"].as_str(), self.phase) {
            _ if self.restored => Some(Expired),
            (Some("Cancel"), _) => Some(Cancelled),
            (_, None) if late => Some(Expired),
            // The upgrade came already, and is awaited.
            (_, Some(Phase::RollingOut)) => None,
            (Some("Finish"), _) => Some(Unchanged),
            (Some("Open"), Some(Phase::Draining)) => {
                self.phase = Some(Phase::Open);
                None
            }
            (_, Some(Phase::Waiting | Phase::Draining)) if late => Some(DeadlineExceeded),
            _ => None,
        };
    }
}
