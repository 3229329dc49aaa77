//! What an operator costs that has nothing to do, with finished gates lying about.

use std::{collections::BTreeMap, time::Duration};

use anyhow::{Context, Result, ensure};
use futures::{StreamExt, TryStreamExt, stream};
use kube::{ResourceExt, api::PostParams};
use tokio::time::sleep;
use upgradegate_crds::UpgradeGate;
use upgradegate_e2e::{GateBuilder, Test, is, wait};

use crate::{in_namespace, memory, operator::Operator, table::Row};

/// Finished gates.
const GATES: usize = 500;

/// How many gates are created at the same time.
const AT_ONCE: usize = 8;

/// Resident memory that an idle operator may have.
const GOAL: &str = "goal: at most 20 MiB";

pub async fn measure(quick: bool) -> Result<Vec<Row>> {
    let window = Duration::from_secs(if quick { 20 } else { 120 });
    in_namespace("idle", async |test| measure_window(test, window).await).await
}

async fn measure_window(test: &Test, window: Duration) -> Result<Vec<Row>> {
    eprintln!("idle: {GATES} gates, then {window:?} of nothing");
    let create = stream::iter(0..GATES).map(|number| async move {
        // Its target does not exist: it ends at once.
        let gate = GateBuilder::new("nobody").named(&format!("gate-{number}")).build();
        test.api::<UpgradeGate>().create(&PostParams::default(), &gate).await
    });
    create.buffer_unordered(AT_ONCE).try_collect::<Vec<_>>().await?;
    wait::eventually("finished, all gates", async || {
        let finished = test.gates.latest().iter().filter(|gate| is::over().holds(gate)).count();
        ensure!(finished == GATES, "{finished} of {GATES}");
        Ok(())
    })
    .await?;
    // The cluster's own operator has ended them; this one finds them, and has nothing to do with anything else.
    let operator = Operator::install(test).await?;
    operator.until_renewed().await?;

    let before = operator.requests().await?;
    sleep(window).await;
    let asked = difference(&before, &operator.requests().await?);
    let leader = operator.leader().await?;
    let pod = operator.pods().await?.into_iter().find(|pod| pod.name_any() == leader).context("the leader is gone")?;
    let pods: u64 = asked.iter().filter(|(what, _)| what.contains("pods")).map(|(_, count)| count).sum();
    let (kind, bytes) = memory::of(&test.client, &pod).await?;
    let worker = memory::mib(most_of_the_shared(test).await?);
    let seconds = window.as_secs();
    Ok(vec![
        Row::of_ours(format!("idle leader with {GATES} finished gates: {kind}"), &memory::mib(bytes), GOAL),
        Row::of_ours(format!("  the leader that ended them, after all that it did before: {kind}"), &worker, ""),
        Row::of_ours(
            format!("requests of 2 idle replicas in {seconds} s, {GATES} finished gates"),
            &shown(&asked),
            "goal: the Lease, and the one watch on gates",
        ),
        Row::of_ours(format!("  of which about pods, in {seconds} s"), &pods, "goal: none"),
    ])
}

/// The memory of that replica of the shared operator that needs the most: its leader.
async fn most_of_the_shared(test: &Test) -> Result<u64> {
    let mut most = 0;
    for pod in upgradegate_e2e::operator::pods(&test.client).await? {
        most = most.max(memory::of(&test.client, &pod).await?.1);
    }
    Ok(most)
}

fn difference(before: &BTreeMap<String, u64>, after: &BTreeMap<String, u64>) -> BTreeMap<String, u64> {
    let more = after.iter().map(|(what, count)| (what.clone(), count - before.get(what).unwrap_or(&0).min(count)));
    more.filter(|(_, more)| *more > 0).collect()
}

fn shown(requests: &BTreeMap<String, u64>) -> String {
    let parts: Vec<_> = requests.iter().map(|(what, count)| format!("{count} {what}")).collect();
    if parts.is_empty() { "none".into() } else { parts.join(", ") }
}
