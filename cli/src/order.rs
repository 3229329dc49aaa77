//! Pure: whether an order to a gate still makes sense. The API server has the last word; this one says it in plain words.

use upgradegate_crds::{ActionType, Outcome, UpgradeGate};

use crate::gate::{is_being_deleted, outcome, word};

/// What to do about an order.
#[derive(Debug, PartialEq, Eq)]
pub enum Step {
    /// Give it.
    Give,
    /// Nothing: things are as ordered, for this reason.
    Needless(String),
    /// It can't be given, for this reason.
    Impossible(String),
}

/// What to do about this order to this gate.
pub fn step(gate: &UpgradeGate, wanted: ActionType) -> Step {
    if let Some(outcome) = outcome(gate) {
        let text = format!("is already over: {}", word(outcome));
        return match wanted {
            ActionType::Finish => Step::Needless(text),
            ActionType::Cancel if outcome == Outcome::Cancelled => Step::Needless(text),
            ActionType::Cancel => Step::Impossible(text),
            ActionType::Open => Step::Impossible(format!("{text}; create another gate for another upgrade")),
        };
    }
    if is_being_deleted(gate) {
        let text = "is being deleted, which ends it".to_owned();
        return if wanted == ActionType::Open { Step::Impossible(text) } else { Step::Needless(text) };
    }
    match gate.spec.action.as_ref().map(|action| action.type_) {
        Some(given) if given == wanted => Step::Needless(format!("was told to {} before", verb(given))),
        Some(given) if given > wanted => Step::Impossible(format!(
            "was told to {} before, and an action moves only forward: Open, then Finish, then Cancel",
            verb(given)
        )),
        Some(_) | None => Step::Give,
    }
}

/// The order as a verb.
pub fn verb(action: ActionType) -> String {
    word(action).to_lowercase()
}

#[cfg(test)]
#[path = "order_tests.rs"]
mod tests;
