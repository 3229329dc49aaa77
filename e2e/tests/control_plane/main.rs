//! Scenarios in which what the operator stands on breaks: control plane, node, network, clock. One at a time, on the local cluster, as root;
//! each puts right what it broke, also when it fails.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::similar_names)]

mod api_server;
mod clock;
mod crd;
mod etcd;
mod frozen;
mod killed;
mod kubelet;
mod namespace;
mod network;
mod rbac;

use anyhow::Result;
use upgradegate_crds::UpgradeGateStatus;
use upgradegate_e2e::{Test, control_plane::component, is::Is};

/// Runs a test alone, on a cluster of which everything runs: a test before it may have been killed.
fn alone(body: impl AsyncFnOnce(&Test) -> Result<()>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(component::all_started()).expect("a whole cluster");
    upgradegate_e2e::alone(body);
}

/// Held by this pod, and the status says so.
fn held_by_pod(name: &str, what: impl Fn(&UpgradeGateStatus) -> bool + Send + Sync + 'static) -> Is {
    let name = name.to_owned();
    Is::new(format!("held by {name}"), move |status| {
        status.members.first().is_some_and(|member| member.name == name) && what(status)
    })
}
