//! The operator: reconciles with the real `decide`, and its workers call the applications.

use std::sync::Arc;

use upgradegate_crds::{FINALIZER, Outcome, Phase};
use upgradegate_operator::gate::{
    Decision, DrainFact, Facts, Intent, Lifecycle, Member, Members, Observation, ProbeFact, Report, Revision, Trouble,
    decide,
};

use super::world::{Gate, Life, Run, World};
use crate::kit::{at, laws, mark, status::is_open};

/// How a call to a member goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Luck {
    /// It is answered.
    Fine,
    /// It takes effect, and the answer is lost.
    AnswerLost,
    /// It does not arrive.
    NotArrived,
    /// It times out, and takes effect later.
    Late,
}

/// A call that a worker is about to make.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Call {
    Drain(i64),
    Probe(i64),
    Resume(i64),
}

impl World {
    /// What is decided on a gate now.
    pub fn decision(&self, index: usize) -> &Decision {
        self.decisions[index].get_or_init(|| decide(&self.observe(index)))
    }

    /// Whether a reconciliation would change anything.
    pub fn is_due(&self, index: usize) -> bool {
        let slot = &self.gates[index];
        slot.object.as_ref().is_some_and(|gate| {
            let decision = self.decision(index);
            let told = |(uid, intent): (&String, &Intent)| slot.run.intents.get(&number(uid)) == Some(intent);
            gate.status.as_ref() != Some(&decision.status) || !decision.intents.iter().all(told) || decision.delete
        })
    }

    /// Decides, checks the laws, and applies.
    pub fn reconcile(&mut self, index: usize) {
        let Some(gate) = self.gates[index].object.clone() else { return };
        let decision = self.decision(index).clone();
        laws::check(&self.observe(index), &decision);
        let mut object = gate.clone();
        object.status = Some(decision.status.clone());
        mark(&mut object, decision.finalizer);
        let gone = decision.delete
            || object.metadata.deletion_timestamp.is_some() && object.metadata.finalizers.iter().flatten().count() == 0;
        let heard = self.observe(index).members.heard;
        let slot = &mut self.gates[index];
        slot.let_through |= is_open(&decision.status);
        slot.run.heard = heard;
        slot.run.intents = decision.intents.iter().map(|(uid, intent)| (number(uid), *intent)).collect();
        slot.object = Some(object).filter(|_| !gone);
        if decision.status.phase == Some(Phase::Finished) {
            slot.run = Run { synced: true, ..Run::default() };
            self.nobody_is_left_drained(index, decision.status.outcome);
        }
        self.one_run_at_most();
    }

    /// What the operator knows now.
    pub fn observe(&self, index: usize) -> Observation {
        let slot = &self.gates[index];
        let rivals = self.gates.iter().enumerate().filter(|(other, _)| *other != index);
        let rivals = rivals.filter_map(|(_, other)| other.object.clone().map(Arc::new)).collect();
        let gate = Arc::new(slot.object.clone().unwrap());
        // A finished gate has no run, and nothing is watched for it.
        let finished = slot.phase() == Some(Phase::Finished);
        let synced = slot.run.synced && !finished;
        let target = if synced { self.target_seen() } else { upgradegate_operator::gate::Target::Unknown };
        let known: Vec<Member> = self.pods.keys().filter(|_| synced).map(|id| self.member(index, *id)).collect();
        let heard = slot.run.heard || synced && known.iter().filter(|m| m.counts()).all(Member::was_heard);
        Observation { now: at(self.now), gate, rivals, target, members: Members { known, whole: synced, heard } }
    }

