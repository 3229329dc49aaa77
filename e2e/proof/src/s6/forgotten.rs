//! Nobody is left drained: when a gate is finished, each member that it drained works again, or its lease is over, or it is gone.

use std::collections::BTreeMap;

use jiff::Timestamp;
use upgradegate_crds::{Outcome, Phase, UpgradeGate};

use super::{name_of, replaced::is_wanted_throughout};
use crate::{
    Call, Effect, Rule, Slack, Violation,
    member::{started, works},
    slack::{earlier, later, seconds},
    timeline::Timeline,
    world::{Arrived, World, phase, status},
};

/// Checks every gate that is finished, or gone.
pub(crate) fn check(world: &World, slack: Slack) -> Vec<Violation> {
    let mut found = Vec::new();
    for gate in world.gates.values() {
        let over =
            gate.versions().iter().find(|version| version.gone || phase(version.object) == Some(Phase::Finished));
        let Some(over) = over else { continue };
        for (pod, drain) in drained_by(world, gate, over.at) {
            let lasts = drain.until > later(over.at, slack.lag + slack.clock);
            let is_ours = !is_superseded(over.object) || stays(world, gate, pod, over.at, slack);
            if lasts && is_ours && lives_on(world, pod, over.object, drain.at, over.at, slack) {
                let why = format!("it is drained until {}, and its gate is over", drain.until);
                found.push(Violation { rule: Rule::S6, at: over.at, object: name_of(world, pod), why });
            }
        }
    }
    found
}

fn is_superseded(gate: &UpgradeGate) -> bool {
    status(gate).is_some_and(|status| status.outcome == Some(Outcome::Superseded))
}

/// Whether nobody was about to replace a member when its gate was over. Otherwise, after a gate that was superseded, it is the newer
/// gate's to resume.
fn stays(world: &World, gate: &Timeline<UpgradeGate>, pod: &str, over: Timestamp, slack: Slack) -> bool {
    let (from, to) = (earlier(over, slack.lag + slack.write), later(over, slack.lag));
    world.pods.get(pod).is_some_and(|pod| is_wanted_throughout(world, gate, pod, from, to))
}

struct Drained {
    at: Timestamp,
    until: Timestamp,
}

/// Pods whose last order was a drain by this gate, at this time.
fn drained_by<'h>(world: &World<'h>, gate: &Timeline<UpgradeGate>, at: Timestamp) -> BTreeMap<&'h str, Drained> {
    let name = gate.last().and_then(|last| last.object.metadata.name.as_deref()).unwrap_or_default();
    let timeout = gate.last().map_or(1, |last| last.object.spec.probe.timeout_seconds.max(1));
    // A drain that took effect when nobody awaited its answer any more is healed by its lease alone.
    let was_awaited = |arrived: &Arrived, done: Timestamp| done <= later(arrived.at, seconds(timeout));
    let mut effects: Vec<(Timestamp, &'h Call, Option<Timestamp>)> = world
        .calls
        .iter()
        .filter_map(|arrived| match arrived.call.effect {
            Effect::Drained { at, until, .. } if was_awaited(arrived, at) => Some((at, arrived.call, Some(until))),
            Effect::Resumed { at } => Some((at, arrived.call, None)),
            Effect::Drained { .. } | Effect::None => None,
        })
        .filter(|(done, ..)| *done <= at)
        .collect();
    effects.sort_by_key(|(at, ..)| *at);
    let mut drained = BTreeMap::new();
    for (at, call, until) in effects {
        match until.filter(|_| call.body["gate"].as_str() == Some(name)) {
            Some(until) => drained.insert(call.pod.as_str(), Drained { at, until }),
            None => drained.remove(call.pod.as_str()),
        };
    }
    drained
}

/// Whether a member that was drained then still works in the same container when its gate is over.
fn lives_on(world: &World, pod: &str, gate: &UpgradeGate, drained: Timestamp, over: Timestamp, slack: Slack) -> bool {
    let Some(timeline) = world.pods.get(pod) else { return false };
    let same = |pod: &k8s_openapi::api::core::v1::Pod| {
        works(pod, gate) && started(pod, gate).is_none_or(|started| started <= drained)
    };
    timeline.always(earlier(over, slack.lag).max(drained), later(over, slack.lag), same)
}
