//! How fast another replica takes over when the leader is told to stop.

use anyhow::{Context, Result};
use jiff::Timestamp;
use k8s_openapi::api::{coordination::v1::Lease, core::v1::Pod};
use kube::api::DeleteParams;
use serde_json::Value;
use upgradegate_e2e::{Test, wait};

use crate::{
    in_namespace,
    operator::{NAME, Operator},
    spread::Spread,
    table::Row,
};

pub async fn measure(quick: bool) -> Result<Vec<Row>> {
    let rounds = if quick { 2 } else { 10 };
    let [from_delete, from_signal] = in_namespace("handover", async |test| measure_rounds(test, rounds).await).await?;
    Ok(vec![
        Row::of_ours("SIGTERM of the leader -> the other holds the Lease", &from_signal, "goal: at most 1 s"),
        Row::of_ours("  counted from kubectl delete pod", &from_delete, ""),
    ])
}

async fn measure_rounds(test: &Test, rounds: u32) -> Result<[Spread; 2]> {
    let operator = Operator::install(test).await?;
    let (mut from_delete, mut from_signal) = (Spread::default(), Spread::default());
    for round in 0..rounds {
        eprintln!("handover: round {} of {rounds}", round + 1);
        operator.until_whole().await?;
        let old = operator.leader().await?;
        let deleted = Timestamp::now();
        test.api::<Pod>().delete(&old, &DeleteParams::default()).await?;
        let new = operator.until_led_by_another(&old).await?;
        from_delete.add(deleted, Timestamp::now());
        let lease = test.api::<Lease>().get(NAME).await?;
        let acquired = lease.spec.and_then(|spec| spec.acquire_time).with_context(|| format!("{new} has no time"))?;
        from_signal.add(signalled(test, &old).await?, acquired.0);
    }
    Ok([from_delete, from_signal])
}

/// When a pod logged that it was told to stop.
async fn signalled(test: &Test, pod: &str) -> Result<Timestamp> {
    wait::eventually("logged, the signal", async || {
        let lines = test.logs.lines();
        let said = lines.iter().filter(|line| line.pod == pod).find_map(|line| stopping(&line.text));
        said.with_context(|| format!("{pod} did not log a signal"))
    })
    .await
}

fn stopping(line: &str) -> Option<Timestamp> {
    let line: Value = serde_json::from_str(line).ok()?;
    (line["message"] == "stopping").then(|| line["timestamp"].as_str()?.parse().ok()).flatten()
}
