//! Which pods are members.

use anyhow::{Context, Result, ensure};
use k8s_openapi::api::core::v1::{Pod, ServiceAccount};
use kube::api::{DeleteParams, Patch, PatchParams, PostParams, PropagationPolicy};
use serde_json::json;
use upgradegate_crds::{Outcome, Phase};
use upgradegate_e2e::{
    Test,
    fault_app::{CONTAINER, NAME, image},
    is,
    phases::{self, Stage, back_at_work},
    pods, scenario, wait,
};

/// Takes a pod out of the selector: it runs on, and the Deployment makes another one.
async fn relabel(test: &Test, pod: &str) -> Result<()> {
    let patch = Patch::Merge(json!({"metadata": {"labels": {"app": "elsewhere"}}}));
    test.api::<Pod>().patch(pod, &PatchParams::default(), &patch).await?;
    Ok(())
}

/// A selector's watch says "deleted" of a pod that was only relabelled and still runs.
#[test]
fn trap_10_a_relabelled_pod_is_no_member_and_is_resumed() {
    scenario(async |test| {
        let app = phases::app()?.replicas(2).script(&json!({"busy": true})).deploy(test).await?;
        let gate = phases::builder().create(test).await?;
        gate.until(is::busy(2)).await?;
        let stray = app.names().await?.remove(0);
        relabel(test, &stray).await?;
        wait::eventually("resumed", async || {
            let state = app.snapshot(&stray).await?;
            let last = state.calls.iter().rfind(|call| call.path == "/drain").map(|call| call.method.clone());
            ensure!(state.lease.is_none() && last.as_deref() == Some("DELETE"), "{:?}", state.lease);
            Ok(())
        })
        .await?;
        // Its successor is busy and holds the gate in its place.
        gate.until(is::busy(2)).await?;
        gate.never(&is::open())?;
        gate.act("Cancel").await?;
        gate.until(is::finished(Outcome::Cancelled)).await?;
        back_at_work(&app).await
    });
}

#[test]
fn trap_10_orphaned_pods_are_resumed() {
    scenario(async |test| {
        let Stage { app, gate, .. } = phases::reach(test, Phase::Draining).await?;
        app.until_drained().await?;
        let orphan = DeleteParams { propagation_policy: Some(PropagationPolicy::Orphan), ..DeleteParams::default() };
        app.deployments().delete(NAME, &orphan).await?;
        app.until_resumed().await?;
        gate.act("Cancel").await?;
        gate.until(is::over()).await?;
        Ok(())
    });
}

/// Pods that match the selector but belong to somebody else.
#[test]
fn a_pod_of_another_owner_is_no_member() {
    scenario(async |test| {
        let app = phases::app()?.deploy(test).await?;
        // It has an owner: else the ReplicaSet would adopt it.
        let account = test.api::<ServiceAccount>().get("default").await?.metadata.uid.context("no UID")?;
        let owner = json!({
            "apiVersion": "v1", "kind": "ServiceAccount", "name": "default", "controller": true, "uid": account,
        });
        let stranger: Pod = serde_json::from_value(json!({
            "metadata": {"name": "stranger", "labels": {"app": NAME}, "ownerReferences": [owner]},
            "spec": {"containers": [{
                "name": CONTAINER, "image": image()?, "ports": [{"name": "http", "containerPort": 8080}],
                "env": [{"name": "FAULT_SCRIPT", "value": json!({"busy": true}).to_string()}],
            }], "terminationGracePeriodSeconds": 1},
        }))?;
        test.api::<Pod>().create(&PostParams::default(), &stranger).await?;
        wait::until(&test.api::<Pod>(), "stranger", "ready", |pod: Option<&Pod>| pod.is_some_and(pods::is_ready))
            .await?;
        let gate = phases::builder().create(test).await?;
        gate.until(is::open().and(is::total(1))).await?;
        ensure!(app.snapshot("stranger").await?.calls.is_empty(), "the stranger was called");
        Ok(())
    });
}
