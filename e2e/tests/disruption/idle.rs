//! S8: a finished gate costs nothing.

use std::collections::BTreeMap;

use anyhow::{Context, Result, ensure};
use futures::{StreamExt, TryStreamExt, stream};
use k8s_openapi::api::{coordination::v1::Lease, core::v1::Namespace};
use kube::{
    Api, ResourceExt,
    api::{ListParams, PostParams},
};
use upgradegate_crds::UpgradeGate;
use upgradegate_e2e::{GateBuilder, Test, is, operator, wait};

use crate::alone;

/// Finished gates that lie about.
const GATES: usize = 500;

/// Renewals of the Lease for which the operator is looked at.
const RENEWALS: usize = 5;

/// Most resident memory of an idle operator, in bytes.
const MEMORY: u64 = 20 << 20;

#[test]
fn an_idle_operator_with_500_finished_gates_asks_for_nothing() {
    alone(async |test| {
        until_all_others_are_gone(test).await?;
        let names = stream::iter(0..GATES).map(|number| async move {
            let gate = GateBuilder::new("nobody").named(&format!("gate-{number}")).build();
            test.api::<UpgradeGate>().create(&PostParams::default(), &gate).await
        });
        let gates: Vec<UpgradeGate> = names.buffer_unordered(8).try_collect().await?;
        ensure!(gates.len() == GATES);
        wait::eventually("all finished", async || {
            let finished = test.gates.latest().iter().filter(|gate| is::over().holds(gate)).count();
            ensure!(finished == GATES, "{finished} of {GATES}");
            Ok(())
        })
        .await?;
        until_renewed(test, 1).await?;
        let before = requests(test).await?;
        until_renewed(test, RENEWALS).await?;
        let asked = difference(&before, &requests(test).await?);
        println!("requests within {RENEWALS} renewals of the Lease: {asked:?}");
        let others: Vec<_> = asked.iter().filter(|(what, _)| !what.contains("leases")).collect();
        ensure!(others.is_empty(), "an idle operator asked for {others:?}");
        let memory = operator::memory(&test.client).await?;
        println!("memory: {} KiB", memory / 1024);
        ensure!(memory <= MEMORY, "{memory} bytes");
        Ok(())
    });
}

/// Waits until no namespace of another test is left: a gate that goes along with one costs something.
async fn until_all_others_are_gone(test: &Test) -> Result<()> {
    let namespaces = Api::<Namespace>::all(test.client.clone());
    wait::eventually("alone", async || {
        let all = namespaces.list(&ListParams::default().labels(upgradegate_e2e::LABEL)).await?;
        let others = all.items.iter().filter(|other| other.name_any() != test.namespace).count();
        ensure!(others == 0, "{others} namespaces of other tests are left");
        Ok(())
    })
    .await
}

/// Waits for so many renewals of the Lease.
async fn until_renewed(test: &Test, renewals: usize) -> Result<()> {
    let leases = Api::<Lease>::namespaced(test.client.clone(), operator::NAMESPACE);
    for _ in 0..renewals {
        let before = leases.get(operator::OBJECT).await?.resource_version();
        wait::until(&leases, operator::OBJECT, "renewed", |lease: Option<&Lease>| {
            lease.is_some_and(|lease| lease.resource_version() != before)
        })
        .await?;
    }
    Ok(())
}

/// Requests to the API server so far, of all replicas together, by what they were for.
async fn requests(test: &Test) -> Result<BTreeMap<String, f64>> {
    let mut requests = BTreeMap::new();
    for pod in operator::pods(&test.client).await? {
        let text = operator::metrics(&test.client, &pod.name_any()).await?;
        for line in text.lines().filter(|line| line.starts_with("upgradegate_api_requests_total{")) {
            let (what, count) = line.rsplit_once(' ').context("a sample without a value")?;
            *requests.entry(what.to_owned()).or_insert(0.0) += count.parse::<f64>()?;
        }
    }
    ensure!(!requests.is_empty(), "the operator does not count its requests");
    Ok(requests)
}

fn difference(before: &BTreeMap<String, f64>, after: &BTreeMap<String, f64>) -> BTreeMap<String, f64> {
    let more = after.iter().map(|(what, count)| (what.clone(), count - before.get(what).unwrap_or(&0.0)));
    more.filter(|(_, more)| *more > 0.0).collect()
}
