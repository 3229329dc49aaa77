//! A gate as the CLI shows it, whoever wrote what into it.

use std::time::Duration;

use jiff::Timestamp;
use upgradegate_cli::{describe::describe, gate::Key, order, table::table, verdict::Refusal, view};
use upgradegate_crds::{ActionType, UpgradeGate};

use crate::law;

/// The input is the JSON document of a gate.
pub fn run(input: &[u8]) {
    let Ok(gate) = serde_json::from_slice::<UpgradeGate>(input) else { return };
    let now: Timestamp = "2026-03-02T14:05:00Z".parse().unwrap();
    for line in [describe(&gate, now), table(std::slice::from_ref(&gate), now)].concat() {
        law::harmless(&line);
    }
    if let Some(line) = view::progress(&gate) {
        law::harmless(&line);
    }
    let key = Key { namespace: "demo".into(), name: "demo-app-1".into() };
    let over = gate.status.as_ref().and_then(|status| status.outcome).map(Refusal::Over);
    for refusal in [Refusal::NotFound, Refusal::RollingOut].into_iter().chain(over) {
        law::harmless_lines(&view::refusal(&key, &refusal, Some(&gate)));
    }
    law::harmless_lines(&view::timed_out(&[(&key, Some(&gate))], Duration::from_mins(5), None));
    for action in [ActionType::Open, ActionType::Finish, ActionType::Cancel] {
        if let order::Step::Needless(text) | order::Step::Impossible(text) = order::step(&gate, action) {
            law::harmless(&text);
        }
    }
}
