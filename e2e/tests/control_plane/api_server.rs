//! The API server is away for a minute: nobody can see or write anything, and drained members live on.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use jiff::Timestamp;
use k8s_openapi::api::core::v1::Pod;
use serde_json::json;
use tokio::time::{Instant, sleep_until};
use upgradegate_crds::Phase;
use upgradegate_e2e::{
    Test,
    control_plane::{Place, all_end_well, component, in_places, network},
    is, phases, wait,
};
use upgradegate_fault_app::Snapshot;
use upgradegate_proof::Slack;

use crate::alone;

/// Longer than the Lease of a leader and the lease of a member together.
const AWAY: Duration = Duration::from_mins(1);

#[test]
fn api_server_stopped_for_a_minute() {
    let phases = [Phase::Draining, Phase::Draining, Phase::Open, Phase::Open, Phase::RollingOut];
    alone(async |test| {
        in_places(&phases, Slack::CUT_OFF, async |places| {
            let [draining, turns_idle, open, turns_busy, rolling_out] = places else { panic!("five places") };
            let mut pods = Vec::new();
            for place in [draining, turns_idle, open, turns_busy] {
                pods.push(place.stage.app.pods().await?.remove(0));
            }
            let stopped = component::stop(component::API_SERVER).await?;
            let back = Instant::now() + AWAY;
            network::call(&pods[1], "/__script", Some(&json!({"busy": false}))).await?;
            for pod in &pods {
                works_again(pod).await?;
            }
            // Not drained any more, it takes new work.
            network::call(&pods[3], "/__script", Some(&json!({"busy": true}))).await?;
            sleep_until(back).await;
            let back = Timestamp::now();
            stopped.now().await?;

            draining.stage.gate.never(&is::open())?;
            let closes = async {
                turns_busy.stage.gate.until(is::phase(Phase::Draining).and(is::busy(1))).await?;
                turns_busy.stage.app.set(json!({"busy": false})).await
            };
            draining.stage.app.set(json!({"busy": false})).await?;
            futures::try_join!(opens_after(turns_idle, back), closes)?;
            kubernetes_works(test).await?;
            all_end_well([draining, turns_idle, open, turns_busy, rolling_out]).await
        })
        .await
    });
}

/// Waits until a member is drained by nobody: its lease ran out.
async fn works_again(pod: &Pod) -> Result<()> {
    wait::eventually("back at work", async || {
        let state: Snapshot = serde_json::from_str(&network::call(pod, "/__state", None).await?)?;
        ensure!(state.lease.is_none(), "drained: {:?}", state.lease);
        Ok(())
    })
    .await
}

/// The gate opens once the API server is back, and not before the member was drained again.
async fn opens_after(place: &Place<'_>, back: Timestamp) -> Result<()> {
    let (app, gate) = (&place.stage.app, &place.stage.gate);
    let opened = gate.until(is::open().and(is::ready(1))).await?.opened_at.unwrap().0;
    ensure!(opened.as_second() >= back.as_second(), "opened at {opened}, and the API server was back at {back}");
    let name = app.names().await?.remove(0);
    let drained = app.orders(&name).await?.pop().unwrap().at;
    ensure!(i128::from(drained) >= i128::from(back.as_millisecond()), "opened by a drain from before");
    Ok(())
}

/// Waits until the controllers and the kubelet run pods again: each looks for the API server at growing intervals, up to a minute.
async fn kubernetes_works(test: &Test) -> Result<()> {
    phases::app()?.deploy(test).await.context("Kubernetes runs no new pod").map(drop)
}
