//! What the operator sees of the world: as it is, or as it was while a watch lags.

use std::{collections::BTreeMap, sync::Arc};

use upgradegate_crds::{ActionType, Phase};
use upgradegate_operator::gate::{
    DrainFact, Facts, Lifecycle, Member, Members, Observation, Revision, Target as SeenTarget,
};

use super::world::{Life, Lists, Pod, World};
use crate::kit::at;

/// What lagging watches show.
#[derive(Clone, Default)]
pub struct Lag {
    pub target: Option<SeenTarget>,
    pub pods: Option<BTreeMap<u8, Pod>>,
}

/// A watch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum View {
    Gate(usize),
    Target,
    Pods,
}

impl World {
    /// From now on this watch shows what it shows now.
    pub fn freeze(&mut self, view: View) {
        match view {
            View::Gate(index) => self.gates[index].shown = self.gates[index].seen().cloned(),
            View::Target => self.lag.target = Some(self.target_shown()),
            View::Pods => self.lag.pods = Some(self.pods_shown().clone()),
        }
    }

    pub fn lags(&self, view: View) -> bool {
        match view {
            View::Gate(index) => self.gates[index].shown.is_some(),
            View::Target => self.lag.target.is_some(),
            View::Pods => self.lag.pods.is_some(),
        }
    }

    /// The watches that lag.
    pub fn lagging(&self) -> impl Iterator<Item = View> + '_ {
        let gates = (0..self.gates.len()).map(View::Gate);
        gates.chain([View::Target, View::Pods]).filter(|view| self.lags(*view))
    }

    /// The watch catches up. Workers of pods that are gone end; those of applications that restarted start over.
    pub fn catch_up(&mut self, view: View) {
        match view {
            View::Gate(index) => {
                self.gates[index].shown = None;
                if self.gates[index].object.is_none() {
                    self.gates[index].run = super::world::Run::default();
                }
            }
            View::Target => self.lag.target = None,
            View::Pods => {
                for (id, shown) in self.lag.pods.take().unwrap_or_default() {
                    match self.pods.get(&id) {
                        None => self.forget(id),
                        Some(pod) if pod.restarts != shown.restarts => self.starts_over(id),
                        Some(_) => {}
                    }
                }
            }
        }
    }

    /// Nothing is left of a pod that is gone.
    pub fn forget(&mut self, id: u8) {
        for gate in &mut self.gates {
            gate.run.facts.remove(&id);
            gate.run.intents.remove(&id);
            gate.run.leases.remove(&id);
            gate.run.pending.remove(&id);
            gate.said.remove(&id);
        }
    }

    /// Another container starts over: nothing that it said counts any more.
    pub fn starts_over(&mut self, id: u8) {
        for index in 0..self.gates.len() {
            let drain = self.facts(index, id).drain.after_restart();
            let gate = &mut self.gates[index];
            gate.run.facts.insert(id, Facts { drain, ..Facts::default() });
            gate.run.leases.remove(&id);
            gate.run.pending.remove(&id);
            gate.said.remove(&id);
        }
    }

    pub fn pods_shown(&self) -> &BTreeMap<u8, Pod> {
        self.lag.pods.as_ref().unwrap_or(&self.pods)
    }

    pub fn target_shown(&self) -> SeenTarget {
        self.lag.target.clone().unwrap_or_else(|| self.target_seen())
    }

    /// What the operator knows now.
    pub fn observe(&self, index: usize) -> Observation {
        let slot = &self.gates[index];
        let rivals = self.gates.iter().enumerate().filter(|(other, _)| *other != index);
        let rivals = rivals.filter_map(|(_, other)| other.seen().cloned()).collect();
        let gate = Arc::clone(slot.seen().unwrap());
        let phase = gate.status.as_ref().and_then(|status| status.phase);
        // A finished gate has no run, and nothing is watched for it.
        let lists = if phase == Some(Phase::Finished) { Lists::Nothing } else { slot.run.lists };
        // An order to finish is answered by a read of the target beside the watch.
        let finish = gate.spec.action.as_ref().is_some_and(|action| action.type_ == ActionType::Finish);
        let target = match lists {
            Lists::Nothing => SeenTarget::Unknown,
            _ if finish && phase < Some(Phase::RollingOut) => self.target_seen(),
            _ => self.target_shown(),
        };
        let is_listed = |id: &u8| match lists {
            Lists::Nothing => false,
            Lists::Some(one) => one == Some(*id),
            Lists::Whole => true,
        };
        let listed = self.pods_shown().keys().filter(|id| is_listed(id));
        let known: Vec<Member> = listed.map(|id| self.member(index, *id)).collect();
        let whole = lists == Lists::Whole;
        let heard = slot.run.heard || whole && known.iter().filter(|m| m.counts()).all(Member::was_heard);
        Observation { now: at(self.now), gate, rivals, target, members: Members { known, whole, heard } }
    }

    fn member(&self, index: usize, id: u8) -> Member {
        let pod = &self.pods_shown()[&id];
        let (lifecycle, leaves_by) = match pod.life {
            Life::Starting => (Lifecycle::Idle, None),
            Life::Running => (Lifecycle::Running, None),
            // The model needs no clock for it: it goes, or it is still in its grace period.
            Life::Terminating => (Lifecycle::Terminating, Some(at(self.now + 1000))),
        };
        Member {
            uid: format!("pod-{id}"),
            name: format!("pod-{id}"),
            belongs: true,
            revision: Revision::Known(format!("template-{}", pod.template)),
            lifecycle,
            leaves_by,
            facts: self.facts(index, id),
        }
    }

    /// What the worker of a member found out.
    pub fn facts(&self, index: usize, id: u8) -> Facts {
        let run = &self.gates[index].run;
        let fresh = Facts { drain: if run.adopted { DrainFact::Maybe } else { DrainFact::Never }, ..Facts::default() };
        run.facts.get(&id).cloned().unwrap_or(fresh)
    }
}
