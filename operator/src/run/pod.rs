//! What a pod is as a member: where it is called, and whether it does work.

use std::net::IpAddr;

use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

use super::objects::{Container, ContainerStatus, PodView};
use crate::gate::{Endpoint, Lifecycle, Trouble};

/// Where a member is called, and which run of its container that is: another container or another IP is another incarnation, of which
/// nothing is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Incarnation {
    pub(crate) address: IpAddr,
    pub(crate) container: String,
    pub(crate) host_network: bool,
}

/// The incarnation that answers at this endpoint, while its container runs.
pub(crate) fn incarnation(pod: &PodView, probe: &Endpoint) -> Option<Incarnation> {
    let address = pod.status.pod_ip.parse().ok()?;
    let running: Vec<_> = probed(pod, probe).into_iter().filter(|status| status.state.running.is_some()).collect();
    let ids: Vec<&str> = running.iter().map(|status| status.container_id.as_str()).collect();
    (!ids.is_empty()).then(|| Incarnation { address, container: ids.join(","), host_network: pod.spec.host_network })
}

/// Whether the pod can hold a gate. A crash-looping sidecar does not exempt the worker beside it: only the probed container counts.
pub(crate) fn lifecycle(pod: &PodView, probe: &Endpoint) -> Lifecycle {
    if pod.metadata.deletion_timestamp.is_some() {
        return Lifecycle::Terminating;
    }
    match pod.status.phase.as_str() {
        "Running" if probed(pod, probe).iter().any(|status| status.state.running.is_some()) => Lifecycle::Running,
        _ => Lifecycle::Idle,
    }
}

/// The port number of an endpoint in this pod.
pub(crate) fn port(pod: &PodView, endpoint: &Endpoint) -> Result<u16, Trouble> {
    match &endpoint.port {
        IntOrString::Int(number) => u16::try_from(*number).map_err(|_| Trouble::NoSuchPort(number.to_string())),
        IntOrString::String(name) => all_containers(pod)
            .flat_map(|container| &container.ports)
            .find(|port| port.name == *name)
            .map(|port| port.container_port)
            .ok_or_else(|| Trouble::NoSuchPort(format!("{name}{}", declared(pod)))),
    }
}

/// `; it has: web, admin`, or nothing.
fn declared(pod: &PodView) -> String {
    let names: Vec<&str> = all_containers(pod)
        .flat_map(|container| &container.ports)
        .map(|port| port.name.as_str())
        .filter(|n| !n.is_empty())
        .collect();
    if names.is_empty() { String::new() } else { format!("; it has: {}", names.join(", ")) }
}

/// The statuses of the container that serves this endpoint; of all containers if none declares the port.
fn probed<'p>(pod: &'p PodView, endpoint: &Endpoint) -> Vec<&'p ContainerStatus> {
    let serves = |container: &&Container| {
        container.ports.iter().any(|port| match &endpoint.port {
            IntOrString::Int(number) => i32::from(port.container_port) == *number,
            IntOrString::String(name) => port.name == *name,
        })
    };
    let name = all_containers(pod).find(serves).map(|container| &container.name);
    let statuses = pod.status.container_statuses.iter().chain(&pod.status.init_container_statuses);
    match name {
        Some(name) => statuses.filter(|status| status.name == *name).collect(),
        None => pod.status.container_statuses.iter().collect(),
    }
}

fn all_containers(pod: &PodView) -> impl Iterator<Item = &Container> {
    pod.spec.containers.iter().chain(&pod.spec.init_containers)
}
