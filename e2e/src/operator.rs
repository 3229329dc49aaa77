//! The operator that all tests share: installed once by its chart, with the images under test.

use std::{fs::File, sync::OnceLock};

use anyhow::{Context, Result, bail};
use jiff::Timestamp;
use k8s_openapi::{api::core::v1::Pod, apimachinery::pkg::apis::meta::v1::Time};
use kube::{
    Api, Client, ResourceExt,
    api::{ListParams, LogParams},
};

use crate::{env, helm::Helm};

mod measure;
mod state;

pub use measure::{memory, metrics, sum};
pub use state::{leader_but, replace_restarted, restart, scale, until_gone, until_nobody_leads, until_whole};

/// Namespace of the operator.
pub const NAMESPACE: &str = "upgradegate-system";

/// Name of its release.
pub const NAME: &str = "upgradegate";

/// Name of its Deployment, its Lease, its ServiceAccount and its ClusterRole.
pub const OBJECT: &str = "upgradegate-operator";

/// Name of its container.
pub const CONTAINER: &str = "operator";

/// Its replicas.
pub const REPLICAS: i32 = 2;

/// The port of its health and metrics.
pub const PORT: u16 = 8080;

/// Label of its pods.
pub const SELECTOR: &str = "app.kubernetes.io/name=upgradegate,app.kubernetes.io/instance=upgradegate";

/// Installs the operator, once a process; one process at a time.
///
/// # Errors
/// If it cannot be installed: then every test fails with the same words.
pub fn ensure() -> Result<()> {
    static DONE: OnceLock<Result<(), String>> = OnceLock::new();
    let install = || {
        let installed = std::thread::spawn(install_blocking).join();
        installed.map_err(|_| "the installation panicked".to_owned())?.map_err(|error| format!("{error:?}"))
    };
    // Every test's thread waits here for the first one.
    match DONE.get_or_init(install) {
        Ok(()) => Ok(()),
        Err(error) => bail!("the operator is not installed: {error}"),
    }
}

fn install_blocking() -> Result<()> {
    let lock = env::scratch()?.join("operator.lock");
    let lock = File::create(&lock).with_context(|| format!("create {}", lock.display()))?;
    lock.lock().context("wait for other tests")?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(install(&[]))
}

/// Installs or upgrades the operator, with values of its chart on top of those that all tests have.
///
/// # Errors
/// If Helm fails.
pub async fn install(values: &[&str]) -> Result<()> {
    let mut helm =
        Helm::Four.program()?.args(["upgrade", "--install", NAME]).args([env::checkout("chart/upgradegate")]);
    helm = helm.args([
        "--namespace",
        NAMESPACE,
        "--create-namespace",
        "--take-ownership",
        "--force-conflicts",
        "--wait",
        "--timeout",
        "180s",
    ]);
    helm = helm.args(["--set", &format!("image.tag={}", env::image_tag()?)]);
    for value in values {
        helm = helm.args(["--set", value]);
    }
    helm.run().await?.ok().context("install the operator")?;
    Ok(())
}

/// The pods of the operator.
///
/// # Errors
/// If they cannot be listed.
pub async fn pods(client: &Client) -> Result<Vec<Pod>> {
    let pods = Api::<Pod>::namespaced(client.clone(), NAMESPACE);
    Ok(pods.list(&ListParams::default().labels(SELECTOR)).await?.items)
}

/// The logs of all its pods since a point in time.
///
/// # Errors
/// If they cannot be read.
pub async fn logs_since(client: &Client, since: Timestamp) -> Result<String> {
    let api = Api::<Pod>::namespaced(client.clone(), NAMESPACE);
    let params = LogParams { since_time: Some(Time(since).0), ..LogParams::default() };
    let mut logs = Vec::new();
    for pod in pods(client).await? {
        let name = pod.name_any();
        let log = api.logs(&name, &params).await.unwrap_or_else(|error| error.to_string());
        logs.push(format!("-- {name}\n{log}"));
    }
    Ok(logs.join("\n"))
}
