//! What changes in the cluster, so that a watch tells it: the target, its pods, and the gates.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use upgradegate_crds::{Action, ActionType, UpgradeGate};

use super::{
    app::App,
    rollout::Turn,
    view::View,
    world::{Act, Life, Run, Target, Template, World},
};
use crate::kit::{at, is_marked, mark};

/// One change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// The container of a pod starts anew.
    Restart(u8),
    /// The target's controller or a kubelet does something.
    Turn(Turn),
    /// The controller says that the rollout failed.
    Verdict,
    Patch(Template),
    Order(usize, ActionType),
    /// A gate is deleted.
    Delete(usize),
    /// Somebody takes our finalizer from a gate.
    Strip(usize),
    /// The target is deleted, and created anew.
    Replace,
    /// The target is deleted.
    Remove,
}

impl Change {
    /// The watches that tell it.
    pub fn views(self) -> Vec<View> {
        match self {
            Change::Restart(_) => vec![View::Pods],
            Change::Turn(Turn::Observe) | Change::Verdict | Change::Patch(_) | Change::Replace => vec![View::Target],
            Change::Turn(_) | Change::Remove => vec![View::Target, View::Pods],
            Change::Order(index, _) | Change::Delete(index) | Change::Strip(index) => vec![View::Gate(index)],
        }
    }
}

impl World {
    pub fn change(&mut self, change: Change) {
        match change {
            Change::Restart(id) => self.restart(id),
            Change::Turn(turn) => self.take(turn),
            Change::Verdict => self.target.as_mut().unwrap().failed_since = Some(self.now),
            Change::Patch(template) => {
                self.budget.patches.remove(0);
                let target = self.target.as_mut().unwrap();
                (target.template, target.observed) = (template, false);
            }
            Change::Order(index, type_) => self.order(index, type_),
            Change::Delete(index) => self.delete(index),
            Change::Strip(index) => self.strip(index),
            Change::Replace => {
                self.budget.spend(Act::Replace);
                let target = self.target.unwrap();
                self.target = Some(Target { uid: target.uid + 1, observed: false, failed_since: None, ..target });
            }
            Change::Remove => {
                self.budget.spend(Act::Remove);
                self.target = None;
                for pod in self.pods.values_mut() {
                    pod.life = Life::Terminating;
                }
            }
        }
    }

    /// The application knows of no drain any more.
    fn restart(&mut self, id: u8) {
        self.budget.restarts -= 1;
        let pod = self.pods.get_mut(&id).unwrap();
        (pod.app, pod.restarts) = (App { lied: pod.app.lied, ..App::default() }, pod.restarts + 1);
        if self.lag.pods.is_none() {
            self.starts_over(id);
        }
    }

    fn order(&mut self, index: usize, type_: ActionType) {
        self.budget.spend(match type_ {
            ActionType::Open => Act::Open,
            ActionType::Finish => Act::Finish,
            ActionType::Cancel => Act::Cancel,
        });
        self.gates[index].edit(|gate| gate.spec.action = Some(Action { type_, reason: Some("because".into()) }));
    }

    /// What no finalizer holds is gone at once.
    fn delete(&mut self, index: usize) {
        self.budget.spend(Act::Delete);
        let now = Time(at(self.now));
        self.gates[index].edit(|gate| gate.metadata.deletion_timestamp = Some(now));
        self.collect(index);
    }

    fn strip(&mut self, index: usize) {
        self.budget.spend(Act::Strip);
        let gate = &mut self.gates[index];
        gate.edit(|gate| mark(gate, false));
        gate.stripped = true;
        self.collect(index);
    }

    fn collect(&mut self, index: usize) {
        let gate = &mut self.gates[index];
        let is_gone = |object: &UpgradeGate| object.metadata.deletion_timestamp.is_some() && !is_marked(object);
        if !gate.object.as_deref().is_some_and(is_gone) {
            return;
        }
        gate.object = None;
        if gate.shown.is_none() {
            gate.run = Run::default();
        }
    }
}
