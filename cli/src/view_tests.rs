use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::{
    gate::outcome,
    testing::{draining, gate, with_ready},
};

fn line(status: Value) -> String {
    progress(&gate(status)).unwrap()
}

fn refused(status: Value) -> String {
    let gate = gate(status);
    refusal(&Key::of(&gate), &Refusal::Over(outcome(&gate).unwrap()), Some(&gate))
}

#[test]
fn members_that_hold_the_gate_are_named_with_their_reason() {
    assert_eq!(line(draining(2)), "2/3 ready; demo-app-2 busy since 14:02:11: 1 operation running");
}

#[test]
fn a_gate_that_nobody_has_seen_has_no_line() {
    assert_eq!(progress(&gate(json!({"observedGeneration": -1}))), None);
}

#[test]
fn many_members_are_counted_beyond_the_first_three() {
    let members: Vec<_> = (0..10)
        .map(|i| json!({"name": format!("p{i}"), "uid": format!("m{i}"), "state": "Unreachable", "since": "2026-11-24T14:02:11Z"}))
        .collect();
    let status = with_ready(
        "False",
        json!({
            "phase": "Draining", "members": members,
            "pods": {"summary": "0/40", "total": 40, "unreachable": 30, "busy": 5, "draining": 5},
        }),
    );
    assert_eq!(
        line(status.clone()),
        "0/40 ready; p0 unreachable since 14:02:11; p1 unreachable since 14:02:11; p2 unreachable since 14:02:11; and 37 more"
    );
    let mut over = status;
    over["outcome"] = json!("DeadlineExceeded");
    assert!(refused(over).ends_with(
        "\n  p9 unreachable since 14:02:11 UTC\n  and 30 more\n  see: kubectl -n demo describe upgradegate demo-app-1"
    ));
}

#[test]
fn every_phase_has_its_line() {
    let until = "2026-11-24T14:10:00Z";
    let pods = json!({"summary": "3/3", "total": 3, "ready": 3});
    let open = |by: Value| {
        line(with_ready("True", json!({"phase": "Open", "openUntil": until, "openedBy": by, "pods": pods})))
    };
    assert_eq!(open(json!({"type": "Quorum"})), "3/3 ready; open until 14:10:00");
    assert_eq!(open(json!({"type": "NoMembers"})), "no members; open until 14:10:00");
    assert_eq!(
        open(json!({"type": "Deadline"})),
        "3/3 ready; the deadline passed and onDeadline is Proceed; open until 14:10:00"
    );
    assert_eq!(
        open(json!({"type": "Action", "reason": "pager: CVE fix"})),
        "3/3 ready; opened by an action (pager: CVE fix); open until 14:10:00"
    );
    let of = |status: Value| line(with_ready("False", status));
    assert_eq!(
        of(json!({"phase": "Waiting", "message": "gate demo-app-0 is not finished"})),
        "waiting: gate demo-app-0 is not finished"
    );
    assert_eq!(progress(&gate(with_ready("False", json!({"phase": "Draining"})))), None, "there is nothing to say yet");
    let uncounted = json!({"phase": "Draining", "pods": {"summary": "0/0"}});
    assert_eq!(progress(&gate(with_ready("False", uncounted))), None);
    assert_eq!(of(json!({"phase": "Draining", "message": "Reading the target."})), "Reading the target.");
    assert_eq!(
        of(json!({"phase": "RollingOut", "rollout": {"updated": 1, "desired": 3}})),
        "rolling out; 1 of 3 updated"
    );
    assert_eq!(
        of(json!({"phase": "Resuming", "outcome": "Cancelled", "message": "by hand"})),
        "resuming: Cancelled: by hand"
    );
    assert_eq!(of(json!({"phase": "Finished", "outcome": "Completed"})), "Completed");
}

#[test]
fn a_refusal_names_the_outcome_and_a_member_a_line() {
    let mut status = draining(1);
    status["phase"] = json!("Resuming");
    status["outcome"] = json!("DeadlineExceeded");
    status["message"] = json!("2 of 3 members were not ready at 14:03:00");
    assert_eq!(
        refused(status),
        "gate/demo-app-1 refused the upgrade: DeadlineExceeded: 2 of 3 members were not ready at 14:03:00\n  \
         demo-app-1 busy since 14:02:11 UTC: 1 operation running\n  \
         demo-app-2 busy since 14:02:11 UTC: 1 operation running\n  \
         see: kubectl -n demo describe upgradegate demo-app-1"
    );
}

#[test]
fn a_member_is_not_named_twice() {
    let mut status = draining(2);
    status["phase"] = json!("Resuming");
    status["outcome"] = json!("DeadlineExceeded");
    status["message"] =
        json!("The deadline (14:03:00) passed: 2/3 ready; demo-app-2 busy since 14:02:11: 1 operation running");
    assert_eq!(
        refused(status),
        "gate/demo-app-1 refused the upgrade: DeadlineExceeded: The deadline (14:03:00) passed: 2/3 ready\n  \
         demo-app-2 busy since 14:02:11 UTC: 1 operation running\n  \
         see: kubectl -n demo describe upgradegate demo-app-1"
    );
}

#[test]
fn an_outcome_is_not_said_twice() {
    let status =
        with_ready("False", json!({"outcome": "TargetNotFound", "message": "TargetNotFound: no Deployment demo-app"}));
    assert_eq!(
        refused(status),
        "gate/demo-app-1 refused the upgrade: TargetNotFound: no Deployment demo-app\n  \
         see: kubectl -n demo describe upgradegate demo-app-1"
    );
}

#[test]
fn a_gate_that_is_over_asks_for_another_one() {
    let status = with_ready("False", json!({"phase": "Finished", "outcome": "Completed"}));
    assert_eq!(refused(status), "gate/demo-app-1 is already over: Completed; create another gate for another upgrade");
}

#[test]
fn a_timeout_says_what_held_the_gates() {
    let held = gate(draining(2));
    let key = Key::of(&held);
    assert_eq!(
        timed_out(&[(&key, Some(&held))], Duration::from_mins(5), Some("cannot watch gate/demo-app-1: x")),
        "timed out after 5m waiting for the gate to open\n  \
         gate/demo-app-1 2/3 ready\n  demo-app-2 busy since 14:02:11 UTC: 1 operation running\n  \
         last error: cannot watch gate/demo-app-1: x"
    );
}

#[test]
fn a_missing_operator_is_said_with_where_to_look() {
    let key = Key { namespace: "demo".into(), name: "demo-app-1".into() };
    assert_eq!(
        no_operator(&key, Duration::from_secs(30)),
        "no operator answered gate/demo-app-1 within 30s; is it running? Look with: kubectl -n upgradegate-system get pods"
    );
}

proptest! {
    #[test]
    fn what_applications_write_stays_on_its_line(message in "(\\PC|[\u{0}-\u{1f}\u{7f}-\u{9f}\u{2028}]){0,80}") {
        let mut status = draining(2);
        status["members"][0]["message"] = json!(message);
        let line = line(status);
        prop_assert!(!line.chars().any(char::is_control), "{:?}", line);
        prop_assert!(line.lines().count() == 1);
    }
}
