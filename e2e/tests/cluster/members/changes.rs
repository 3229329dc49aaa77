//! Members that restart, are replaced, come and go in the middle of a run.

use anyhow::{Result, ensure};
use k8s_openapi::api::core::v1::Pod;
use serde_json::json;
use upgradegate_crds::{OpenedByType, Outcome, Phase};
use upgradegate_e2e::{
    Test,
    fault_app::CONTAINER,
    is,
    phases::{self, Stage},
    pods, scenario, wait,
};

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

/// An old member that restarts during the rollout would take new work, only to be replaced seconds later.
#[test]
fn a_container_that_restarts_while_rolling_out_is_drained_again() {
    scenario(async |test| {
        let Stage { app, gate, .. } = phases::reach(test, Phase::RollingOut).await?;
        let old = app.names().await?.remove(0);
        app.crash(&old).await;
        restarted(test, &old).await?;
        app.until_drained().await?;
        app.upgrade_to_own_image("2").await?;
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
