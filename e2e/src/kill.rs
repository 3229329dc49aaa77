//! Sudden death, and sudden sleep.

use anyhow::{Context, Result, ensure};
use k8s_openapi::api::core::v1::Pod;
use kube::ResourceExt;

use crate::process::signal_pid;

/// Kills every process of a pod at once, as the kernel does when memory runs out: nothing is told to anybody.
///
/// # Errors
/// If the pod has no process on this machine.
pub async fn pod(pod: &Pod) -> Result<()> {
    for pid in processes(pod)? {
        signal_pid(pid, "KILL").await?;
    }
    Ok(())
}

/// Ids of the processes of a pod. Its sandbox is none of them: without it the whole pod would be made anew.
///
/// # Errors
/// If the pod has no process on this machine.
pub fn processes(pod: &Pod) -> Result<Vec<u32>> {
    let uid = pod.uid().context("the pod has no UID")?;
    let other_form = uid.replace('-', "_");
    let mut found = Vec::new();
    for entry in std::fs::read_dir("/proc")?.flatten() {
        let Ok(pid) = entry.file_name().to_string_lossy().parse::<u32>() else { continue };
        let groups = std::fs::read_to_string(entry.path().join("cgroup")).unwrap_or_default();
        let program = std::fs::read_link(entry.path().join("exe")).unwrap_or_default();
        let is_worker = !program.ends_with("pause") && !program.as_os_str().is_empty();
        if is_worker && (groups.contains(&uid) || groups.contains(&other_form)) {
            found.push(pid);
        }
    }
    ensure!(!found.is_empty(), "no process of pod {uid} on this machine: this test needs a local cluster and root");
    Ok(found)
}
