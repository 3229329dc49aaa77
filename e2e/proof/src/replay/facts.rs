//! What the worker of a member had found out at a time, by the calls that the member got until then.

use jiff::Timestamp;
use k8s_openapi::api::core::v1::Pod;
use serde_json::Value;
use upgradegate_crds::UpgradeGate;
use upgradegate_operator::gate::{Answer as WireAnswer, DrainFact, Facts, Plan, ProbeFact, Report, Trouble};

use crate::{
    Answer,
    member::started,
    slack::{later, seconds},
    witness::{in_time, is_probe},
    world::{Arrived, World},
};

/// What is needed to read the calls of one gate.
pub(super) struct Reader<'w, 'h> {
    pub(super) world: &'w World<'h>,
    pub(super) gate: &'h UpgradeGate,
    pub(super) plan: &'w Plan,
    /// The epoch of the gate, for probes of one that does not drain.
    pub(super) epoch: i64,
    /// When its run began: probes before that are another gate's.
    pub(super) began: Timestamp,
}

impl Reader<'_, '_> {
    /// What is known at `at` of the container that runs in this version of a pod, and of which this was known before its first call.
    pub(super) fn facts(&self, pod: &Pod, at: Timestamp, drain: DrainFact) -> Facts {
        let mut facts = Facts { drain, ..Facts::default() };
        let uid = pod.metadata.uid.as_deref().unwrap_or_default();
        let since = started(pod, self.gate).unwrap_or(Timestamp::MIN);
        let arrived = self.world.calls.iter().filter(|arrived| arrived.call.pod == uid);
        for call in arrived.filter(|arrived| since <= arrived.at && self.began <= arrived.at && arrived.at <= at) {
            self.learn(&mut facts, call, at);
        }
        facts
    }

    fn learn(&self, facts: &mut Facts, arrived: &Arrived, at: Timestamp) {
        let method = arrived.call.method.as_str();
        let ordered = method != "GET" && arrived.call.body["gate"].as_str() == self.gate.metadata.name.as_deref();
        if !ordered && !is_probe(self.gate, arrived.call) {
            return;
        }
        let answer = in_time(self.gate, arrived);
        let limit = later(arrived.at, seconds(self.plan.timeout_seconds));
        let told = arrived.call.answered.unwrap_or(limit).min(limit);
        let epoch = arrived.call.body["epoch"].as_i64().unwrap_or(self.epoch);
        match method {
            "GET" if told <= at => self.probed(facts, answer, told),
            "POST" => {
                let before = facts.drain;
                if before != DrainFact::Acknowledged(epoch) {
                    facts.drain = DrainFact::Maybe;
                }
                if told <= at {
                    drained(facts, before, answer, epoch);
                }
            }
            "DELETE" if told <= at => resumed(facts, answer, epoch),
            _ => {}
        }
    }

    fn probed(&self, facts: &mut Facts, answer: Option<&Answer>, told: Timestamp) {
        let epoch = match (&self.plan.drain, facts.drain) {
            (None, _) => self.epoch,
            (Some(_), DrainFact::Acknowledged(epoch)) => epoch,
            // Only who drains is asked: it was another gate's question.
            (Some(_), _) => return,
        };
        let result = answer.map_or_else(|| Err(silent()), |answer| self.judge(answer));
        let forgot = self.plan.drain.is_some() && result.as_ref().is_ok_and(|report| report.draining == Some(false));
        let result = if forgot { Err(Trouble::NotDraining) } else { result };
        facts.probe = Some(ProbeFact { epoch, at: told, result });
    }

    fn judge(&self, answer: &Answer) -> Result<Report, Trouble> {
        let Answer { code, headers, body } = answer.clone();
        self.plan.ready.judge(&WireAnswer { code, headers, body: body.into_bytes() })
    }
}

fn silent() -> Trouble {
    Trouble::NoAnswer("no answer".into())
}

fn drained(facts: &mut Facts, before: DrainFact, answer: Option<&Answer>, epoch: i64) {
    match answer.map(|answer| (answer.code, other_epoch(answer))) {
        Some((200..300, _)) => {
            if before != DrainFact::Acknowledged(epoch) {
                facts.probe = None;
            }
            (facts.drain, facts.drain_trouble, facts.conflict) = (DrainFact::Acknowledged(epoch), None, None);
        }
        Some((409, Some(other))) if other > epoch => {
            (facts.drain, facts.drain_trouble, facts.conflict) = (DrainFact::Maybe, None, Some(other));
        }
        other => {
            let untold = other.is_some_and(|(code, _)| code == 404) && !matches!(before, DrainFact::Acknowledged(_));
            facts.drain = if untold { before } else { DrainFact::Maybe };
            facts.drain_trouble = Some(silent());
        }
    }
}

fn resumed(facts: &mut Facts, answer: Option<&Answer>, epoch: i64) {
    match answer.map(|answer| (answer.code, other_epoch(answer))) {
        Some((200..300, _)) => {}
        Some((409, Some(other))) if other > epoch => {}
        _ => {
            facts.drain_trouble = Some(silent());
            return;
        }
    }
    (facts.drain, facts.drain_trouble, facts.conflict) = (DrainFact::Resumed, None, None);
}

fn other_epoch(answer: &Answer) -> Option<i64> {
    serde_json::from_str::<Value>(&answer.body).ok()?.get("epoch")?.as_i64()
}
