//! After the gate was open: how the rollout goes.

use anyhow::ensure;
use serde_json::json;
use upgradegate_crds::{Outcome, Phase};
use upgradegate_e2e::{
    GateBuilder,
    fault_app::NAME,
    is,
    phases::{self, Stage, back_at_work},
    pods, scenario,
};

#[test]
fn a_failing_rollout_ends_as_such_and_old_pods_are_resumed() {
    scenario(async |test| {
        let Stage { app, gate, .. } = phases::reach(test, Phase::RollingOut).await?;
        let old = app.names().await?;
        let status = gate.until(is::finished(Outcome::RolloutFailed)).await?;
        ensure!(status.message.contains("progress deadline"), "{}", status.message);
        ensure!(app.names().await? == old, "the old pods run on");
        app.until_resumed().await
    });
}

/// The workload itself never gives up here; the gate does.
#[test]
fn a_rollout_without_progress_ends_after_progress_seconds() {
    scenario(async |test| {
        let app = phases::app()?.change(|manifest| manifest["spec"]["progressDeadlineSeconds"] = 600.into());
        let app = app.deploy(test).await?;
        let gate = phases::builder().spec(|spec| spec.progress_seconds = 5).create(test).await?;
        gate.until(is::open()).await?;
        app.upgrade_to_missing_image().await?;
        let status = gate.until(is::finished(Outcome::RolloutFailed)).await?;
        ensure!(status.message.contains("made no progress"), "{}", status.message);
        app.until_resumed().await
    });
}

/// Drained pods that are unready make `rollout undo` wait for pods that nobody resumes.
#[test]
fn trap_09_a_rollback_resumes_what_it_waits_for() {
    scenario(async |test| {
        let app = phases::app()?.replicas(2).script(&json!({"readiness": "unlessDrained"}));
        let app = app.change(|manifest| manifest["spec"]["progressDeadlineSeconds"] = 60.into()).deploy(test).await?;
        let gate = GateBuilder::new(NAME).create(test).await?;
        gate.until(is::open()).await?;
        app.upgrade_to_missing_image().await?;
        gate.until(is::phase(Phase::RollingOut)).await?;
        app.upgrade_to_own_image("").await?;
        let status = gate.until(is::finished(Outcome::RolledBack)).await?;
        ensure!(is::condition(&status, "Failed") == Some("True"));
        app.until_complete().await?;
        app.until_resumed().await
    });
}

/// Old pods that finish their work for long are no lack of progress, and are not resumed.
#[test]
fn trap_08_a_terminating_old_pod_is_progress_and_is_never_resumed() {
    scenario(async |test| {
        let app = phases::app()?.script(&json!({"lingerMillis": 12_000})).deploy(test).await?;
        let gate = phases::builder().spec(|spec| spec.progress_seconds = 4).create(test).await?;
        gate.until(is::open()).await?;
        let old = app.names().await?.remove(0);
        app.upgrade("2").await?;
        gate.until(is::phase(Phase::RollingOut)).await?;
        gate.until(is::finished(Outcome::Completed)).await?;
        app.until_complete().await?;
        let resumed = test.logs.lines().iter().any(|line| line.pod == old && line.text.contains("\"DELETE\""));
        ensure!(!resumed, "{old} was resumed on its way out");
        Ok(())
    });
}

/// Right after the patch the status still tells of the rollout before.
#[test]
fn trap_35_a_stale_verdict_of_the_workload_does_not_count() {
    scenario(async |test| {
        let app = phases::app()?.change(|manifest| manifest["spec"]["strategy"] = json!({"type": "Recreate"}));
        let app = app.deploy(test).await?;
        let gate = phases::builder().create(test).await?;
        gate.until(is::open()).await?;
        let old = app.names().await?.remove(0);
        app.upgrade("2").await?;
        gate.until(is::finished(Outcome::Completed)).await?;
        let now = app.names().await?;
        ensure!(now.len() == 1 && now[0] != old, "Completed with {now:?}, and {old} was the old one");
        Ok(())
    });
}

/// The old `ReplicaSet` is scaled up first; its new pods are killed seconds later.
#[test]
fn trap_33_new_pods_of_the_old_template_are_drained_on_sight() {
    scenario(async |test| {
        let app = phases::app()?.deploy(test).await?;
        let gate = phases::builder().create(test).await?;
        gate.until(is::open()).await?;
        app.patch(json!({"spec": {
            "replicas": 3,
            "strategy": {"rollingUpdate": {"maxSurge": 0, "maxUnavailable": 1}},
            "template": {"metadata": {"annotations": {"version": "2"}}},
        }}))
        .await?;
        gate.until(is::finished(Outcome::Completed)).await?;
        app.until_complete().await?;
        for name in app.names().await? {
            let orders = app.orders(&name).await?;
            ensure!(orders.iter().all(|call| call.method == "DELETE"), "{name} is new and was drained: {orders:?}");
        }
        Ok(())
    });
}

#[test]
fn a_bypass_is_recorded_and_everything_resumed() {
    scenario(async |test| {
        let app = phases::app()?.replicas(2).script(&json!({"busy": true})).deploy(test).await?;
        let gate = phases::builder().create(test).await?;
        gate.until(is::busy(2)).await?;
        app.upgrade("2").await?;
        let status = gate.until(is::finished(Outcome::Bypassed)).await?;
        ensure!(status.message.contains("had never been open"), "{}", status.message);
        app.until_complete().await?;
        back_at_work(&app).await
    });
}

#[test]
fn members_of_a_rollout_in_progress_are_all_drained() {
    scenario(async |test| {
        // A rollout that hangs: one old pod works, one new one runs but is never ready.
        let app = phases::app()?.change(|manifest| manifest["spec"]["progressDeadlineSeconds"] = 600.into());
        let app = app.deploy(test).await?;
        let old = app.names().await?.remove(0);
        let env = json!([{"name": "FAULT_SCRIPT", "value": json!({"readiness": "never"}).to_string()}]);
        app.patch(json!({"spec": {"template": {"spec": {"containers": [{"name": "app", "env": env}]}}}})).await?;
        upgradegate_e2e::wait::eventually("two pods running", async || {
            let pods = app.pods().await?;
            ensure!(pods.len() == 2 && pods.iter().any(|pod| !pods::is_ready(pod)), "{} pods", pods.len());
            Ok(())
        })
        .await?;
        let gate = phases::builder().create(test).await?;
        gate.until(is::open().and(is::total(2))).await?;
        app.until_drained().await?;
        ensure!(app.names().await?.contains(&old));
        gate.act("Cancel").await?;
        gate.until(is::over()).await?;
        Ok(())
    });
}
