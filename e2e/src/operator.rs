//! The operator that all tests share: installed once by its chart, with the images under test.

use std::{fs::File, sync::OnceLock};

use anyhow::{Context, Result, bail};
use hyper::Request;
use jiff::Timestamp;
use k8s_openapi::{api::core::v1::Pod, apimachinery::pkg::apis::meta::v1::Time};
use kube::{
    Api, Client, ResourceExt,
    api::{ListParams, LogParams},
};

use crate::{env, helm::Helm, pods::call};

/// Namespace of the operator.
pub const NAMESPACE: &str = "upgradegate-system";

/// Name of its release, its Deployment and its Lease.
pub const NAME: &str = "upgradegate";

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
    helm =
        helm.args(["--namespace", NAMESPACE, "--create-namespace", "--take-ownership", "--wait", "--timeout", "180s"]);
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

/// The most memory that a pod of the operator has now, in bytes, as its kubelet measures it every few seconds.
///
/// # Errors
/// If the kubelet does not say it.
pub async fn memory(client: &Client) -> Result<u64> {
    let mut most: Option<f64> = None;
    for pod in pods(client).await? {
        let node = pod.spec.as_ref().and_then(|spec| spec.node_name.clone()).unwrap_or_default();
        let request = Request::get(format!("/api/v1/nodes/{node}/proxy/metrics/resource")).body(Vec::new())?;
        let text = client.request_text(request).await?;
        let mine = format!(
            "container_memory_working_set_bytes{{container=\"operator\",namespace=\"{NAMESPACE}\",pod=\"{}\"}}",
            pod.name_any()
        );
        let sample =
            text.lines().find_map(|line| line.strip_prefix(&mine)?.split_whitespace().next()?.parse::<f64>().ok());
        most = [most, sample].into_iter().flatten().reduce(f64::max);
    }
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    most.map(|bytes| bytes as u64).context("the kubelet does not tell the operator's memory")
}

/// The sum of a metric of one pod, over all its labels; none if the pod does not have it.
///
/// # Errors
/// If the pod does not answer.
pub async fn metric(client: &Client, pod: &str, name: &str) -> Result<Option<f64>> {
    let text = call(client, "GET", NAMESPACE, &format!("pods/{pod}:{PORT}"), "/metrics", "").await?;
    Ok(sum(&text, name))
}

/// The sum over all samples of a metric in a text of Prometheus.
fn sum(text: &str, name: &str) -> Option<f64> {
    let samples = text.lines().filter_map(|line| line.strip_prefix(name)).filter_map(|rest| {
        let labelled = rest.starts_with('{').then(|| rest.rsplit_once('}')).flatten();
        let value = labelled.map_or(rest, |(_, value)| value);
        value.starts_with(' ').then(|| value.trim().parse::<f64>().ok()).flatten()
    });
    samples.fold(None, |sum, sample| Some(sum.unwrap_or(0.0) + sample))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_of_a_metric_are_summed() {
        let text = "# HELP a b\na{x=\"1\"} 2\na{x=\"}2\"} 3\nab 7\nc 1e3\n";
        assert_eq!(sum(text, "a"), Some(5.0));
        assert_eq!(sum(text, "c"), Some(1000.0));
        assert_eq!(sum(text, "d"), None);
    }
}
