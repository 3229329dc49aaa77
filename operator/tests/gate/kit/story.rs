//! A run, told in steps. Each decision is checked against all laws and then applied, as the controller does it.

use std::sync::Arc;

use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use upgradegate_crds::{Action, ActionType, FINALIZER, Outcome, Phase, UID_ANNOTATION, UpgradeGate, UpgradeGateStatus};
use upgradegate_operator::gate::{
    Decision, DrainFact, Facts, Intent, Lifecycle, Member, Members, Observation, ProbeFact, Report, Revision, Target,
    Trouble, Workload, decide,
};

use super::{at, gate, laws, member, workload};

/// A gate, its target and its members, at one moment.
#[derive(Clone)]
pub struct Story {
    pub now: Timestamp,
    pub gate: UpgradeGate,
    pub rivals: Vec<UpgradeGate>,
    pub target: Target,
    pub members: Members,
}

impl Story {
    /// A gate that nobody has seen, its target at template `old`, and three members that nobody has called.
    pub fn new() -> Self {
        Story {
            now: at(0),
            gate: gate("demo"),
            rivals: Vec::new(),
            target: Target::Present(workload("old")),
            members: Members { known: ["a", "b", "c"].map(member).to_vec(), whole: true, heard: true },
        }
    }

    /// The run has begun: the members are told to drain.
    pub fn draining() -> Self {
        let mut story = Story::new();
        story.decide();
        assert_eq!(story.phase(), Some(Phase::Draining));
        story
    }

    /// Ten seconds later all members are ready, and the gate is open.
    pub fn open() -> Self {
        let mut story = Story::draining();
        story.at(10).all_ready().decide();
        assert_eq!(story.phase(), Some(Phase::Open));
        story
    }

    /// Ten seconds later the template is `new`, and the target rolls out.
    pub fn rolling_out() -> Self {
        let mut story = Story::open();
        story.at(20).patch("new").decide();
        assert_eq!(story.phase(), Some(Phase::RollingOut));
        story
    }

    /// Time passes until so many seconds after the start; answers do not renew themselves.
    pub fn at(&mut self, seconds: i64) -> &mut Self {
        self.now = at(seconds);
        self
    }

    /// Decides, checks the laws, and applies the decision.
    pub fn decide(&mut self) -> Decision {
        let observation = self.observation();
        let decision = decide(&observation);
        laws::check(&observation, &decision);
        self.gate.status = Some(decision.status.clone());
        mark(&mut self.gate, decision.finalizer);
        decision
    }

    /// What `decide` is given.
    pub fn observation(&self) -> Observation {
        Observation {
            now: self.now,
            gate: Arc::new(self.gate.clone()),
            rivals: self.rivals.iter().cloned().map(Arc::new).collect(),
            target: self.target.clone(),
            members: self.members.clone(),
        }
    }

    pub fn status(&self) -> UpgradeGateStatus {
        self.gate.status.clone().unwrap_or_default()
    }

    pub fn phase(&self) -> Option<Phase> {
        self.status().phase
    }

    pub fn outcome(&self) -> Option<Outcome> {
        self.status().outcome
    }

    /// What a member is told now.
    pub fn intent(&self, name: &str) -> Intent {
        decide(&self.observation()).intents[name]
    }

    pub fn epoch(&self) -> i64 {
        self.status().epoch.unwrap_or_default()
    }

    pub fn member(&mut self, name: &str) -> &mut Member {
        self.members.known.iter_mut().find(|member| member.name == name).unwrap()
    }

    /// The member drains, and answers the probe so.
    pub fn answers(&mut self, name: &str, result: Result<Report, Trouble>) -> &mut Self {
        let (epoch, now) = (self.epoch(), self.now);
        let facts = &mut self.member(name).facts;
        facts.drain = DrainFact::Acknowledged(epoch);
        facts.drain_trouble = None;
        facts.probe = Some(ProbeFact { epoch, at: now, result });
        facts.since = Some(now);
        self
    }

