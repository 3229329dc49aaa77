//! The rules that gates alone can break, for those who have no more than them.

use upgradegate_proof::{Event, History, What};

use crate::history::Seen;

/// The rules that these versions break, each in a sentence; empty if all hold. See [`crate::proof`] for all rules.
pub fn broken(seen: &[Seen]) -> Vec<String> {
    let versions = seen
        .iter()
        .map(|seen| Event { at: seen.at, what: What::Gate { gate: Box::new(seen.gate.clone()), gone: seen.gone } });
    let history = History { events: versions.collect(), ..History::default() };
    upgradegate_proof::check_gates(&history).iter().map(ToString::to_string).collect()
}
