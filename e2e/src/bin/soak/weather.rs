//! Faults of the cluster, one after another.

use std::time::Duration;

use anyhow::Result;
use fastrand::Rng;
use k8s_openapi::api::core::v1::Pod;
use kube::{Api, Client, api::DeleteParams};
use tokio::time::sleep;
use upgradegate_e2e::{env, operator, process::Program};

use crate::{Soak, leader};

/// From one fault to the next, in seconds.
const PAUSE: std::ops::RangeInclusive<u64> = 20..=60;

/// Lets faults happen until the time is over. What needs a cluster on this machine happens only there.
///
/// # Errors
/// If a fault can't be brought about, or the cluster does not get over it.
pub async fn faults(soak: &Soak, client: &Client, mut rng: Rng) -> Result<()> {
    let local = env::var("UPGRADEGATE_PROVIDER").is_ok_and(|provider| provider == "local");
    while !soak.is_over() {
        sleep(Duration::from_secs(rng.u64(PAUSE))).await;
        let outage = local && rng.bool() && soak.may_change_leader();
        let what = if outage { restart_api_server(soak).await } else { replace_standby(soak, client).await };
        soak.tally.borrow_mut().fault(what?);
    }
    Ok(())
}

/// Every watch breaks, and for some seconds nobody can be asked: where that takes longer than the leader's Lease, another one leads.
async fn restart_api_server(soak: &Soak) -> Result<&'static str> {
    let script = env::checkout("e2e/cluster/component.sh");
    soak.calm.outage(Program::new(script).args(["restart", "kube-apiserver"]).run()).await?.ok()?;
    Ok("restart of the API server")
}

/// The replica that stands by is gone, and another comes.
async fn replace_standby(soak: &Soak, client: &Client) -> Result<&'static str> {
    let replace = async {
        let pods = Api::<Pod>::namespaced(client.clone(), operator::NAMESPACE);
        for pod in leader::others(client).await? {
            pods.delete(&pod, &DeleteParams::default()).await?;
        }
        operator::until_whole(client).await
    };
    soak.calm.step(replace).await?;
    Ok("replacement of the replica that stands by")
}