    fn member(&self, index: usize, id: u8) -> Member {
        let pod = &self.pods[&id];
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

    fn facts(&self, index: usize, id: u8) -> Facts {
        let run = &self.gates[index].run;
        let fresh = Facts { drain: if run.adopted { DrainFact::Maybe } else { DrainFact::Never }, ..Facts::default() };
        run.facts.get(&id).cloned().unwrap_or(fresh)
    }

    /// What the worker of a member does next; `None` if it has nothing to do, or would only hear again what it knows.
    pub fn next_call(&self, index: usize, id: u8) -> Option<Call> {
        let pod = self.pods.get(&id).filter(|pod| pod.life == Life::Running)?;
        let (facts, now) = (self.facts(index, id), self.now);
        let drains = self.gates[index].object.as_ref()?.spec.drain.is_some();
        match *self.gates[index].run.intents.get(&id)? {
            Intent::Idle => None,
            Intent::Resumed { epoch } => match facts.drain {
                DrainFact::Never | DrainFact::Resumed => None,
                DrainFact::Maybe | DrainFact::Acknowledged(_) => Some(Call::Resume(epoch)),
            },
            Intent::Drained { epoch, probe } => {
                let holds = pod.app.drained(now).is_some_and(|lease| lease.epoch == epoch);
                if drains && (facts.drain != DrainFact::Acknowledged(epoch) || !holds) {
                    // A member that follows a higher epoch says so again until the decision is made.
                    return facts.conflict.is_none_or(|other| other < epoch).then_some(Call::Drain(epoch));
                }
                let says = Some((epoch, Ok(!pod.app.busy), at(now)));
                let said = facts
                    .probe
                    .map(|probe| (probe.epoch, probe.result.map(|report| report.ready).map_err(|_| ()), probe.at));
                (probe && said != says).then_some(Call::Probe(epoch))
            }
        }
    }

    /// Makes a call, and keeps what the worker learns from it.
    pub fn call(&mut self, index: usize, id: u8, call: Call, luck: Luck) {
        let mut facts = self.facts(index, id);
        let arrives = matches!(luck, Luck::Fine | Luck::AnswerLost);
        let (now, lost) = (self.now, Trouble::NoAnswer("no answer within 1 s".into()));
        let app = &mut self.pods.get_mut(&id).unwrap().app;
        match call {
            Call::Drain(epoch) => {
                let answer = if arrives { app.post(epoch, Some(index), now) } else { Ok(()) };
                self.gates[index].told.insert(id);
                self.late = if luck == Luck::Late { Some((id, epoch)) } else { self.late };
                match (luck, answer) {
                    (Luck::Fine, Ok(())) => facts = Facts { drain: DrainFact::Acknowledged(epoch), ..Facts::default() },
                    (Luck::Fine, Err(other)) => {
                        facts = Facts { drain: DrainFact::Maybe, conflict: Some(other), ..Facts::default() };
                    }
                    _ => (facts.drain, facts.drain_trouble) = (DrainFact::Maybe, Some(lost)),
                }
            }
            Call::Resume(epoch) => {
                let known = self.gates[index].told.contains(&id) || self.gates[index].adopted;
                assert!(known, "a member is resumed that this run never told to drain");
                let answer = if arrives { app.delete(epoch, now) } else { Ok(()) };
                match (luck, answer) {
                    (Luck::Fine, Ok(()) | Err(_)) => facts = Facts { drain: DrainFact::Resumed, ..Facts::default() },
                    _ => facts.drain_trouble = Some(lost),
                }
            }
            Call::Probe(epoch) => {
                let report = Report { ready: !app.busy, draining: Some(true), message: String::new() };
                let result = if luck == Luck::Fine { Ok(report) } else { Err(lost) };
                facts.probe = Some(ProbeFact { epoch, at: at(now), result });
            }
        }
        self.gates[index].run.facts.insert(id, facts);
    }

    /// The operator dies, and a new one takes over.
    pub fn crash(&mut self) {
        for gate in &mut self.gates {
            let held = gate.object.iter().flat_map(|object| object.metadata.finalizers.iter().flatten());
            let adopted = held.into_iter().any(|name| name == FINALIZER);
            gate.run = Run { adopted, ..Run::default() };
            gate.adopted |= adopted;
        }
    }

    /// S6: when a run is over, no live member has a drain of it that still runs; but for those that a newer run took over.
    fn nobody_is_left_drained(&self, index: usize, outcome: Option<Outcome>) {
        for (id, pod) in self.pods.iter().filter(|(_, pod)| pod.life == Life::Running) {
            let ours = pod.app.drained(self.now).is_some_and(|lease| lease.gate == Some(index));
            let handed_over = outcome == Some(Outcome::Superseded) && !self.wants(pod);
            assert!(!ours || handed_over, "pod {id} is left drained by a finished run");
        }
    }

    /// S2.
    fn one_run_at_most(&self) {
        let phases = self.gates.iter().filter_map(Gate::phase);
        let runs = phases.filter(|phase| !matches!(phase, Phase::Waiting | Phase::Finished)).count();
        assert!(runs <= 1, "{runs} runs of one target");
    }
}

fn number(uid: &str) -> u8 {
    uid.trim_start_matches("pod-").parse().unwrap()
}
