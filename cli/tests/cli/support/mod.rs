//! An API server that holds gates, on loopback, and the command that is run against it.

mod command;
mod server;
mod store;

pub use command::{Run, cli};
pub use server::{Api, Fault};

use serde_json::{Value, json};

/// A manifest for target `demo-app` of release `demo`.
pub const GATE: &str = "
apiVersion: upgradegate.dev/v1alpha1
kind: UpgradeGate
metadata:
  labels: {upgradegate.dev/release: demo}
spec:
  targetRef: {kind: Deployment, name: demo-app}
  probe:
    httpGet: {path: /upgradeable, port: http}
  deadlineSeconds: 180
";

/// UID of the pod that the hook says it runs in.
pub const POD_UID: &str = "3f9c2a1b-77aa-4c1e-8f00-000000000000";
/// Name of the gate that it creates.
pub const NAME: &str = "demo-app-3f9c2a1b";
/// What it says then.
pub const CREATED: &str = "upgradegate.upgradegate.dev/demo-app-3f9c2a1b created";

/// The hook of the demo application, running.
pub fn hook(api: &Api, arguments: &[&str]) -> Run {
    let mut command = api.hook(GATE, arguments);
    command.env("POD_UID", POD_UID);
    Run::start(command)
}

/// What RBAC answers.
pub fn forbidden() -> Value {
    json!({
        "kind": "Status", "status": "Failure", "code": 403, "reason": "Forbidden",
        "message": "upgradegates.upgradegate.dev is forbidden: User \"system:serviceaccount:demo:hook\" cannot do that",
        "details": {"group": "upgradegate.dev", "kind": "upgradegates"},
    })
}

/// What the schema and its rules answer.
pub fn invalid(field: &str, message: &str) -> Value {
    let causes = json!([{"reason": "FieldValueInvalid", "field": field, "message": message}]);
    json!({"kind": "Status", "status": "Failure", "code": 422, "reason": "Invalid", "message": "m", "details": {"causes": causes}})
}

/// The manifest with a name.
pub fn named(name: &str) -> String {
    GATE.replace("metadata:", &format!("metadata:\n  name: {name}"))
}

/// A gate as the API server holds it.
pub fn object(name: &str) -> Value {
    json!({
        "apiVersion": "upgradegate.dev/v1alpha1", "kind": "UpgradeGate",
        "metadata": {"name": name, "namespace": "demo", "labels": {"upgradegate.dev/release": "demo"}},
        "spec": {
            "targetRef": {"kind": "Deployment", "name": "demo-app"},
            "probe": {"httpGet": {"path": "/upgradeable", "port": "http"}},
            "deadlineSeconds": 180,
        },
    })
}

/// The operator's status while one member holds the gate.
pub fn held() -> Value {
    json!({
        "observedGeneration": 1, "phase": "Draining",
        "pods": {"summary": "2/3", "total": 3, "required": 3, "ready": 2, "busy": 1},
        "members": [{
            "name": "demo-app-abc", "uid": "m1", "state": "Busy", "since": "2026-11-24T14:02:11Z",
            "message": "1 operation running",
        }],
        "conditions": [ready("False")],
    })
}

/// The operator's status while the gate is open.
pub fn open() -> Value {
    json!({
        "observedGeneration": 1, "phase": "Open", "openUntil": "2026-11-24T14:10:00Z", "openedBy": {"type": "Quorum"},
        "pods": {"summary": "3/3", "total": 3, "required": 3, "ready": 3}, "conditions": [ready("True")],
    })
}

/// The operator's status once a run that was held has ended.
pub fn over(outcome: &str, message: &str) -> Value {
    let mut status = held();
    status["phase"] = json!("Finished");
    status["outcome"] = json!(outcome);
    status["message"] = json!(message);
    status
}

fn ready(status: &str) -> Value {
    json!({"type": "Ready", "status": status, "reason": "Test", "message": "", "lastTransitionTime": "2026-11-24T14:02:11Z"})
}
