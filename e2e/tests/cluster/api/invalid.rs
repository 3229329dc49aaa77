//! Invalid specs: the API server itself refuses each, with the path of the field and a sentence that says what to do.

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use upgradegate_e2e::{Test, scenario};

use super::{dry_create, minimal, refusal};

/// What is wrong: where, the value (null: the field is missing), and what the refusal says beside the path.
const PORT: &str = "must be a port number from 1 to 65535, or the name of a container's port";
const TIMES: &str = "must be at least three times probe.timeoutSeconds";

fn table() -> Vec<(&'static str, Value, &'static str)> {
    let long = "x".repeat(1100);
    let drain = |more: Value| {
        let mut drain = json!({"http": {"path": "/drain", "port": "http"}});
        drain.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        drain
    };
    vec![
        ("spec.targetRef", Value::Null, "Required value"),
        ("spec.targetRef.kind", Value::Null, "Required value"),
        ("spec.targetRef.kind", json!("ReplicaSet"), "must be Deployment"),
        ("spec.targetRef.kind", json!(""), "must be Deployment"),
        ("spec.targetRef.apiVersion", json!("extensions/v1beta1"), "must be apps/v1"),
        ("spec.targetRef.name", Value::Null, "Required value"),
        ("spec.targetRef.name", json!(""), "at least 1 chars long"),
        ("spec.targetRef.name", json!("Demo_App"), "must be the name of a Deployment: lower-case letters"),
        ("spec.targetRef.name", json!("x".repeat(254)), "Too long"),
        ("spec.onMissingTarget", json!("Ignore"), "supported values: \"Fail\", \"Open\""),
        ("spec.probe", Value::Null, "Required value"),
        ("spec.probe.httpGet", Value::Null, "Required value"),
        (
            "spec.probe.httpGet.path",
            json!("upgradeable"),
            "must start with '/' and hold no spaces, such as /upgradeable",
        ),
        ("spec.probe.httpGet.path", json!("/a b"), "must start with '/' and hold no spaces"),
        ("spec.probe.httpGet.path", json!("http://evil.example/"), "must start with '/'"),
        ("spec.probe.httpGet.path", json!(format!("/{long}")), "Too long"),
        ("spec.probe.httpGet.port", Value::Null, "Required value"),
        ("spec.probe.httpGet.port", json!(0), PORT),
        ("spec.probe.httpGet.port", json!(65536), PORT),
        ("spec.probe.httpGet.port", json!(-1), PORT),
        ("spec.probe.httpGet.port", json!("a-port-name-that-is-too-long"), PORT),
        ("spec.probe.httpGet.port", json!("8080"), PORT),
        ("spec.probe.httpGet.scheme", json!("HTTPS"), "supported values: \"HTTP\""),
        ("spec.probe.ready", json!(""), "at least 1 chars long"),
        ("spec.probe.ready", json!(long), "Too long"),
        ("spec.probe.periodSeconds", json!(0), "greater than or equal to 1"),
        ("spec.probe.periodSeconds", json!(61), "less than or equal to 60"),
        ("spec.probe.timeoutSeconds", json!(0), "greater than or equal to 1"),
        ("spec.probe.timeoutSeconds", json!("1s"), "must be of type integer"),
        ("spec.drain", json!({}), "spec.drain.http: Required value"),
        ("spec.drain", drain(json!({"leaseSeconds": 4})), "spec.drain.leaseSeconds"),
        ("spec.drain", drain(json!({"leaseSeconds": 3601})), "less than or equal to 3600"),
        (
            "spec.drain",
            json!({"http": {"path": "drain", "port": "http"}}),
            "must start with '/' and hold no spaces, such as /drain",
        ),
        ("spec.drain", json!({"http": {"path": "/drain", "port": "no_port"}}), PORT),
        ("spec.minReady", json!("101%"), "must be a number from 1, or a percentage from 1% to 100%"),
        ("spec.minReady", json!("0%"), "must be a number from 1"),
        ("spec.minReady", json!("half"), "must be a number from 1"),
        ("spec.minReady", json!(0), "must be a number from 1"),
        ("spec.deadlineSeconds", Value::Null, "Required value"),
        ("spec.deadlineSeconds", json!(0), "greater than or equal to 1"),
        ("spec.deadlineSeconds", json!(2_592_001), "less than or equal to"),
        ("spec.deadlineSeconds", json!("5m"), "must be of type integer"),
        ("spec.onDeadline", json!("Ignore"), "supported values: \"Fail\", \"Proceed\""),
        ("spec.progressSeconds", json!(0), "greater than or equal to 1"),
        ("spec.ttlSecondsAfterFinished", json!(-1), "greater than or equal to 0"),
        ("spec.action", json!({"type": "Reopen"}), "supported values: \"Open\", \"Finish\", \"Cancel\""),
        ("spec.action", json!({"reason": "because"}), "spec.action.type: Required value"),
        ("spec.action", json!({"type": "Open"}), "spec.action.reason: Invalid value"),
        ("spec.action", json!({"type": "Open", "reason": ""}), "Open needs a reason"),
    ]
}

#[test]
fn each_invalid_spec_is_refused_with_its_path_and_a_sentence() {
    scenario(async |test| {
        dry_create(test, &minimal()).await.context("the gate that all are made from is valid")?;
        let table = table();
        ensure!(table.len() >= 25);
        for (path, value, sentence) in table {
            let mut gate = minimal();
            set(&mut gate, path, value.clone());
            refused(test, &gate, path, sentence).await.with_context(|| format!("{path} = {value}"))?;
        }
        Ok(())
    });
}

#[test]
fn a_lease_shorter_than_three_timeouts_is_refused() {
    scenario(async |test| {
        let mut gate = minimal();
        set(&mut gate, "spec.probe.timeoutSeconds", json!(20));
        set(&mut gate, "spec.drain", json!({"http": {"path": "/drain", "port": 80}, "leaseSeconds": 59}));
        refused(test, &gate, "spec.drain.leaseSeconds", TIMES).await
    });
}

#[test]
fn a_host_is_refused_by_strict_clients_and_never_stored() {
    scenario(async |test| {
        let mut gate = minimal();
        set(&mut gate, "spec.probe.httpGet.host", json!("169.254.169.254"));
        let stored = dry_create(test, &gate).await?;
        ensure!(stored.data.pointer("/spec/probe/httpGet/host").is_none(), "the host was stored: {}", stored.data);
        Ok(())
    });
}

async fn refused(test: &Test, gate: &Value, path: &str, sentence: &str) -> Result<()> {
    let message = refusal(dry_create(test, gate).await)?;
    println!("{message}");
    ensure!(message.contains(path), "the refusal does not name {path}: {message}");
    ensure!(message.contains(sentence), "the refusal does not say {sentence:?}: {message}");
    Ok(())
}

/// Sets a field by its path; null removes it.
fn set(gate: &mut Value, path: &str, value: Value) {
    let (parent, field) = path.rsplit_once('.').unwrap();
    let parent = gate.pointer_mut(&format!("/{}", parent.replace('.', "/"))).unwrap().as_object_mut().unwrap();
    if value.is_null() {
        parent.remove(field);
    } else {
        parent.insert(field.into(), value);
    }
}
