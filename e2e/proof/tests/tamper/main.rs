//! Real histories pass; each that was tampered with is caught, by the rule that it breaks. A history is tampered with in one place after
//! another, wherever the tampering applies.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod calls;
mod gates;
mod kit;

use kit::{HISTORIES, load, violations};
use upgradegate_proof::{Slack, replay_within};

#[test]
fn real_histories_break_nothing() {
    let mut steps = 0;
    for name in HISTORIES {
        let history = load(name);
        assert_eq!(violations(&history), Vec::<String>::new(), "{name}");
        steps += replay_within(&history, Slack::USUAL).steps;
    }
    assert!(steps >= 30, "only {steps} written statuses were held against the model");
}

#[test]
fn a_history_is_the_same_when_it_was_stored() {
    for name in HISTORIES {
        let history = load(name);
        let stored = serde_json::to_vec(&history).unwrap();
        assert_eq!(serde_json::from_slice::<upgradegate_proof::History>(&stored).unwrap(), history);
    }
}
