//! How fast a gate opens: from the last member turning ready to `Ready=True`, as a watch sees it.

use std::time::Duration;

use anyhow::{Context, Result};
use jiff::Timestamp;
use kube::ResourceExt;
use serde_json::json;
use tokio::time::sleep;
use upgradegate_e2e::{
    GateBuilder, Test,
    fault_app::{FaultAppBuilder, NAME},
    is,
};

use crate::{in_namespace, spread::Spread, table::Row};

/// The gate's probe period.
const PERIOD: Duration = Duration::from_secs(1);

/// Members of the target.
const MEMBERS: u32 = 3;

pub async fn measure(quick: bool) -> Result<Vec<Row>> {
    let rounds = if quick { 3 } else { 20 };
    let spread = in_namespace("ready", async |test| measure_rounds(test, rounds).await).await?;
    let what = format!("last of {MEMBERS} members turns ready -> Ready=True, probe period 1 s");
    Ok(vec![Row::of_ours(what, &spread, "goal: at most 1.25 s")])
}

async fn measure_rounds(test: &Test, rounds: u32) -> Result<Spread> {
    let app = FaultAppBuilder::new()?.replicas(MEMBERS).deploy(test).await?;
    let pods = app.names().await?;
    let last = pods.last().context("no pod")?;
    let mut spread = Spread::default();
    for round in 0..rounds {
        eprintln!("ready: round {} of {rounds}", round + 1);
        app.set(json!({"busy": true})).await?;
        let gate = GateBuilder::new(NAME).named(&format!("gate-{round}")).create(test).await?;
        gate.until(is::busy(MEMBERS)).await?;
        for pod in pods.iter().filter(|pod| *pod != last) {
            app.set_pod(pod, &json!({"busy": false})).await?;
        }
        gate.until(is::ready(MEMBERS - 1)).await?;
        // The ends of the work lie evenly between two probes.
        sleep(PERIOD * round / rounds).await;
        let turned = Timestamp::now();
        app.set_pod(last, &json!({"busy": false})).await?;
        gate.until(is::open()).await?;
        let seen = test.gates.of(&gate.uid).into_iter().find(|seen| is::open().holds(&seen.gate));
        let seen = seen.with_context(|| format!("gate {} is gone", gate.name))?;
        eprintln!("ready: {} after {}", seen.gate.name_any(), seen.at.duration_since(turned));
        spread.add(turned, seen.at);
        gate.act("Cancel").await?;
        gate.until(is::over()).await?;
    }
    Ok(spread)
}
