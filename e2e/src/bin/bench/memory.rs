//! The memory of a pod.

use anyhow::{Context, Result};
use hyper::Request;
use k8s_openapi::api::core::v1::Pod;
use kube::{Client, ResourceExt};

/// What is known of a pod's memory, in bytes: its resident set if its process runs on this machine, else its working set as
/// its kubelet measures it.
///
/// # Errors
/// If neither is known.
pub async fn of(client: &Client, pod: &Pod) -> Result<(&'static str, u64)> {
    match resident(&pod.uid().context("the pod has no UID")?)? {
        Some(bytes) => Ok(("resident set", bytes)),
        None => Ok(("working set", working_set(client, pod).await?)),
    }
}

/// Bytes in MiB, for people.
pub fn mib(bytes: u64) -> String {
    let tenths = bytes * 10 / (1 << 20);
    format!("{}.{} MiB", tenths / 10, tenths % 10)
}

/// The largest resident set of the pod's processes; that of its sandbox is far smaller than any other.
fn resident(uid: &str) -> Result<Option<u64>> {
    let other_form = uid.replace('-', "_");
    let mut most = None;
    for entry in std::fs::read_dir("/proc")?.flatten() {
        let groups = std::fs::read_to_string(entry.path().join("cgroup")).unwrap_or_default();
        if groups.contains(uid) || groups.contains(&other_form) {
            let status = std::fs::read_to_string(entry.path().join("status")).unwrap_or_default();
            most = most.max(of_status(&status));
        }
    }
    Ok(most)
}

/// `VmRSS:      8820 kB`
fn of_status(status: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kilobytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kilobytes * 1024)
}

async fn working_set(client: &Client, pod: &Pod) -> Result<u64> {
    let node = pod.spec.as_ref().and_then(|spec| spec.node_name.clone()).unwrap_or_default();
    let request = Request::get(format!("/api/v1/nodes/{node}/proxy/metrics/resource")).body(Vec::new())?;
    let text = client.request_text(request).await?;
    let name = format!("pod=\"{}\"", pod.name_any());
    let mut mine = text.lines().filter(|line| line.starts_with("pod_memory_working_set_bytes") && line.contains(&name));
    let sample = mine.find_map(|line| line.rsplit_once('}')?.1.split_whitespace().next()?.parse::<f64>().ok());
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    sample.map(|bytes| bytes as u64).with_context(|| format!("the kubelet does not tell the memory of {name}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_read_and_shown() {
        assert_eq!(of_status("VmHWM:\t 9000 kB\nVmRSS:\t 8820 kB\n"), Some(8820 * 1024));
        assert_eq!(of_status("Name:\tpause\n"), None);
        assert_eq!(mib(8820 * 1024), "8.6 MiB");
    }
}
