//! From the world to an observation: the only door through which facts come in.

use std::sync::Arc;

use jiff::Timestamp;
use upgradegate_crds::{Phase, UpgradeGate};

use super::{Context, record::Record};
use crate::{
    gate::{Members, Observation, Plan, Target},
    run::Sighting,
};

impl Context {
    /// What is known now. A run is started if the gate needs one; a finished gate has none, and costs nothing. The second value says
    /// whether something is worth asking again soon.
    pub(super) async fn observe(&self, seen: Arc<UpgradeGate>, record: &mut Record) -> (Observation, bool) {
        let gate = self.written.newest(seen);
        let finished = gate.status.as_ref().is_some_and(|status| status.phase == Some(Phase::Finished));
        if let (None, false, Ok(plan)) = (&record.run, finished, Plan::parse(&gate.spec)) {
            record.run = Some(self.start(&gate, plan));
        }
        let Sighting { target, members, again } = match &mut record.run {
            Some(run) if !finished => run.look(&gate).await,
            _ => Sighting { target: Target::Unknown, members: Members::default(), again: false },
        };
        let rivals = self.rivals(&gate);
        (Observation { now: Timestamp::now(), gate, rivals, target, members }, again)
    }
}
