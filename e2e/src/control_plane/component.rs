//! A component of the local cluster, stopped and started again.

use anyhow::Result;

use super::Undo;
use crate::{env, process::Program};

/// Where the cluster stores everything.
pub const ETCD: &str = "etcd";

/// The API server.
pub const API_SERVER: &str = "kube-apiserver";

/// What runs the pods of the node.
pub const KUBELET: &str = "kubelet";

/// Starts what a test that was killed left stopped.
///
/// # Errors
/// If one does not come back.
pub async fn all_started() -> Result<()> {
    for component in [ETCD, API_SERVER, KUBELET] {
        run("start", component).await?;
    }
    Ok(())
}

fn script() -> String {
    env::checkout("e2e/cluster/component.sh").to_string_lossy().into_owned()
}

async fn run(verb: &str, component: &str) -> Result<()> {
    Program::new(script()).args([verb, component]).run().await?.ok().map(drop)
}

/// Stops a component.
///
/// # Errors
/// If it cannot be stopped.
pub async fn stop(component: &str) -> Result<Undo> {
    let undo = Undo::by([&script(), "start", component]);
    run("stop", component).await?;
    Ok(undo)
}

/// Stops a component and starts it again; what it stores is kept. Returns once it answers.
///
/// # Errors
/// If it does not come back; starting it is tried once more then.
pub async fn restart(component: &str) -> Result<()> {
    let undo = Undo::by([&script(), "start", component]);
    run("restart", component).await?;
    undo.now().await
}
