//! Who is a member, and what happens to members in the middle of a run.

use anyhow::{Context, Result, ensure};
use k8s_openapi::api::core::v1::Pod;
use kube::api::{DeleteParams, Patch, PatchParams, PropagationPolicy};
use serde_json::json;
use upgradegate_crds::{MemberState, OpenedByType, Outcome, Phase};
use upgradegate_e2e::{
    Test,
    fault_app::{CONTAINER, FaultApp, NAME, image},
    is, pods, scenario, wait,
};

use upgradegate_e2e::phases::{self, Stage, back_at_work};

/// Waits until the container of a pod was restarted and runs.
async fn restarted(test: &Test, pod: &str) -> Result<()> {
    wait::until(&test.api::<Pod>(), pod, "restarted", |pod: Option<&Pod>| {
        pod.is_some_and(|pod| {
            let restarts = pods::container(pod, CONTAINER).map_or(0, |status| status.restart_count);
            restarts > 0 && pods::is_running(pod, CONTAINER)
        })
    })
    .await
    .map(drop)
}

#[test]
fn a_container_that_restarts_starts_over() {
    scenario(async |test| {
        let Stage { app, gate, .. } = phases::reach(test, Phase::Open).await?;
        let pod = app.names().await?.remove(0);
        app.crash(&pod).await;
        restarted(test, &pod).await?;
        // The new process knows nothing of a drain until it is told again.
        app.until_drained().await?;
        gate.until(is::open().and(is::ready(1))).await?;
        let orders = app.orders(&pod).await?;
        ensure!(orders.first().is_some_and(|call| call.method == "POST"), "{orders:?}");
        app.upgrade("2").await?;
        gate.until(is::finished(Outcome::Completed)).await?;
        Ok(())
    });
}

#[test]
fn a_member_replaced_under_a_new_uid_starts_over() {
    scenario(async |test| {
        let app = phases::app()?.replicas(2).script(&json!({"busy": true})).deploy(test).await?;
        let gate = phases::builder().create(test).await?;
        gate.until(is::busy(2)).await?;
        let names = app.names().await?;
        app.set_pod(&names[0], &json!({"busy": false})).await?;
        gate.until(is::ready(1)).await?;
        app.delete_pod(&names[0]).await?;
        // Its successor is busy, as the script to begin with says.
        gate.until(is::busy(2).and(is::ready(0))).await?;
        gate.never(&is::open())?;
        app.until_drained().await?;
        app.set(json!({"busy": false})).await?;
        gate.until(is::open()).await?;
        Ok(())
    });
}

#[test]
fn scaled_up_in_the_middle_the_new_ones_count() {
    scenario(async |test| {
        let Stage { app, gate, .. } = phases::reach(test, Phase::Draining).await?;
        app.scale(3).await?;
        gate.until(is::total(3).and(is::busy(3))).await?;
        app.until_drained().await?;
        app.set(json!({"busy": false})).await?;
        gate.until(is::open().and(is::ready(3))).await?;
        gate.act("Cancel").await?;
        app.until_resumed().await
    });
}

#[test]
fn scaled_down_in_the_middle_those_that_go_do_not_count() {
    scenario(async |test| {
        let app = phases::app()?.replicas(3).script(&json!({"busy": true, "lingerMillis": 3000})).deploy(test).await?;
        let gate = phases::builder().create(test).await?;
        gate.until(is::busy(3)).await?;
        app.scale(1).await?;
        gate.until(is::total(1).and(is::busy(1))).await?;
        app.set(json!({"busy": false})).await?;
        gate.until(is::open()).await?;
        Ok(())
    });
}

#[test]
fn scaled_to_zero_in_the_middle_nobody_holds_the_gate() {
    scenario(async |test| {
        let Stage { app, gate, .. } = phases::reach(test, Phase::Draining).await?;
        app.scale(0).await?;
        gate.until(is::open().and(is::opened_by(OpenedByType::NoMembers))).await?;
        Ok(())
    });
}

#[test]
fn crash_looping_and_pending_pods_hold_nothing_up() {
    scenario(async |test| {
        // One pod crashes at once, one has an image that does not exist; neither does any work.
        let crash = phases::app()?.change(|manifest| {
            manifest["spec"]["template"]["spec"]["containers"][0]["args"] = json!(["crash"]);
        });
        let app = crash.create(test).await?;
        wait::eventually("crash-looping", async || {
            let pods = app.all_pods().await?;
            let status = pods.first().and_then(|pod| pods::container(pod, CONTAINER)).context("no status")?;
            ensure!(status.restart_count > 0, "no restart yet");
            Ok(())
        })
        .await?;
        app.upgrade_to_missing_image().await?;
        wait::eventually("two pods", async || {
            ensure!(app.all_pods().await?.len() == 2);
            Ok(())
        })
        .await?;
        let gate = phases::builder().create(test).await?;
        gate.until(is::open().and(is::opened_by(OpenedByType::NoMembers))).await?;
        Ok(())
    });
}

