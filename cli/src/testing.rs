//! Gates for the unit tests.

use serde_json::{Value, json};
use upgradegate_crds::UpgradeGate;

/// A gate `demo-app-1` in namespace `demo`, of UID `u1` and generation 1, with this status.
pub fn gate(status: impl Into<Value>) -> UpgradeGate {
    changed(json!({"status": status.into()}))
}

/// The same with these fields laid over it.
pub fn changed(fields: Value) -> UpgradeGate {
    let mut object = json!({
        "apiVersion": "upgradegate.dev/v1alpha1",
        "kind": "UpgradeGate",
        "metadata": {
            "name": "demo-app-1", "namespace": "demo", "uid": "u1", "generation": 1,
            "creationTimestamp": "2026-11-24T14:00:00Z", "labels": {"upgradegate.dev/release": "demo"},
        },
        "spec": {
            "targetRef": {"kind": "Deployment", "name": "demo-app"},
            "probe": {"httpGet": {"path": "/upgradeable", "port": "http"}},
            "deadlineSeconds": 180,
        },
    });
    merge(&mut object, fields);
    serde_json::from_value(object).unwrap()
}

/// A status with a `Ready` condition.
pub fn with_ready(ready: &str, mut status: Value) -> Value {
    merge(
        &mut status,
        json!({"observedGeneration": 1, "conditions": [{
            "type": "Ready", "status": ready, "reason": "Test", "message": "", "lastTransitionTime": "2026-11-24T14:00:05Z",
        }]}),
    );
    status
}

/// A status while members hold the gate: `ready` of three, the others busy.
pub fn draining(ready: u32) -> Value {
    let members: Vec<_> = (ready..3).map(|i| json!({
        "name": format!("demo-app-{i}"), "uid": format!("m{i}"), "state": "Busy", "since": "2026-11-24T14:02:11Z",
        "message": "1 operation running",
    })).collect();
    with_ready(
        "False",
        json!({
            "phase": "Draining", "members": members,
            "pods": {"summary": format!("{ready}/3"), "total": 3, "required": 3, "ready": ready, "busy": 3 - ready},
        }),
    )
}

fn merge(into: &mut Value, from: Value) {
    match (into, from) {
        (Value::Object(into), Value::Object(from)) => {
            for (key, value) in from {
                merge(into.entry(key).or_insert(Value::Null), value);
            }
        }
        (into, from) => *into = from,
    }
}
