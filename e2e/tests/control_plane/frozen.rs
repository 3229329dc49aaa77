//! The leader is frozen past its Lease, as a paused machine is, and thawed: by then another acts, and it must not.

use anyhow::{Context, Result, ensure};
use jiff::Timestamp;
use k8s_openapi::api::core::v1::Pod;
use kube::Api;
use serde_json::Value;
use upgradegate_crds::{Outcome, Phase};
use upgradegate_e2e::{
    control_plane::{Place, in_places, process},
    env, is, operator,
    pods::container,
    wait,
};
use upgradegate_proof::Slack;

use crate::alone;

#[test]
fn a_leader_frozen_past_its_lease_does_not_act_when_it_is_thawed() {
    alone(async |test| {
        // Several members: each has a call that is due the moment the leader is thawed.
        in_places(&[Phase::Draining, Phase::Draining, Phase::Open, Phase::Open], Slack::DISTURBED, async |places| {
            let old = operator::leader_but(&test.client, None).await?;
            let pods = Api::<Pod>::namespaced(test.client.clone(), operator::NAMESPACE);
            let frozen = process::freeze(&pods.get(&old).await?).await?;
            for place in places {
                place.stage.gate.act("Cancel").await?;
            }
            operator::leader_but(&test.client, Some(&old)).await?;
            // The other one brings all to their ends; from then on there is nothing to say to any member.
            let mut calls = Vec::new();
            for place in places {
                place.stage.gate.until(is::finished(Outcome::Cancelled)).await?;
                place.stage.app.until_resumed().await?;
                calls.push(count_calls(place).await?);
            }
            let thawed = Timestamp::now();
            frozen.now().await?;
            until_it_knows(test, &old).await?;

            let pod = pods.get(&old).await?;
            let restarts = container(&pod, operator::CONTAINER).context("no container")?.restart_count;
            ensure!(restarts == 0, "it was restarted instead of thawed: this proves nothing");
            for (place, before) in places.iter().zip(calls) {
                let after = count_calls(place).await?;
                ensure!(after == before, "{} calls to a member by the thawed leader", after - before);
            }
            let wrote = writes(&old, thawed)?;
            ensure!(wrote.is_empty(), "the thawed leader wrote: {wrote:#?}");
            Ok(())
        })
        .await
    });
}

async fn count_calls(place: &Place<'_>) -> Result<usize> {
    let name = place.stage.app.names().await?.remove(0);
    Ok(place.stage.app.snapshot(&name).await?.calls.len())
}

/// Waits until a replica knows that it does not lead.
async fn until_it_knows(test: &upgradegate_e2e::Test, pod: &str) -> Result<()> {
    wait::eventually("aware that it lost the Lease", async || {
        let leads = operator::sum(&operator::metrics(&test.client, pod).await?, "upgradegate_leader");
        ensure!(leads == Some(0.0), "upgradegate_leader is {leads:?}");
        Ok(())
    })
    .await
}

/// What a pod wrote by the API server's audit log since a point in time; the Lease, which it competes for, aside.
fn writes(pod: &str, since: Timestamp) -> Result<Vec<String>> {
    let log = std::fs::read_to_string(env::var("UPGRADEGATE_AUDIT_LOG")?)?;
    let (mut seen, mut wrote) = (0, Vec::new());
    for line in log.lines().filter(|line| line.contains(pod)) {
        let entry: Value = serde_json::from_str(line)?;
        let by = &entry["user"]["extra"]["authentication.kubernetes.io/pod-name"][0];
        let at: Timestamp = entry["requestReceivedTimestamp"].as_str().context("no time")?.parse()?;
        if by != pod || at < since {
            continue;
        }
        seen += 1;
        let reads = ["get", "list", "watch"].contains(&entry["verb"].as_str().unwrap_or_default());
        if !reads && entry["objectRef"]["resource"] != "leases" {
            wrote.push(format!("{at} {} {}", entry["verb"], entry["requestURI"]));
        }
    }
    ensure!(seen > 0, "the audit log shows no request of {pod} after {since}: this proves nothing");
    Ok(wrote)
}
