//! One replica acts; the Lease says which.

use anyhow::{Context, ensure};
use jiff::{SignedDuration, Timestamp};
use k8s_openapi::api::{coordination::v1::Lease, core::v1::Pod};
use kube::{
    Api,
    api::{DeleteParams, Patch, PatchParams},
};
use serde_json::json;
use upgradegate_crds::{Outcome, Phase};
use upgradegate_e2e::{
    Test, is, operator,
    phases::{self, Stage},
    wait,
};

use crate::alone;

/// A handover that takes longer than this was no handover: the Lease ran out.
const HANDOVER: SignedDuration = SignedDuration::from_secs(5);

fn leases(test: &Test) -> Api<Lease> {
    Api::namespaced(test.client.clone(), operator::NAMESPACE)
}

fn holder(lease: &Lease) -> Option<&str> {
    lease.spec.as_ref()?.holder_identity.as_deref().filter(|holder| !holder.is_empty())
}

#[test]
fn told_to_stop_the_leader_hands_over_at_once() {
    alone(async |test| {
        let Stage { app, gate, .. } = phases::reach(test, Phase::Draining).await?;
        let old = operator::leader_but(&test.client, None).await?;
        let pods = Api::<Pod>::namespaced(test.client.clone(), operator::NAMESPACE);
        let begin = Timestamp::now();
        pods.delete(&old, &DeleteParams::default()).await?;
        let other = |lease: Option<&Lease>| lease.and_then(holder).is_some_and(|holder| holder != old);
        wait::until(&leases(test), operator::OBJECT, "held by another", other).await?;
        let took = Timestamp::now().duration_since(begin);
        println!("handover: {} ms", took.as_millis());
        ensure!(took < HANDOVER, "the handover took {took}");
        app.set(json!({"busy": false})).await?;
        gate.until(is::open()).await?;
        Ok(())
    });
}

/// The operator itself is upgraded in the middle of somebody's upgrade.
#[test]
fn replaced_by_a_rollout_the_run_goes_on() {
    alone(async |test| {
        let Stage { app, gate, .. } = phases::reach(test, Phase::Draining).await?;
        let epoch = gate.status().epoch;
        operator::restart(&test.client).await?;
        operator::until_whole(&test.client).await?;
        app.until_drained().await?;
        gate.never(&is::open())?;
        app.set(json!({"busy": false})).await?;
        let status = gate.until(is::open()).await?;
        ensure!(status.epoch == epoch, "another run began: {epoch:?}, {:?}", status.epoch);
        app.upgrade("2").await?;
        gate.until(is::finished(Outcome::Completed)).await?;
        Ok(())
    });
}

/// Whoever loses the Lease must not act on what it still believes.
#[test]
fn a_leader_that_lost_its_lease_stops_acting() {
    alone(async |test| {
        operator::leader_but(&test.client, None).await?;
        let app = phases::app()?.deploy(test).await?;
        let stranger = json!({"spec": {
            "holderIdentity": "a-stranger",
            "leaseDurationSeconds": 6,
            "renewTime": k8s_openapi::apimachinery::pkg::apis::meta::v1::MicroTime(Timestamp::now()),
        }});
        leases(test).patch(operator::OBJECT, &PatchParams::default(), &Patch::Merge(stranger)).await?;
        // A renewal on its way may cost the stranger the Lease; the rest is about the time that it holds it.
        let lease = leases(test).get(operator::OBJECT).await?;
        ensure!(holder(&lease) == Some("a-stranger"), "{:?}", holder(&lease));
        operator::until_nobody_leads(&test.client).await?;
        let gate = phases::builder().create(test).await?;
        let back = |lease: Option<&Lease>| lease.and_then(holder).is_some_and(|holder| holder != "a-stranger");
        let free = wait::until(&leases(test), operator::OBJECT, "taken back", back).await?.context("no Lease")?;
        let acquired = free.spec.and_then(|spec| spec.acquire_time).context("no time")?.0;
        gate.until(is::open()).await?;
        let first = gate.seen().into_iter().find(|seen| seen.gate.status.as_ref().is_some_and(|s| s.phase.is_some()));
        let first = first.context("no phase")?.at;
        ensure!(first >= acquired, "acted at {first}, and the Lease was taken at {acquired}");
        app.upgrade("2").await?;
        gate.until(is::finished(Outcome::Completed)).await?;
        Ok(())
    });
}
