//! The CustomResourceDefinition at work in a real API server.

mod actions;
mod defaults;
mod immutable;
mod invalid;
mod kubectl;

use anyhow::{Result, bail};
use kube::{
    Api,
    api::{DynamicObject, Patch, PatchParams, PostParams},
    core::{ApiResource, GroupVersionKind},
};
use serde_json::{Value, json};
use upgradegate_e2e::Test;

/// Gates as plain JSON, so that what the types cannot say can be sent too.
fn gates(test: &Test) -> Api<DynamicObject> {
    let kind = GroupVersionKind::gvk("upgradegate.dev", "v1alpha1", "UpgradeGate");
    Api::namespaced_with(
        test.client.clone(),
        &test.namespace,
        &ApiResource::from_gvk_with_plural(&kind, "upgradegates"),
    )
}

/// The smallest valid gate.
fn minimal() -> Value {
    json!({
        "apiVersion": "upgradegate.dev/v1alpha1",
        "kind": "UpgradeGate",
        "metadata": {"name": "gate"},
        "spec": {
            "targetRef": {"kind": "Deployment", "name": "nobody"},
            "probe": {"httpGet": {"path": "/upgradeable", "port": 8080}},
            "deadlineSeconds": 60,
        },
    })
}

/// Creates a gate without keeping it, and returns it as the API server would store it.
async fn dry_create(test: &Test, gate: &Value) -> kube::Result<DynamicObject> {
    let object: DynamicObject = serde_json::from_value(gate.clone()).map_err(kube::Error::SerdeError)?;
    gates(test).create(&PostParams { dry_run: true, ..PostParams::default() }, &object).await
}

/// Creates a gate.
async fn create(test: &Test, gate: &Value) -> kube::Result<DynamicObject> {
    let object: DynamicObject = serde_json::from_value(gate.clone()).map_err(kube::Error::SerdeError)?;
    gates(test).create(&PostParams::default(), &object).await
}

/// Patches the spec of a gate without keeping the change.
async fn dry_patch(test: &Test, name: &str, spec: Value) -> kube::Result<DynamicObject> {
    let params = PatchParams { dry_run: true, ..PatchParams::default() };
    gates(test).patch(name, &params, &Patch::Merge(json!({"spec": spec}))).await
}

/// The message with which the API server refused.
fn refusal(result: kube::Result<DynamicObject>) -> Result<String> {
    match result {
        Ok(object) => bail!("accepted: {}", object.data),
        Err(kube::Error::Api(status)) => Ok(status.message.clone()),
        Err(error) => Err(error.into()),
    }
}
