//! What the leading replica says of itself.

use anyhow::{Context, Result, bail};
use kube::{Client, ResourceExt};
use upgradegate_e2e::operator::{metrics, pods, sum};

/// Figures of the leader at one moment.
#[derive(Clone, Debug, PartialEq)]
pub struct Figures {
    /// Its pod.
    pub pod: String,
    /// Resident memory in bytes.
    pub memory: f64,
    /// Open file descriptors.
    pub descriptors: f64,
    /// Tasks that are alive.
    pub tasks: f64,
}

impl Figures {
    /// Memory in MiB.
    pub fn mebibytes(&self) -> f64 {
        self.memory / f64::from(1 << 20)
    }
}

/// Asks the leader.
///
/// # Errors
/// If nobody leads, or the leader does not answer.
pub async fn ask(client: &Client) -> Result<Figures> {
    for pod in pods(client).await? {
        let pod = pod.name_any();
        let text = metrics(client, &pod).await?;
        let figure = |name: &str| sum(&text, name).with_context(|| format!("{pod} has no metric {name}"));
        if figure("upgradegate_leader")? > 0.0 {
            let (memory, descriptors) = (figure("process_resident_memory_bytes")?, figure("process_open_fds")?);
            return Ok(Figures { memory, descriptors, tasks: figure("process_tasks")?, pod });
        }
    }
    bail!("no replica leads")
}

/// Names of the replicas that stand by.
///
/// # Errors
/// If the pods cannot be listed.
pub async fn others(client: &Client) -> Result<Vec<String>> {
    let leader = ask(client).await?.pod;
    Ok(pods(client).await?.iter().map(ResourceExt::name_any).filter(|name| *name != leader).collect())
}
