//! Defaults: filled in by the API server, so that everybody reads the same gate.

use anyhow::{Result, ensure};
use serde_json::{Value, json};
use upgradegate_e2e::scenario;

use super::{dry_create, minimal};

fn defaulted(stored: &Value, path: &str, value: &Value) -> Result<()> {
    let found = stored.pointer(path);
    ensure!(found == Some(value), "{path} is {found:?}, not {value}");
    Ok(())
}

#[test]
fn the_smallest_gate_is_filled_in() {
    scenario(async |test| {
        let stored = dry_create(test, &minimal()).await?.data;
        for (path, value) in [
            ("/spec/targetRef/apiVersion", json!("apps/v1")),
            ("/spec/onMissingTarget", json!("Fail")),
            ("/spec/probe/httpGet/scheme", json!("HTTP")),
            ("/spec/probe/periodSeconds", json!(1)),
            ("/spec/probe/timeoutSeconds", json!(1)),
            ("/spec/minReady", json!("100%")),
            ("/spec/onDeadline", json!("Fail")),
            ("/spec/progressSeconds", json!(600)),
        ] {
            defaulted(&stored, path, &value)?;
        }
        for absent in ["/spec/drain", "/spec/action", "/spec/ttlSecondsAfterFinished", "/spec/probe/ready"] {
            ensure!(stored.pointer(absent).is_none(), "{absent} has a default");
        }
        Ok(())
    });
}

#[test]
fn a_drain_is_filled_in() {
    scenario(async |test| {
        let mut gate = minimal();
        gate["spec"]["drain"] = json!({"http": {"path": "/drain", "port": "http"}});
        let stored = dry_create(test, &gate).await?.data;
        defaulted(&stored, "/spec/drain/leaseSeconds", &json!(60))?;
        defaulted(&stored, "/spec/drain/http/scheme", &json!("HTTP"))
    });
}

/// kstatus takes an object without this for a settled one.
#[test]
fn trap_16_a_gate_that_nobody_saw_yet_is_not_settled() {
    scenario(async |test| {
        let stored = dry_create(test, &minimal()).await?.data;
        defaulted(&stored, "/status", &json!({"observedGeneration": -1}))
    });
}

/// A gate in Git with a TTL would come back each day and drain for nobody.
#[test]
fn trap_34_no_time_to_live_by_default() {
    scenario(async |test| {
        let stored = dry_create(test, &minimal()).await?.data;
        ensure!(stored.pointer("/spec/ttlSecondsAfterFinished").is_none());
        Ok(())
    });
}
