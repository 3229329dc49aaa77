//! How histories are loaded, changed and held against the rules.

use std::path::Path;

use jiff::{SignedDuration, Timestamp};
use upgradegate_crds::{Phase, UpgradeGate, UpgradeGateStatus};
use upgradegate_proof::{Call, Event, History, Rule, What, check, replay};

/// Recorded on a real cluster, and cut to what the rules read.
pub const HISTORIES: [&str; 5] = ["answers-500", "cancelled", "cancelled-rolling-out", "closed-again", "superseded"];

pub fn load(name: &str) -> History {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/histories/{name}.json"));
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

pub fn violations(history: &History) -> Vec<String> {
    check(history).into_iter().chain(replay(history)).map(|violation| violation.to_string()).collect()
}

/// Applies `tamper` to the history of this name and expects the rule to be broken.
pub fn caught(name: &str, rule: Rule, tamper: impl FnOnce(&mut History)) {
    caught_as(name, rule, "", tamper);
}

/// The same, and what is said of it holds these words.
pub fn caught_as(name: &str, rule: Rule, words: &str, tamper: impl FnOnce(&mut History)) {
    let mut history = load(name);
    let before = history.clone();
    tamper(&mut history);
    assert!(history != before, "{name}: the tampering changed nothing");
    history.events.sort_by_key(|event| event.at);
    let found = if rule == Rule::Model { replay(&history) } else { check(&history) };
    let is_it = |violation: &upgradegate_proof::Violation| violation.rule == rule && violation.why.contains(words);
    assert!(found.iter().any(is_it), "{name}: {rule:?} {words:?} is not in {found:?}");
}

/// Applies `tamper` to each event that `wanted` names, one after another.
pub fn caught_at_each(name: &str, rule: Rule, wanted: impl Fn(&Event) -> bool, tamper: impl Fn(&mut Event)) {
    let places: Vec<usize> =
        load(name).events.iter().enumerate().filter(|(_, event)| wanted(event)).map(|(index, _)| index).collect();
    assert!(!places.is_empty(), "{name}: there is no place to tamper with");
    for place in places {
        caught(name, rule, |history| tamper(&mut history.events[place]));
    }
}

/// All calls, with their arrival.
pub fn calls(history: &mut History) -> impl Iterator<Item = (&mut Timestamp, &mut Call)> {
    history.events.iter_mut().filter_map(|event| match &mut event.what {
        What::Call(call) => Some((&mut event.at, &mut **call)),
        _ => None,
    })
}

/// All versions of gates, with the time at which they were seen.
pub fn gates(history: &mut History) -> impl Iterator<Item = (&mut Timestamp, &mut UpgradeGate)> {
    history.events.iter_mut().filter_map(|event| match &mut event.what {
        What::Gate { gate, .. } => Some((&mut event.at, &mut **gate)),
        _ => None,
    })
}

/// All statuses of gates that somebody has looked at.
pub fn statuses(history: &mut History) -> impl Iterator<Item = &mut UpgradeGateStatus> {
    gates(history).filter_map(|(_, gate)| gate.status.as_mut())
}

/// Whether an event is a version of a gate in this phase.
pub fn in_phase(phase: Phase) -> impl Fn(&Event) -> bool {
    move |event| match &event.what {
        What::Gate { gate, .. } => gate.status.as_ref().is_some_and(|status| status.phase == Some(phase)),
        _ => false,
    }
}

/// When a gate was first in this phase.
pub fn first(history: &History, phase: Phase) -> Timestamp {
    let is_in_phase = in_phase(phase);
    history.events.iter().find(|event| is_in_phase(event)).unwrap().at
}

/// The call of an event, if it is one with this method.
pub fn call<'e>(event: &'e Event, method: &str) -> Option<&'e Call> {
    match &event.what {
        What::Call(call) if call.method == method => Some(call),
        _ => None,
    }
}

/// Changes the call of an event.
pub fn change(event: &mut Event, change: impl FnOnce(&mut Call)) {
    match &mut event.what {
        What::Call(call) => change(call),
        other => panic!("{other:?} is no call"),
    }
}

/// A copy of the last call with this method, changed, that arrives some seconds after the end of the history.
pub fn add_late(history: &mut History, method: &str, after: i64, change: impl FnOnce(&mut Call)) {
    let mut copy = history.events.iter().rfind(|event| call(event, method).is_some()).unwrap().clone();
    let end = history.events.iter().map(|event| event.at).max().unwrap();
    copy.at = end + SignedDuration::from_secs(after);
    if let What::Call(call) = &mut copy.what {
        call.answered = Some(copy.at);
        change(call);
    }
    history.events.push(copy);
}

/// The same history once more, of another application and its gate.
pub fn of_others(history: &History) -> History {
    let mut text = serde_json::to_string(history).unwrap();
    for event in &history.events {
        let metadata = match &event.what {
            What::Gate { gate, .. } => &gate.metadata,
            What::Deployment { deployment, .. } => &deployment.metadata,
            What::ReplicaSet { replica_set, .. } => &replica_set.metadata,
            What::Pod { pod, .. } => &pod.metadata,
            What::Call(_) => continue,
        };
        let uid = metadata.uid.as_ref().unwrap();
        text = text.replace(&format!("\"{uid}\""), &format!("\"{uid}-of-others\""));
    }
    let names = [("\"app\"", "\"other\""), ("\"app-", "\"other-"), (":\"gate\"", ":\"other-gate\"")];
    serde_json::from_str(&names.iter().fold(text, |text, (ours, others)| text.replace(ours, others))).unwrap()
}
