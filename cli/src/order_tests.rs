use serde_json::json;
use upgradegate_crds::ActionType::{Cancel, Finish, Open};

use super::*;
use crate::testing::{changed, draining, gate, with_ready};

fn told(action: &str) -> UpgradeGate {
    changed(json!({"spec": {"action": {"type": action, "reason": "r"}}}))
}

fn over(outcome: &str) -> UpgradeGate {
    gate(with_ready("False", json!({"phase": "Finished", "outcome": outcome})))
}

#[test]
fn an_order_is_given_to_a_running_gate() {
    for wanted in [Open, Finish, Cancel] {
        assert_eq!(step(&gate(draining(2)), wanted), Step::Give);
    }
}

#[test]
fn an_action_moves_only_forward() {
    assert_eq!(step(&told("Open"), Finish), Step::Give);
    assert_eq!(step(&told("Open"), Cancel), Step::Give);
    assert_eq!(step(&told("Finish"), Cancel), Step::Give);
    assert_eq!(step(&told("Finish"), Finish), Step::Needless("was told to finish before".into()));
    assert_eq!(
        step(&told("Cancel"), Finish),
        Step::Impossible(
            "was told to cancel before, and an action moves only forward: Open, then Finish, then Cancel".into()
        )
    );
    assert!(matches!(step(&told("Finish"), Open), Step::Impossible(_)));
}

#[test]
fn a_gate_that_is_over_needs_no_finish_and_can_do_nothing_else() {
    assert_eq!(step(&over("Completed"), Finish), Step::Needless("is already over: Completed".into()));
    assert_eq!(step(&over("Cancelled"), Cancel), Step::Needless("is already over: Cancelled".into()));
    assert_eq!(step(&over("Completed"), Cancel), Step::Impossible("is already over: Completed".into()));
    assert!(matches!(step(&over("NotUsed"), Open), Step::Impossible(_)));
}

#[test]
fn a_gate_that_is_being_deleted_ends_by_itself() {
    let going = changed(json!({"metadata": {"deletionTimestamp": "2026-11-24T14:01:00Z"}}));
    assert!(matches!(step(&going, Cancel), Step::Needless(_)));
    assert!(matches!(step(&going, Finish), Step::Needless(_)));
    assert!(matches!(step(&going, Open), Step::Impossible(_)));
}
