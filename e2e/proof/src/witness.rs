//! What the members of a gate answered, judged by the gate's own rule.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use upgradegate_crds::UpgradeGate;
use upgradegate_operator::gate::{Answer as WireAnswer, ReadyRule};

use crate::{
    Answer, Call, Effect,
    member::started,
    slack::{later, seconds},
    world::{Arrived, World},
};

/// The rounds of asking for which an answer says something.
const FRESH_ROUNDS: i64 = 3;

/// A probe, and what it told.
#[derive(Clone, Copy, Debug)]
struct Probe {
    asked: Timestamp,
    /// When the answer was sent, or could no longer be awaited.
    told: Timestamp,
    ready: bool,
}

/// A drain that a member acknowledged to this gate.
#[derive(Clone, Copy, Debug)]
struct Drain {
    told: Timestamp,
    epoch: i64,
    until: Timestamp,
}

/// What one member told.
#[derive(Debug, Default)]
struct Testimony {
    probes: Vec<Probe>,
    drains: Vec<Drain>,
    /// When it went back to work.
    resumed: Vec<Timestamp>,
}

/// What all members of a gate told it.
#[derive(Debug)]
pub(crate) struct Witness<'w, 'h> {
    world: &'w World<'h>,
    gate: &'h UpgradeGate,
    told: BTreeMap<&'h str, Testimony>,
}

impl<'w, 'h> Witness<'w, 'h> {
    /// Hears all members of a gate.
    pub(crate) fn of(world: &'w World<'h>, gate: &'h UpgradeGate) -> Self {
        let rule = rule(gate);
        let mut told = BTreeMap::<&str, Testimony>::new();
        for arrived in &world.calls {
            let testimony = told.entry(arrived.call.pod.as_str()).or_default();
            if is_probe(gate, arrived.call) {
                testimony.probes.push(probe(gate, rule.as_ref(), arrived));
            }
            testimony.drains.extend(drain(gate, arrived));
            if let Effect::Resumed { at } = arrived.call.effect {
                testimony.resumed.push(at);
            }
        }
        for testimony in told.values_mut() {
            // A member is asked one question at a time, so a later one says that the earlier is over, whenever that could be known.
            testimony.probes.sort_by_key(|probe| probe.asked);
        }
        Self { world, gate, told }
    }

    /// Whether this member, at this time, had acknowledged a drain of this epoch that still lasts, and had said after that, freshly and last
    /// of all, that it is ready. Its container is the one of `seen`: a watch may show a restart later than the member answers.
    pub(crate) fn agrees(&self, pod: &str, epoch: i64, at: Timestamp, seen: Timestamp) -> bool {
        let Some(testimony) = self.told.get(pod) else { return false };
        let since = self.world.pods.get(pod).and_then(|pod| pod.at(seen)).and_then(|pod| started(pod, self.gate));
        let heard = testimony.probes.iter().rfind(|probe| probe.told <= at);
        let fresh = |probe: &&Probe| probe.ready && at <= later(probe.told, freshness(self.gate));
        let Some(probe) = heard.filter(fresh).filter(|probe| since.is_none_or(|since| since <= probe.asked)) else {
            return false;
        };
        if self.gate.spec.drain.is_none() {
            return true;
        }
        let lasts = testimony.drains.iter().any(|drain| drain.epoch == epoch && drain.told <= at && drain.until >= at);
        testimony.drains.iter().any(|drain| {
            let resumed = testimony.resumed.iter().any(|resumed| drain.told <= *resumed && *resumed <= at);
            let before = drain.told <= probe.asked && since.is_none_or(|since| since <= drain.told);
            drain.epoch == epoch && before && lasts && !resumed
        })
    }

    /// Times from `from` to `to` at which the answer of [`Self::agrees`] may have changed, and the two themselves.
    pub(crate) fn moments(&self, from: Timestamp, to: Timestamp) -> BTreeSet<Timestamp> {
        let told = self.told.values().flat_map(|testimony| {
            let probes = testimony.probes.iter().map(|probe| probe.told);
            probes.chain(testimony.drains.iter().map(|drain| drain.told))
        });
        told.chain([from, to]).filter(|at| from <= *at && *at <= to).collect()
    }
}

/// How long an answer says something.
fn freshness(gate: &UpgradeGate) -> jiff::SignedDuration {
    let probe = &gate.spec.probe;
    seconds(FRESH_ROUNDS * i64::from(probe.period_seconds.max(1) + probe.timeout_seconds.max(1)))
}

/// The rule by which a gate judges answers; none if it can't be read: then nothing is ready.
pub(crate) fn rule(gate: &UpgradeGate) -> Option<ReadyRule> {
    match &gate.spec.probe.ready {
        None => Some(ReadyRule::standard()),
        Some(source) => ReadyRule::compile(source).ok(),
    }
}

/// Whether a call is the question of this gate.
pub(crate) fn is_probe(gate: &UpgradeGate, call: &Call) -> bool {
    call.method == "GET" && call.path == gate.spec.probe.http_get.path
}

fn probe(gate: &UpgradeGate, rule: Option<&ReadyRule>, arrived: &Arrived) -> Probe {
    let answer = in_time(gate, arrived);
    let limit = later(arrived.at, seconds(gate.spec.probe.timeout_seconds.max(1)));
    Probe {
        asked: arrived.at,
        told: arrived.call.answered.unwrap_or(limit).min(limit),
        ready: answer.is_some_and(|answer| says_ready(gate, rule, answer)),
    }
}

/// S4: what counts as "ready". An answer that is an error is not, unless the expression itself judges codes; nor is one that the expression
/// can't be applied to, or one in which the member says that it does not drain.
pub(crate) fn says_ready(gate: &UpgradeGate, rule: Option<&ReadyRule>, answer: &Answer) -> bool {
    let judges_codes = gate.spec.probe.ready.as_ref().is_some_and(|source| source.contains("response.code"));
    let sound = judges_codes || (200..300).contains(&answer.code);
    let wire =
        WireAnswer { code: answer.code, headers: answer.headers.clone(), body: answer.body.clone().into_bytes() };
    let report = rule.and_then(|rule| rule.judge(&wire).ok());
    let drains = |draining: Option<bool>| gate.spec.drain.is_none() || draining != Some(false);
    sound && report.is_some_and(|report| report.ready && drains(report.draining))
}

/// The answer to a call, if its caller still awaited it.
pub(crate) fn in_time<'h>(gate: &UpgradeGate, arrived: &Arrived<'h>) -> Option<&'h Answer> {
    let limit = later(arrived.at, seconds(gate.spec.probe.timeout_seconds.max(1)));
    let answered = arrived.call.answered?;
    arrived.call.answer.as_ref().filter(|_| answered <= limit)
}

fn drain(gate: &UpgradeGate, arrived: &Arrived) -> Option<Drain> {
    let call = arrived.call;
    let ours = call.body["gate"].as_str().is_some() && call.body["gate"].as_str() == gate.metadata.name.as_deref();
    let acknowledged = in_time(gate, arrived).is_some_and(|answer| (200..300).contains(&answer.code));
    match call.effect {
        Effect::Drained { epoch, until, .. } if ours && acknowledged => {
            Some(Drain { told: call.answered?, epoch, until })
        }
        _ => None,
    }
}
