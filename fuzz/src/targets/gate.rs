//! A gate as the API server gives it, with whatever is known of its target and its members.

use std::sync::Arc;

use arbitrary::Unstructured;
use upgradegate_crds::{Phase, UpgradeGate, condition};
use upgradegate_operator::gate::{Decision, Observation, decide};

use crate::law;

mod observed;

/// Longest name of an object, in bytes: the API server lets no longer one in.
const LONGEST_NAME: usize = 253;

/// Most bytes of what a stored status may hold that is carried over as it is; only the operator writes it, so it can't be longer.
const CARRIED: usize = 1024;

/// The first line of the input is the JSON document of the gate, the rest makes up the observation.
pub fn run(input: &[u8]) {
    let end = input.iter().position(|byte| *byte == b'\n').unwrap_or(input.len());
    let Ok(gate) = serde_json::from_slice::<UpgradeGate>(&input[..end]) else { return };
    if !is_stored(&gate) {
        return;
    }
    let mut rest = Unstructured::new(input.get(end + 1..).unwrap_or_default());
    let Ok(observation) = observed::by(Arc::new(gate), &mut rest) else { return };
    let decision = decide(&observation);
    assert_eq!(decide(&observation), decision, "the same observation leads to the same decision");
    check(&observation, &decision);
}

/// Whether the API server could hold such a gate.
fn is_stored(gate: &UpgradeGate) -> bool {
    let names = [gate.metadata.name.as_ref(), gate.metadata.namespace.as_ref(), gate.metadata.uid.as_ref()];
    let fit = |name: &str| (1..=LONGEST_NAME).contains(&name.len()) && name.bytes().all(|byte| byte.is_ascii_graphic());
    let mut carried = gate.status.clone().unwrap_or_default();
    (carried.message, carried.members, carried.conditions) = Default::default();
    names.into_iter().all(|name| name.is_some_and(|name| fit(name)))
        && fit(&gate.spec.target_ref.name)
        && gate.metadata.creation_timestamp.is_some()
        && serde_json::to_string(&carried).unwrap().len() <= CARRIED
        && !serde_json::to_string(&carried).unwrap().contains(law::is_harmful)
}

fn check(o: &Observation, d: &Decision) {
    let status = &d.status;
    let ready = status.conditions.iter().any(|c| c.type_ == condition::READY && c.status == "True");
    assert!(!ready || status.phase == Some(Phase::Open), "it is open in {:?}", status.phase);
    assert!(!ready || status.outcome.is_none(), "an ended gate is open");
    assert!(!ready || status.epoch.is_some(), "it is open without a run");
    let size = serde_json::to_string(status).unwrap().len();
    assert!(size < 8 * 1024, "a status of {size} bytes");
    assert!(status.members.len() <= 10);
    assert!(d.wake.is_none_or(|wake| wake > o.now), "it wakes in the past");
    assert!(d.wake.is_some() || status.phase == Some(Phase::Finished), "a wait without an end: {status:?}");
    assert_eq!(d.intents.len(), o.members.known.len(), "every member is told something");
    let before = o.gate.status.as_ref();
    let outcome = before.and_then(|status| status.outcome);
    assert!(outcome.is_none() || status.outcome == outcome, "an outcome is set once");
    assert!(before.is_none_or(|before| before.epoch <= status.epoch), "the epoch only grows");
    let members = status.members.iter().map(|member| &member.message);
    let conditions = status.conditions.iter().map(|condition| &condition.message);
    let events = d.events.iter().map(|event| &event.note);
    members.chain(conditions).chain(events).chain([&status.message]).for_each(|text| law::harmless(text));
    let reasons = [
        status.opened_by.as_ref().and_then(|by| by.reason.as_ref()),
        status.action.as_ref().and_then(|action| action.reason.as_ref()),
    ];
    reasons.into_iter().flatten().for_each(|text| law::harmless(text));
}
