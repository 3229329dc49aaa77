//! The target's controller: replaces pods one by one, a new one first.

use upgradegate_operator::gate::{Target as SeenTarget, Workload};

use super::{
    app::App,
    world::{BAD, Life, Pod, World},
};
use crate::kit::{at, workload};

/// What the controller or a kubelet does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    /// The controller sees the newest template.
    Observe,
    /// It creates a pod of that, which runs if it can.
    Create,
    /// It deletes a pod that is one too many.
    Kill(u8),
    /// A terminating pod is gone.
    Gone(u8),
}

impl World {
    /// What the controller and the kubelets can do now.
    pub fn turns(&self) -> Vec<Turn> {
        let mut turns = Vec::new();
        turns.extend(self.pods.iter().filter(|(_, pod)| pod.life == Life::Terminating).map(|(id, _)| Turn::Gone(*id)));
        let Some(target) = self.target else { return turns };
        if !target.observed {
            turns.push(Turn::Observe);
            return turns;
        }
        let alive = || self.pods.iter().filter(|(_, pod)| !matches!(pod.life, Life::Terminating));
        let wanted = alive().filter(|(_, pod)| self.wants(pod.template)).count();
        let available = alive().filter(|(_, pod)| pod.life == Life::Running).count();
        if wanted < self.size && alive().count() <= self.size {
            turns.push(Turn::Create);
        }
        let spare = |pod: &Pod| !self.wants(pod.template) && (pod.life == Life::Starting || available > self.size);
        turns.extend(alive().filter(|(_, pod)| spare(pod)).map(|(id, _)| Turn::Kill(*id)));
        turns
    }

    pub fn take(&mut self, turn: Turn) {
        match turn {
            Turn::Observe => {
                // A verdict on the rollout before stands until something moves.
                if let Some(target) = &mut self.target {
                    target.observed = true;
                }
            }
            Turn::Create => {
                let id = self.pods.keys().chain(self.pods_shown().keys()).max().map_or(1, |id| id + 1);
                let target = self.target.as_mut().unwrap();
                target.failed_since = None;
                let template = target.template;
                let life = if template == BAD { Life::Starting } else { Life::Running };
                self.pods.insert(id, Pod { template, life, restarts: 0, app: App::default() });
            }
            Turn::Kill(id) => self.pods.get_mut(&id).unwrap().life = Life::Terminating,
            Turn::Gone(id) => {
                self.pods.remove(&id);
                self.late.retain(|(pod, _)| *pod != id);
                if self.lag.pods.is_none() {
                    self.forget(id);
                }
            }
        }
    }

    /// Whether the controller waits for a pod that never becomes available.
    pub fn is_stuck(&self) -> bool {
        self.target.is_some_and(|target| target.observed && target.template == BAD && target.failed_since.is_none())
            && self.pods.values().any(|pod| pod.template == BAD && pod.life == Life::Starting)
    }

    /// The target as it is.
    pub fn target_seen(&self) -> SeenTarget {
        let Some(target) = self.target else { return SeenTarget::Missing };
        let alive = || self.pods.values().filter(|pod| !matches!(pod.life, Life::Terminating));
        let count = |n: usize| i32::try_from(n).unwrap();
        SeenTarget::Present(Workload {
            uid: format!("uid-{}", target.uid),
            generation: 2,
            observed_generation: if target.observed { 2 } else { 1 },
            desired: count(self.size),
            updated: count(alive().filter(|pod| self.wants(pod.template)).count()),
            current: count(alive().count()),
            available: count(alive().filter(|pod| pod.life == Life::Running).count()),
            failed_since: target.failed_since.map(at),
            ..workload(&format!("template-{}", target.template))
        })
    }
}
