//! The processes of a pod, frozen.

use anyhow::Result;
use k8s_openapi::api::core::v1::Pod;

use super::Undo;
use crate::{kill, process::signal_pid};

/// Freezes every process of a pod, as a paused machine does: for them, no time passes.
///
/// # Errors
/// If the pod has no process on this machine.
pub async fn freeze(pod: &Pod) -> Result<Undo> {
    let pids = kill::processes(pod)?;
    let undo = Undo::by(["kill", "-CONT"].map(str::to_owned).into_iter().chain(pids.iter().map(u32::to_string)));
    for pid in pids {
        signal_pid(pid, "STOP").await?;
    }
    Ok(undo)
}
