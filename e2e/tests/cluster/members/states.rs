//! Which states of a pod hold a gate.

use anyhow::{Context, ensure};
use serde_json::json;
use upgradegate_crds::{MemberState, OpenedByType, Outcome};
use upgradegate_e2e::{
    fault_app::{CONTAINER, image},
    is, phases, pods, scenario, wait,
};

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
