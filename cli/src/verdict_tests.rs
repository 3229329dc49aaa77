use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::testing::{changed, draining, gate, with_ready};

fn awaited() -> Awaited {
    Awaited::this(gate(json!({"observedGeneration": -1})))
}

fn standing_of(gate: UpgradeGate) -> Standing {
    let mut awaited = awaited();
    awaited.take(Seen::Gate(Box::new(gate)));
    awaited.standing()
}

fn open() -> Value {
    with_ready("True", json!({"phase": "Open"}))
}

#[test]
fn a_gate_is_unseen_until_an_operator_answered() {
    assert_eq!(standing_of(gate(json!({"observedGeneration": -1}))), Standing::Unseen);
    assert_eq!(standing_of(changed(json!({}))), Standing::Unseen, "without a status");
    assert_eq!(standing_of(gate(draining(2))), Standing::Held);
    assert_eq!(standing_of(gate(open())), Standing::Open);
}

#[test]
fn a_status_that_does_not_answer_the_spec_opens_nothing() {
    let later = |spec: Value| changed(json!({"metadata": {"generation": 2}, "spec": spec, "status": open()}));
    assert_eq!(standing_of(later(json!({"deadlineSeconds": 100}))), Standing::Held);
    assert_eq!(standing_of(later(json!({"action": {"type": "Cancel"}}))), Standing::Held);
    let told = |action: &str| changed(json!({"spec": {"action": {"type": action, "reason": "r"}}, "status": open()}));
    assert_eq!(standing_of(told("Cancel")), Standing::Held);
    assert_eq!(standing_of(told("Finish")), Standing::Held);
    assert_eq!(standing_of(told("Open")), Standing::Open);
}

#[test]
fn another_gate_under_the_same_name_is_not_the_one() {
    let other = changed(json!({"metadata": {"uid": "u2"}, "status": open()}));
    assert_eq!(standing_of(other), Standing::Refused(Refusal::Deleted));
}

#[test]
fn a_gate_that_is_being_deleted_is_refused_though_it_is_open() {
    let going = changed(json!({"metadata": {"deletionTimestamp": "2026-11-24T14:01:00Z"}, "status": open()}));
    assert_eq!(standing_of(going), Standing::Refused(Refusal::BeingDeleted));
}

#[test]
fn a_gate_that_is_gone_was_deleted_or_never_there() {
    let mut named = Awaited::named(awaited().key);
    assert_eq!(named.standing(), Standing::Unknown);
    named.take(Seen::Gone);
    assert_eq!(named.standing(), Standing::Refused(Refusal::NotFound));
    let mut seen = awaited();
    seen.take(Seen::Gone);
    assert_eq!(seen.standing(), Standing::Refused(Refusal::Deleted));
}

#[test]
fn every_outcome_is_a_refusal_even_the_good_ones() {
    for outcome in [
        "Completed",
        "Unchanged",
        "DeadlineExceeded",
        "Cancelled",
        "Superseded",
        "Expired",
        "Bypassed",
        "Invalid",
        "TargetNotFound",
        "NotUsed",
        "RolledBack",
        "RolloutFailed",
    ] {
        for phase in ["Resuming", "Finished"] {
            let over = gate(with_ready("True", json!({"phase": phase, "outcome": outcome})));
            assert!(matches!(standing_of(over), Standing::Refused(Refusal::Over(_))), "{outcome} {phase}");
        }
    }
    let rolling = gate(with_ready("False", json!({"phase": "RollingOut"})));
    assert_eq!(standing_of(rolling), Standing::Refused(Refusal::RollingOut));
}

const LIMITS: Limits = Limits { timeout: Duration::from_mins(5), operator: Duration::from_secs(30) };

fn after(seconds: u64, standings: &[Standing]) -> Verdict {
    judge(standings, Duration::from_secs(seconds), LIMITS)
}

#[test]
fn no_operator_is_told_from_a_slow_application() {
    assert_eq!(after(29, &[Standing::Unseen]), Verdict::Pending);
    assert_eq!(after(30, &[Standing::Unseen, Standing::Open]), Verdict::NoOperator);
    assert_eq!(after(30, &[Standing::Held]), Verdict::Pending);
    assert_eq!(after(30, &[Standing::Unknown]), Verdict::Pending, "the API server is silent, not the operator");
    assert_eq!(after(300, &[Standing::Held]), Verdict::TimedOut);
    assert_eq!(after(300, &[Standing::Unknown]), Verdict::TimedOut);
}

#[test]
fn a_short_timeout_is_the_operators_too() {
    let limits = Limits { timeout: Duration::from_secs(5), ..LIMITS };
    assert_eq!(judge(&[Standing::Unseen], Duration::from_secs(5), limits), Verdict::NoOperator);
}

#[test]
fn an_open_gate_wins_over_the_clock() {
    assert_eq!(after(1000, &[Standing::Open]), Verdict::Open);
}

#[test]
fn the_next_limit_is_the_nearest_one_ahead() {
    let seconds = Duration::from_secs;
    assert_eq!(LIMITS.next(seconds(10)), Some(seconds(20)));
    assert_eq!(LIMITS.next(seconds(30)), Some(seconds(270)));
    assert_eq!(LIMITS.next(seconds(300)), None);
}

fn any_standing() -> impl Strategy<Value = Standing> {
    prop_oneof![
        Just(Standing::Unknown),
        Just(Standing::Unseen),
        Just(Standing::Held),
        Just(Standing::Open),
        Just(Standing::Refused(Refusal::Deleted)),
        Just(Standing::Refused(Refusal::Over(Outcome::Completed))),
    ]
}

proptest! {
    #[test]
    fn open_means_that_all_are_open(standings in prop::collection::vec(any_standing(), 0..5), seconds in 0u64..400) {
        let all = !standings.is_empty() && standings.iter().all(|s| *s == Standing::Open);
        prop_assert_eq!(after(seconds, &standings) == Verdict::Open, all);
    }

    #[test]
    fn one_refusal_refuses_all(standings in prop::collection::vec(any_standing(), 0..5), seconds in 0u64..400) {
        let any = standings.iter().any(|s| matches!(s, Standing::Refused(_)));
        prop_assert_eq!(after(seconds, &standings) == Verdict::Refused, any);
    }

    #[test]
    fn no_wait_is_endless(standings in prop::collection::vec(any_standing(), 0..5), beyond in 300u64..10_000) {
        prop_assert_ne!(after(beyond, &standings), Verdict::Pending);
    }
}