#[test]
fn a_hanging_member_holds_and_is_named() {
    scenario(async |test| {
        let app = phases::app()?.replicas(2).deploy(test).await?;
        let hanging = app.names().await?.remove(0);
        app.set_pod(&hanging, &json!({"probe": {"body": "hang"}})).await?;
        let gate = phases::builder().create(test).await?;
        let status = gate.until(is::held(MemberState::Unreachable, "").and(is::ready(1))).await?;
        ensure!(status.members[0].name == hanging, "{:?}", status.members);
        ensure!(status.members[0].message.contains("no answer"), "{:?}", status.members);
        gate.never(&is::open())?;
        app.set_pod(&hanging, &json!({"probe": {"body": "contract"}})).await?;
        gate.until(is::open()).await?;
        Ok(())
    });
}

/// The worker works on while its sidecar crashes: only the probed container excuses a pod.
#[test]
fn trap_19_a_crash_looping_sidecar_excuses_nobody() {
    scenario(async |test| {
        let image = image()?;
        let app = phases::app()?.script(&json!({"busy": true})).change(|manifest| {
            let sidecar = json!({"name": "sidecar", "image": image, "args": ["crash"]});
            manifest["spec"]["template"]["spec"]["containers"].as_array_mut().unwrap().push(sidecar);
        });
        let app = app.create(test).await?;
        wait::eventually("crash-looping", async || {
            let pods = app.pods().await?;
            let status = pods.first().and_then(|pod| pods::container(pod, "sidecar")).context("no status")?;
            ensure!(status.restart_count > 0, "no restart yet");
            Ok(())
        })
        .await?;
        let gate = phases::builder().create(test).await?;
        gate.until(is::total(1).and(is::busy(1))).await?;
        gate.never(&is::open())?;
        app.set(json!({"busy": false})).await?;
        gate.until(is::open()).await?;
        Ok(())
    });
}

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
        let stranger: Pod = serde_json::from_value(json!({
            "metadata": {"name": "stranger", "labels": {"app": NAME}},
            "spec": {"containers": [{
                "name": CONTAINER, "image": image()?, "ports": [{"name": "http", "containerPort": 8080}],
                "env": [{"name": "FAULT_SCRIPT", "value": json!({"busy": true}).to_string()}],
            }], "terminationGracePeriodSeconds": 1},
        }))?;
        // It has an owner: else the ReplicaSet would adopt it.
        let owner = app.deployments().get(NAME).await?;
        let mut stranger = stranger;
        stranger.metadata.owner_references = Some(vec![serde_json::from_value(json!({
            "apiVersion": "v1", "kind": "ServiceAccount", "name": "default", "controller": true,
            "uid": service_account_uid(test).await?,
        }))?]);
        ensure!(owner.metadata.uid.is_some());
        test.api::<Pod>().create(&kube::api::PostParams::default(), &stranger).await?;
        wait::until(&test.api::<Pod>(), "stranger", "ready", |pod: Option<&Pod>| pod.is_some_and(pods::is_ready))
            .await?;
        let gate = phases::builder().create(test).await?;
        gate.until(is::open().and(is::total(1))).await?;
        ensure!(calls(&app, "stranger").await?.is_empty(), "the stranger was called");
        Ok(())
    });
}

async fn service_account_uid(test: &Test) -> Result<String> {
    let account = test.api::<k8s_openapi::api::core::v1::ServiceAccount>().get("default").await?;
    account.metadata.uid.context("no UID")
}

async fn calls(app: &FaultApp<'_>, pod: &str) -> Result<Vec<upgradegate_fault_app::Call>> {
    Ok(app.snapshot(pod).await?.calls)
}

/// The node's own network is where the kubelet and the API server listen.
#[test]
fn a_pod_on_the_hosts_network_is_never_called() {
    scenario(async |test| {
        let app = phases::app()?.change(|manifest| {
            let spec = &mut manifest["spec"]["template"]["spec"];
            spec["hostNetwork"] = true.into();
            // Nothing may listen: the port would be taken from the node.
            spec["containers"][0]["args"] = json!(["sleep"]);
            spec["containers"][0]["readinessProbe"] = serde_json::Value::Null;
        });
        let app = app.create(test).await?;
        wait::eventually("running", async || {
            ensure!(app.pods().await?.len() == 1);
            Ok(())
        })
        .await?;
        let gate = phases::builder().deadline(6).create(test).await?;
        let status = gate.until(is::finished(Outcome::DeadlineExceeded)).await?;
        ensure!(status.message.contains("network"), "{}", status.message);
        Ok(())
    });
}
