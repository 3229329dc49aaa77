//! What the operator needs and does, as it says itself and as its kubelet measures it.

use anyhow::{Context, Result};
use hyper::Request;
use kube::{Client, ResourceExt};

use super::{NAMESPACE, PORT, pods};
use crate::pods::call;

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
        let name = pod.name_any();
        let labels = format!("{{container=\"operator\",namespace=\"{NAMESPACE}\",pod=\"{name}\"}}");
        let mine = format!("container_memory_working_set_bytes{labels}");
        let sample = text.lines().find_map(|line| line.strip_prefix(&mine)?.split_whitespace().next()?.parse().ok());
        most = [most, sample].into_iter().flatten().reduce(f64::max);
    }
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    most.map(|bytes| bytes as u64).context("the kubelet does not tell the operator's memory")
}

/// The metrics of one pod, as text.
///
/// # Errors
/// If the pod does not answer.
pub async fn metrics(client: &Client, pod: &str) -> Result<String> {
    call(client, "GET", NAMESPACE, &format!("pods/{pod}:{PORT}"), "/metrics", "").await
}

/// The sum over all samples of a metric in a text of Prometheus; none if there is no sample.
pub fn sum(text: &str, name: &str) -> Option<f64> {
    let samples = text.lines().filter_map(|line| line.strip_prefix(name)).filter_map(|rest| {
        let labelled = rest.starts_with('{').then(|| rest.rsplit_once('}')).flatten();
        let value = labelled.map_or(rest, |(_, value)| value);
        value.starts_with(' ').then(|| value.trim().parse::<f64>().ok()).flatten()
    });
    samples.fold(None, |sum, sample| Some(sum.unwrap_or(0.0) + sample))
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