    pub fn ready(&mut self, name: &str) -> &mut Self {
        self.answers(name, Ok(Report { ready: true, ..Report::default() }))
    }

    pub fn busy(&mut self, name: &str) -> &mut Self {
        self.answers(name, Ok(Report { ready: false, draining: Some(true), message: "1 operation running".into() }))
    }

    pub fn silent(&mut self, name: &str) -> &mut Self {
        self.answers(name, Err(Trouble::NoAnswer("no answer within 1 s".into())))
    }

    pub fn all_ready(&mut self) -> &mut Self {
        let names: Vec<String> = self.members.known.iter().map(|member| member.name.clone()).collect();
        for name in &names {
            self.ready(name);
        }
        self
    }

    /// A member that nobody has called appears.
    pub fn joins(&mut self, name: &str, template: &str) -> &mut Self {
        self.members.known.push(Member { revision: Revision::Known(template.into()), ..member(name) });
        self
    }

    /// A member is deleted, and has until then to end.
    pub fn terminates(&mut self, name: &str, leaves_by: i64) -> &mut Self {
        let member = self.member(name);
        (member.lifecycle, member.leaves_by) = (Lifecycle::Terminating, Some(at(leaves_by)));
        self
    }

    /// A member is known to be gone.
    pub fn leaves(&mut self, name: &str) -> &mut Self {
        self.members.known.retain(|member| member.name != name);
        self
    }

    /// Somebody patches the target's template, and its controller has seen that but made no pod yet.
    pub fn patch(&mut self, template: &str) -> &mut Self {
        self.patch_unseen(template).counts(0, 3, 3)
    }

    /// Somebody patches the target's template; its controller has not seen that yet, so all counts are of before.
    pub fn patch_unseen(&mut self, template: &str) -> &mut Self {
        self.workload().generation += 1;
        self.workload().template = template.into();
        self
    }

    /// The target's controller has seen the newest template, and counts these pods of it, of any, and available.
    pub fn counts(&mut self, updated: i32, current: i32, available: i32) -> &mut Self {
        let workload = self.workload();
        workload.observed_generation = workload.generation;
        (workload.updated, workload.current, workload.available) = (updated, current, available);
        self
    }

    pub fn workload(&mut self) -> &mut Workload {
        match &mut self.target {
            Target::Present(workload) => workload,
            other => panic!("the target is {other:?}"),
        }
    }

    /// Somebody orders an action.
    pub fn order(&mut self, type_: ActionType, reason: &str) -> &mut Self {
        self.gate.spec.action = Some(Action { type_, reason: Some(reason.into()) });
        self.gate.metadata.generation = self.gate.metadata.generation.map(|generation| generation + 1);
        self
    }

    /// Somebody deletes the gate.
    pub fn delete(&mut self) -> &mut Self {
        self.gate.metadata.deletion_timestamp = Some(Time(self.now));
        self
    }

    /// The operator restarts: what it knew of members is lost, and all that live may be drained.
    pub fn restart(&mut self) -> &mut Self {
        for member in &mut self.members.known {
            member.facts = Facts { drain: DrainFact::Maybe, ..Facts::default() };
        }
        self.members.heard = false;
        self
    }
}

/// Puts the finalizer and the UID on a gate, or takes the finalizer away.
pub fn mark(gate: &mut UpgradeGate, present: bool) {
    let finalizers = gate.metadata.finalizers.get_or_insert_default();
    finalizers.retain(|name| name != FINALIZER);
    if present {
        finalizers.push(FINALIZER.into());
        let uid = gate.metadata.uid.clone().unwrap_or_default();
        gate.metadata.annotations.get_or_insert_default().insert(UID_ANNOTATION.into(), uid);
    }
}

/// Whether our finalizer is on a gate.
pub fn is_marked(gate: &UpgradeGate) -> bool {
    gate.metadata.finalizers.iter().flatten().any(|name| name == FINALIZER)
}
