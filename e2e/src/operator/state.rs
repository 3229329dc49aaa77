//! How many replicas the operator has, and which of them leads.

use anyhow::{Context, Result, ensure};
use k8s_openapi::api::{apps::v1::Deployment, coordination::v1::Lease, core::v1::Pod};
use kube::{
    Api, Client, ResourceExt,
    api::{DeleteParams, Patch, PatchParams},
};
use serde_json::json;

use super::{CONTAINER, NAMESPACE, OBJECT, REPLICAS, measure, pods};
use crate::{fault_app::is_complete, pods::container, wait};

fn deployments(client: &Client) -> Api<Deployment> {
    Api::namespaced(client.clone(), NAMESPACE)
}

/// Scales the operator, without waiting.
///
/// # Errors
/// If the API server refuses it.
pub async fn scale(client: &Client, replicas: i32) -> Result<()> {
    let patch = Patch::Merge(json!({"spec": {"replicas": replicas}}));
    deployments(client).patch(OBJECT, &PatchParams::default(), &patch).await.context("scale the operator")?;
    Ok(())
}

/// Replaces its pods one by one, as an upgrade of it does.
///
/// # Errors
/// If the API server refuses it.
pub async fn restart(client: &Client) -> Result<()> {
    deployments(client).restart(OBJECT).await.context("restart the operator")?;
    Ok(())
}

/// Waits until all replicas are available and one of them leads.
///
/// # Errors
/// If it is not so in time.
pub async fn until_whole(client: &Client) -> Result<()> {
    wait::until(&deployments(client), OBJECT, "whole", |found: Option<&Deployment>| {
        found.is_some_and(|found| is_complete(found) && found.spec.as_ref().and_then(|s| s.replicas) == Some(REPLICAS))
    })
    .await?;
    wait::eventually("led by one", async || {
        let leaders = leaders(client).await?;
        ensure!(leaders == 1, "{leaders} leaders");
        Ok(())
    })
    .await
}

/// Replaces pods whose container was restarted: the kubelet makes it wait longer after each death.
///
/// # Errors
/// If the API server refuses it.
pub async fn replace_restarted(client: &Client) -> Result<()> {
    for pod in pods(client).await? {
        if container(&pod, CONTAINER).is_some_and(|status| status.restart_count > 0) {
            Api::<Pod>::namespaced(client.clone(), NAMESPACE).delete(&pod.name_any(), &DeleteParams::default()).await?;
        }
    }
    Ok(())
}

/// Waits until no pod of the operator is left.
///
/// # Errors
/// If one is left.
pub async fn until_gone(client: &Client) -> Result<()> {
    wait::eventually("gone", async || {
        let left = pods(client).await?;
        ensure!(left.is_empty(), "{} pods of the operator are left", left.len());
        Ok(())
    })
    .await
}

/// Waits until no replica leads.
///
/// # Errors
/// If one does.
pub async fn until_nobody_leads(client: &Client) -> Result<()> {
    wait::eventually("without a leader", async || {
        let leaders = leaders(client).await?;
        ensure!(leaders == 0, "{leaders} leaders");
        Ok(())
    })
    .await
}

/// The name of the pod that holds the Lease, once one does that is not `but`.
///
/// # Errors
/// If none does in time.
pub async fn leader_but(client: &Client, but: Option<&str>) -> Result<String> {
    let leases = Api::<Lease>::namespaced(client.clone(), NAMESPACE);
    let held = |lease: Option<&Lease>| lease.and_then(holder).is_some_and(|holder| Some(holder) != but);
    let lease = wait::until(&leases, OBJECT, "held", held).await?.context("no Lease")?;
    Ok(holder(&lease).unwrap_or_default().to_owned())
}

/// Who holds a Lease.
fn holder(lease: &Lease) -> Option<&str> {
    lease.spec.as_ref()?.holder_identity.as_deref().filter(|holder| !holder.is_empty())
}

/// How many replicas say that they lead.
async fn leaders(client: &Client) -> Result<usize> {
    let mut leaders = 0;
    for pod in pods(client).await? {
        let text = measure::metrics(client, &pod.name_any()).await?;
        let leads = measure::sum(&text, "upgradegate_leader").context("no metric upgradegate_leader")?;
        leaders += usize::from(leads > 0.0);
    }
    Ok(leaders)
}
