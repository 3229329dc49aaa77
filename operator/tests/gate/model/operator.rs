//! The operator: reconciles with the real `decide`, and dies.

use std::sync::Arc;

use upgradegate_crds::{Phase, UpgradeGate, UpgradeGateStatus};
use upgradegate_operator::gate::{Decision, Intent, decide, may_have_drained};

use super::{
    properties,
    view::{Lag, View},
    world::{Lists, Run, World},
};
use crate::kit::{is_marked, laws, mark, status::is_open};

/// Where a reconciliation is cut off by the end of the process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cut {
    /// The status is written, the finalizer is not.
    AfterStatus,
    /// Both are written, and nobody is told anything.
    AfterFinalizer,
}

impl World {
    /// What is decided on a gate now.
    pub fn decision(&self, index: usize) -> &Arc<Decision> {
        self.decisions[index].get_or_init(|| Arc::new(decide(&self.observe(index))))
    }

    /// Whether a reconciliation would change anything.
    pub fn is_due(&self, index: usize) -> bool {
        let slot = &self.gates[index];
        slot.seen().is_some_and(|gate| {
            let decision = self.decision(index);
            let told = |(uid, intent): (&String, &Intent)| slot.run.intents.get(&number(uid)) == Some(intent);
            writes(gate, decision) || !decision.intents.iter().all(told) || decision.delete
        })
    }

    /// Decides, checks the laws, and applies: status, finalizer, intents.
    pub fn reconcile(&mut self, index: usize, cut: Option<Cut>) {
        let Some(gate) = self.gates[index].seen().cloned() else { return };
        let decision = Arc::clone(self.decision(index));
        let observation = self.observe(index);
        laws::check(&observation, &decision);
        properties::at_decision(self, index, &observation, &decision);
        // Who decided on an old version writes nothing, and reads the gate.
        let lags = self.gates[index].shown.is_some();
        if lags && (writes(&gate, &decision) || decision.delete) {
            return self.catch_up(View::Gate(index));
        }
        let slot = &mut self.gates[index];
        if !lags {
            slot.edit(|gate| {
                gate.status = Some(decision.status.clone()).filter(|status| *status != UpgradeGateStatus::default());
                if cut != Some(Cut::AfterStatus) {
                    mark(gate, decision.finalizer);
                }
            });
            slot.stripped &= cut == Some(Cut::AfterStatus);
        }
        let was_there = slot.object.is_some();
        slot.let_through |= is_open(&decision.status);
        let gone = |gate: &UpgradeGate| gate.metadata.deletion_timestamp.is_some() && !is_marked(gate);
        if decision.delete || slot.object.as_ref().is_some_and(|gate| gone(gate)) {
            slot.object = None;
        }
        if decision.status.phase == Some(Phase::Finished) {
            self.gates[index].over = true;
            properties::s6_nobody_is_left_drained(self, index, decision.status.outcome);
        }
        if cut.is_some() {
            return self.crash();
        }
        let slot = &mut self.gates[index];
        slot.run.heard = observation.members.heard;
        slot.run.intents = decision.intents.iter().map(|(uid, intent)| (number(uid), *intent)).collect();
        if was_there && slot.object.is_none() || decision.status.phase == Some(Phase::Finished) {
            slot.run = Run { lists: Lists::Whole, ..Run::default() };
        }
    }

    /// The operator dies, and a new one takes over. It lists everything anew.
    pub fn crash(&mut self) {
        self.lag = Lag::default();
        for gate in &mut self.gates {
            let adopted = gate.object.as_deref().is_some_and(may_have_drained);
            gate.run = Run { adopted, ..Run::default() };
            gate.shown = None;
            gate.adopted |= adopted;
        }
    }
}

/// Whether a decision changes the object that it was made on.
fn writes(gate: &UpgradeGate, decision: &Decision) -> bool {
    essence(&gate.status.clone().unwrap_or_default()) != essence(&decision.status)
        || is_marked(gate) != decision.finalizer
}

/// A status without its sentences and without the names of members: what is only told changes nothing that can happen.
fn essence(status: &UpgradeGateStatus) -> UpgradeGateStatus {
    let mut status = UpgradeGateStatus { message: String::new(), members: Vec::new(), ..status.clone() };
    for condition in &mut status.conditions {
        condition.message.clear();
    }
    status
}

pub fn number(uid: &str) -> u8 {
    uid.trim_start_matches("pod-").parse().unwrap()
}
