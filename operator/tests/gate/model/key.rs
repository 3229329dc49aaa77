//! What of a world matters for what can happen next: times count from now, epochs only in their order, pods have no names.

use std::hash::{DefaultHasher, Hash, Hasher};

use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use upgradegate_crds::UpgradeGate;
use upgradegate_operator::gate::{DrainFact, Facts, Intent};

use super::world::{Gate, Pod, World};
use crate::kit::at;

/// Times further away than this in the past are all the same.
const LONG_AGO: i64 = -40;

impl World {
    /// Equal for worlds with the same future.
    pub fn key(&self) -> u64 {
        let view = View { world: self, now: at(self.now), epochs: self.epochs() };
        let mut pods: Vec<u64> = self.pods.iter().map(|(id, pod)| view.pod(*id, pod)).collect();
        pods.sort_unstable();
        let gates: Vec<u64> = self.gates.iter().map(|gate| view.gate(gate)).collect();
        let late = self.late.map(|(id, epoch)| (self.pods.get(&id).map(|pod| view.pod(id, pod)), view.rank(epoch)));
        let target =
            self.target.map(|t| (t.uid, t.template, t.observed, t.failed_since.map(|since| self.since(since))));
        digest(&(gates, pods, late, target, &self.budget))
    }

    /// Whether something happened before each gate opened, and how long ago.
    fn since(&self, moment: i64) -> Vec<bool> {
        let opened = |gate: &Gate| gate.object.as_ref()?.status.as_ref()?.opened_at.as_ref().map(|at| at.0);
        self.gates.iter().map(|gate| opened(gate).is_some_and(|opened| opened <= at(moment))).collect()
    }

    fn epochs(&self) -> Vec<i64> {
        let gates = self.gates.iter().filter_map(|gate| gate.object.as_ref()?.status.as_ref()?.epoch);
        let leases = self.pods.values().filter_map(|pod| Some(pod.app.lease?.epoch));
        let facts = self.gates.iter().flat_map(|gate| gate.run.facts.values()).filter_map(|facts| facts.conflict);
        let mut epochs: Vec<i64> = gates.chain(leases).chain(facts).chain(self.late.map(|late| late.1)).collect();
        epochs.sort_unstable();
        epochs.dedup();
        epochs
    }
}

struct View<'w> {
    world: &'w World,
    now: Timestamp,
    epochs: Vec<i64>,
}

impl View<'_> {
    fn rank(&self, epoch: i64) -> usize {
        self.epochs.partition_point(|other| *other < epoch)
    }

    fn time(&self, time: Option<&Time>) -> Option<i64> {
        time.map(|time| time.0.duration_since(self.now).as_secs().max(LONG_AGO))
    }

    fn gate(&self, gate: &Gate) -> u64 {
        let object = gate.object.as_ref().map(|object| self.object(object));
        let run = (gate.run.synced, gate.run.adopted, gate.run.heard, gate.adopted, gate.let_through);
        digest(&(object, run))
    }

    fn object(&self, gate: &UpgradeGate) -> u64 {
        let meta = &gate.metadata;
        let marks = (meta.deletion_timestamp.is_some(), meta.finalizers.clone(), meta.annotations.is_some());
        let action = gate.spec.action.as_ref().map(|action| action.type_ as u8);
        let Some(s) = &gate.status else {
            return digest(&(marks, action, self.time(meta.creation_timestamp.as_ref())));
        };
        let times =
            [&s.deadline, &s.open_until, &s.progress_deadline, &s.resume_until].map(|time| self.time(time.as_ref()));
        let state = (
            s.phase.map(|p| p as u8),
            s.outcome.map(|o| o as u8),
            s.epoch.map(|epoch| self.rank(epoch)),
            s.opened_at.is_some(),
        );
        let by = (s.opened_by.as_ref().map(|by| by.type_ as u8), s.action.is_some());
        let rollout = s.rollout.as_ref().map(|r| (r.updated, r.current, r.available, r.terminating));
        let began = s.target.as_ref().map(|target| (target.uid.clone(), target.baseline.clone()));
        // What would be written next is a matter of what was written last.
        let shown =
            (s.pods.as_ref().map(|p| (p.total, p.ready, p.draining, p.busy, p.unreachable)), s.observed_generation);
        digest(&(marks, action, times, state, by, rollout, began, shown))
    }

    fn pod(&self, id: u8, pod: &Pod) -> u64 {
        let lease = pod.app.drained(self.world.now).map(|l| (self.rank(l.epoch), l.until - self.world.now, l.gate));
        let runs = self.world.gates.iter().map(|gate| {
            let facts = gate.run.facts.get(&id).map(|facts| self.facts(facts));
            (facts, gate.run.intents.get(&id).map(|intent| self.intent(*intent)), gate.told.contains(&id))
        });
        digest(&(pod.template, pod.life, pod.app.busy, lease, runs.collect::<Vec<_>>()))
    }

    fn facts(&self, facts: &Facts) -> u64 {
        let drain = match facts.drain {
            DrainFact::Never => (0, 0),
            DrainFact::Maybe => (1, 0),
            DrainFact::Acknowledged(epoch) => (2, self.rank(epoch)),
            DrainFact::Resumed => (3, 0),
        };
        let probe = facts.probe.as_ref().map(|probe| {
            let ready = probe.result.as_ref().ok().map(|report| report.ready);
            (self.rank(probe.epoch), self.now.duration_since(probe.at).as_secs().min(7), ready)
        });
        digest(&(drain, facts.drain_trouble.is_some(), probe, facts.conflict.map(|epoch| self.rank(epoch))))
    }

    fn intent(&self, intent: Intent) -> (u8, usize) {
        match intent {
            Intent::Idle => (0, 0),
            Intent::Drained { epoch, probe } => (1 + u8::from(probe), self.rank(epoch)),
            Intent::Resumed { epoch } => (3, self.rank(epoch)),
        }
    }
}

fn digest(value: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}
