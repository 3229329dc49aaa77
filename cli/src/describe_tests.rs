use serde_json::json;

use super::*;
use crate::testing::{changed, draining, gate};

fn described(gate: &UpgradeGate) -> String {
    describe(gate, "2026-11-24T14:02:30Z".parse().unwrap()).join(
        "
",
    ) + "
"
}

#[test]
fn a_gate_that_members_hold() {
    let mut status = draining(2);
    status["message"] = json!("1 of 3 members holds the gate");
    status["startedAt"] = json!("2026-11-24T14:00:01Z");
    status["deadline"] = json!("2026-11-24T14:03:00Z");
    assert_eq!(
        described(&gate(status)),
        "\
Name:        demo-app-1
Namespace:   demo
Release:     demo
Target:      Deployment/demo-app
Created:     2026-11-24 14:00:00 UTC (2m30s ago)
Phase:       Draining
Ready:       2 of 3 needed; 0 draining, 1 busy, 0 unreachable
Message:     1 of 3 members holds the gate
Started:     2026-11-24 14:00:01 UTC (2m29s ago)
Deadline:    2026-11-24 14:03:00 UTC (in 30s)
Members:
  NAME         STATE   SINCE          MESSAGE
  demo-app-2   Busy    14:02:11 UTC   1 operation running
Conditions:
  TYPE    STATUS   REASON   MESSAGE
  Ready   False    Test
"
    );
}

#[test]
fn a_gate_that_was_opened_by_hand_and_is_over() {
    let status = json!({
        "observedGeneration": 2, "phase": "Finished", "outcome": "Completed", "openedAt": "2026-11-24T14:01:00Z",
        "openedBy": {"type": "Action", "reason": "pager: CVE fix"}, "openUntil": "2026-11-24T14:08:00Z",
        "finishedAt": "2026-11-24T14:02:00Z", "rollout": {"desired": 3, "updated": 3, "current": 3, "available": 3},
    });
    let action = json!({"type": "Open", "reason": "pager: CVE fix"});
    assert_eq!(
        described(&changed(json!({"spec": {"action": action}, "status": status}))),
        "\
Name:         demo-app-1
Namespace:    demo
Release:      demo
Target:       Deployment/demo-app
Created:      2026-11-24 14:00:00 UTC (2m30s ago)
Action:       Open: pager: CVE fix
Phase:        Finished
Outcome:      Completed
Rollout:      3 of 3 updated, 3 available, 3 in all
Opened:       2026-11-24 14:01:00 UTC (90s ago), by Action: pager: CVE fix
Open Until:   2026-11-24 14:08:00 UTC (in 5m30s)
Finished:     2026-11-24 14:02:00 UTC (30s ago)
"
    );
}

#[test]
fn a_gate_that_nobody_has_seen() {
    let text = described(&gate(json!({"observedGeneration": -1})));
    assert!(text.ends_with("Phase:       not seen by an operator yet\n"), "{text}");
}
