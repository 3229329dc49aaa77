//! What of a world matters for what can happen next: times count from now, epochs only in their order, pods have no names.

use std::{
    collections::{BTreeSet, HashSet},
    hash::{DefaultHasher, Hash, Hasher},
};

use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use upgradegate_crds::UpgradeGate;
use upgradegate_operator::gate::{DrainFact, Facts, Intent, Target, Trouble};

use super::{
    calls::{Call, Reply},
    world::{Gate, Lists, Pod, World},
};
use crate::kit::at;

/// Times further away than this in the past are all the same.
const LONG_AGO: i64 = -LONG;
const LONG: i64 = 40;

impl World {
    /// Equal for worlds with the same future.
    pub fn key(&self) -> u64 {
        let view = self.view();
        let mut pods: Vec<u64> = self.ids().into_iter().map(|id| view.pod(id)).collect();
        pods.sort_unstable();
        let gates: Vec<u64> = self.gates.iter().map(|gate| view.gate(gate)).collect();
        let target =
            self.target.map(|t| (t.uid, t.template, t.observed, t.failed_since.map(|since| self.since(since))));
        let shown = self.lag.target.as_ref().map(|shown| view.target(shown));
        digest(&(gates, pods, target, shown, view.clock(), self.lag.pods.is_some(), &self.budget, self.size))
    }

    /// One pod of each kind: what happens to one of several that are alike happens to the others in another order of names.
    pub fn representatives(&self) -> Vec<u8> {
        let (view, mut kinds) = (self.view(), HashSet::new());
        self.ids().into_iter().filter(|id| kinds.insert(view.pod(*id))).collect()
    }

    /// The pods that are there or are shown.
    fn ids(&self) -> BTreeSet<u8> {
        self.pods.keys().chain(self.pods_shown().keys()).copied().collect()
    }

    fn view(&self) -> View<'_> {
        View { world: self, now: at(self.now), epochs: self.epochs() }
    }

    /// Whether something happened before each gate opened, and how long ago.
    fn since(&self, moment: i64) -> Vec<bool> {
        let opened = |gate: &Gate| gate.object.as_ref()?.status.as_ref()?.opened_at.as_ref().map(|at| at.0);
        self.gates.iter().map(|gate| opened(gate).is_some_and(|opened| opened <= at(moment))).collect()
    }

    /// All epochs that anything knows of, in order: one that was left out would be like the next one.
    fn epochs(&self) -> Vec<i64> {
        let objects = self.gates.iter().flat_map(|gate| gate.object.iter().chain(&gate.shown));
        let stored = objects.filter_map(|object| object.status.as_ref()?.epoch);
        let leases = self.pods.values().filter_map(|pod| Some(pod.app.lease?.epoch));
        let late = self.late.iter().map(|(_, call)| epoch_of(*call));
        let known = self.gates.iter().flat_map(epochs_of_run);
        let mut epochs: Vec<i64> = stored.chain(leases).chain(late).chain(known).collect();
        epochs.sort_unstable();
        epochs.dedup();
        epochs
    }
}

/// The epochs that a run knows of, and those that members said something to.
fn epochs_of_run(gate: &Gate) -> impl Iterator<Item = i64> {
    let facts = gate.run.facts.values().flat_map(|facts| {
        let acknowledged = if let DrainFact::Acknowledged(epoch) = facts.drain { Some(epoch) } else { None };
        [acknowledged, facts.probe.as_ref().map(|probe| probe.epoch), facts.conflict]
    });
    let intents = gate.run.intents.values().map(|intent| match *intent {
        Intent::Idle => None,
        Intent::Drained { epoch, .. } | Intent::Resumed { epoch } => Some(epoch),
    });
    let pending = gate.run.pending.values().flat_map(|(call, reply, _)| {
        let answered = if let Reply::Conflict(epoch) = reply { Some(*epoch) } else { None };
        [Some(epoch_of(*call)), answered]
    });
    let said = gate.said.values().flat_map(|said| [said.drained, said.ready.map(|(epoch, ..)| epoch)]);
    facts.chain(intents).chain(pending).chain(said).flatten()
}

struct View<'w> {
    world: &'w World,
    now: Timestamp,
    epochs: Vec<i64>,
}

