//! Pods, and calls to them through the API server: these work wherever a kubeconfig does.

use anyhow::{Context, Result};
use hyper::Request;
use k8s_openapi::api::core::v1::{ContainerStatus, Pod};
use kube::{Client, ResourceExt};
use tokio::time::timeout;

use crate::bounds;

/// Whether a pod is on its way out.
pub fn is_terminating(pod: &Pod) -> bool {
    pod.metadata.deletion_timestamp.is_some()
}

/// Whether a pod runs, is ready, and is not on its way out.
pub fn is_ready(pod: &Pod) -> bool {
    let conditions = pod.status.as_ref().and_then(|status| status.conditions.as_ref());
    let ready = conditions.is_some_and(|all| all.iter().any(|c| c.type_ == "Ready" && c.status == "True"));
    ready && !is_terminating(pod)
}

/// The status of a container.
pub fn container<'a>(pod: &'a Pod, name: &str) -> Option<&'a ContainerStatus> {
    pod.status.as_ref()?.container_statuses.as_ref()?.iter().find(|status| status.name == name)
}

/// Whether a container of a pod runs.
pub fn is_running(pod: &Pod, name: &str) -> bool {
    container(pod, name).is_some_and(|status| status.state.as_ref().is_some_and(|state| state.running.is_some()))
}

/// A line for people: name, phase, IP, and what its containers do.
pub fn line(pod: &Pod) -> String {
    let status = pod.status.clone().unwrap_or_default();
    let containers = status.container_statuses.unwrap_or_default();
    let containers: Vec<String> = containers
        .iter()
        .map(|c| {
            let waiting = c.state.as_ref().and_then(|state| state.waiting.as_ref()?.reason.clone());
            let state = waiting.unwrap_or_else(|| if c.ready { "ready".into() } else { "not ready".into() });
            format!("{} {state}, {} restarts", c.name, c.restart_count)
        })
        .collect();
    format!(
        "{} {} {} {}{}\n",
        pod.name_any(),
        status.phase.unwrap_or_default(),
        status.pod_ip.unwrap_or_default(),
        containers.join("; "),
        if is_terminating(pod) { " (terminating)" } else { "" }
    )
}

/// Calls a pod (`pods/NAME:PORT`) or a Service (`services/NAME:PORT`) of a namespace, and returns the body of a 2xx answer.
///
/// # Errors
/// Any other answer, or none in time.
pub async fn call(
    client: &Client,
    method: &str,
    namespace: &str,
    whom: &str,
    path: &str,
    body: &str,
) -> Result<String> {
    let request = Request::builder()
        .method(method)
        .uri(format!("/api/v1/namespaces/{namespace}/{whom}/proxy{path}"))
        .header("content-type", "application/json")
        .body(body.as_bytes().to_vec())?;
    let answer = timeout(bounds::REQUEST, client.request_text(request)).await;
    let answer =
        answer.with_context(|| format!("{method} {path} of {whom}: no answer within {:?}", bounds::REQUEST))?;
    answer.with_context(|| format!("{method} {path} of {whom}"))
}