impl View<'_> {
    /// Its place in the order. The highest that there is has no next one, so it is not like any other.
    fn rank(&self, epoch: i64) -> usize {
        if epoch == i64::MAX { usize::MAX } else { self.epochs.partition_point(|other| *other < epoch) }
    }

    /// How many epochs the clock is past, and how many it has reached: the next run takes its epoch from it.
    fn clock(&self) -> (usize, usize) {
        let now = self.now.as_millisecond();
        (self.epochs.partition_point(|epoch| *epoch < now), self.epochs.partition_point(|epoch| *epoch <= now))
    }

    fn time(&self, time: Option<&Time>) -> Option<i64> {
        time.map(|time| time.0.duration_since(self.now).as_secs().max(LONG_AGO))
    }

    fn gate(&self, gate: &Gate) -> u64 {
        let object = gate.object.as_ref().map(|object| self.object(object));
        let shown = gate.shown.as_ref().map(|object| self.object(object));
        let run = (
            std::mem::discriminant(&gate.run.lists),
            gate.run.adopted,
            gate.run.heard,
            gate.adopted,
            gate.let_through,
            gate.stripped,
        );
        digest(&(object, shown, run))
    }

    fn target(&self, target: &Target) -> u64 {
        match target {
            Target::Unknown => 0,
            Target::Missing => 1,
            Target::Present(w) => {
                let failed = w.failed_since.map(|since| self.world.since(since.duration_since(at(0)).as_secs()));
                let seen = w.observed_generation >= w.generation;
                digest(&(&w.uid, &w.template, seen, w.updated, w.current, w.available, failed))
            }
        }
    }

    fn object(&self, gate: &UpgradeGate) -> u64 {
        let meta = &gate.metadata;
        let marks = (meta.deletion_timestamp.is_some(), meta.finalizers.clone(), meta.annotations.is_some());
        let action = gate.spec.action.as_ref().map(|action| action.type_ as u8);
        let spec = &gate.spec;
        let asks = (spec.drain.is_some(), &spec.target_ref.kind, spec.on_deadline as u8, spec.on_missing_target as u8);
        let asks = digest(&(asks, format!("{:?}", spec.min_ready)));
        let Some(s) = &gate.status else {
            return digest(&(marks, action, asks, self.time(meta.creation_timestamp.as_ref())));
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
        digest(&(marks, (action, asks), times, state, by, rollout, began, shown))
    }

    fn pod(&self, id: u8) -> u64 {
        let world = self.world;
        let real = world.pods.get(&id).map(|pod| {
            let lease = pod.app.drained(world.now).map(|l| (self.rank(l.epoch), l.until - world.now, l.gate));
            (pod.template, pod.life, pod.app.busy, (pod.app.lied, pod.app.hangs), lease)
        });
        // Of what is shown it matters how it differs.
        let shown = world.lag.pods.as_ref().map(|pods| {
            let restarts = |pod: &Pod| world.pods.get(&id).map(|real| real.restarts == pod.restarts);
            pods.get(&id).map(|pod| (pod.template, pod.life, restarts(pod)))
        });
        let late: Vec<_> = world.late.iter().filter(|late| late.0 == id).map(|late| self.call(late.1)).collect();
        let runs = world.gates.iter().map(|gate| self.worker(gate, id));
        digest(&(real, shown, late, runs.collect::<Vec<_>>()))
    }

    /// What a run knows of a pod, and what that said to it.
    fn worker(&self, gate: &Gate, id: u8) -> u64 {
        let run = &gate.run;
        let facts = run.facts.get(&id).map(|facts| self.facts(facts));
        let intent = run.intents.get(&id).map(|intent| self.intent(*intent));
        let lease = run.leases.get(&id).map(|until| (until - self.world.now).max(0));
        let pending = run.pending.get(&id).map(|(call, reply, asked)| {
            let reply = match reply {
                Reply::Conflict(epoch) => (0, self.rank(*epoch)),
                Reply::Done => (1, 0),
                Reply::Probed { ready, draining } => (2 + u8::from(*draining), usize::from(*ready)),
            };
            (self.call(*call), reply, (self.world.now - asked).min(LONG))
        });
        let said = gate.said.get(&id).map(|said| {
            let ready =
                said.ready.map(|(epoch, when, ready)| (self.rank(epoch), (self.world.now - when).min(7), ready));
            (said.drained.map(|epoch| self.rank(epoch)), ready)
        });
        let listed = run.lists == Lists::Some(Some(id));
        digest(&(facts, intent, lease, pending, said, gate.told.contains(&id), listed))
    }

    fn call(&self, call: Call) -> (u8, usize) {
        match call {
            Call::Drain(epoch) => (0, self.rank(epoch)),
            Call::Probe(epoch) => (1, self.rank(epoch)),
            Call::Resume(epoch) => (2, self.rank(epoch)),
        }
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
            let forgot = probe.result == Err(Trouble::NotDraining);
            (self.rank(probe.epoch), self.now.duration_since(probe.at).as_secs().min(7), ready, forgot)
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

fn epoch_of(call: Call) -> i64 {
    let (Call::Drain(epoch) | Call::Probe(epoch) | Call::Resume(epoch)) = call;
    epoch
}

pub fn digest(value: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}
