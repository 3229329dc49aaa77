//! Doors for the fuzz targets: what others wrote, to the functions of this crate that read it. Nothing else uses them.

use std::{net::IpAddr, time::Duration};

use jiff::Timestamp;
use k8s_openapi::api::coordination::v1::Lease;
use serde::de::DeserializeOwned;
use tokio::time::Instant;

use crate::{
    gate::{Answer, Endpoint, Lifecycle, Trouble, Workload},
    lease::{
        LeaseConfig,
        decide::{self, StandBy},
        record,
    },
    run,
};

pub use crate::{
    gate::text::{MEMBER, REASON, SENTENCE, one_line},
    run::calls::Told,
};

/// What a run reads out of a pod.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PodRead {
    /// Whether it can hold a gate.
    pub lifecycle: Lifecycle,
    /// Where it is called, while the probed container runs.
    pub address: Option<IpAddr>,
    /// The port that is called.
    pub port: Result<u16, Trouble>,
}

/// What the answer to an order of this epoch says.
///
/// # Errors
/// Any refusal that a higher epoch does not explain.
pub fn told(answer: &Answer, epoch: i64) -> Result<Told, Trouble> {
    run::calls::told(answer, epoch, "POST", "/drain")
}

/// A pod as the API server gave it; `None` if that is no pod.
pub fn pod(document: &[u8], probe: &Endpoint) -> Option<PodRead> {
    let pod = read(document)?;
    let address = run::pod::incarnation(&pod, probe).map(|incarnation| incarnation.address);
    Some(PodRead { lifecycle: run::pod::lifecycle(&pod, probe), address, port: run::pod::port(&pod, probe) })
}

/// A Deployment as the API server gave it; `None` if that is none.
pub fn workload(document: &[u8]) -> Option<Workload> {
    Some(run::workload(&read(document)?))
}

/// UIDs of the ReplicaSet and of its controller, if the document is a ReplicaSet that has both.
pub fn replica_set(document: &[u8]) -> Option<(String, String)> {
    let set: run::objects::ReplicaSetView = read(document)?;
    let (_, owner) = run::roster::controller(&set.metadata)?;
    Some((set.metadata.uid.clone()?, owner.to_owned()))
}

/// The Lease as this process would take it over from whoever this document names, and then free it; `None` if that is no Lease.
pub fn lease(document: &[u8], config: &LeaseConfig, now: Timestamp) -> Option<[Lease; 2]> {
    let claimed = record::claimed(Some(read(document)?), config, now);
    Some([claimed.clone(), record::released(record::renewed(claimed, now), now)])
}

/// How long this process, standing by, waits for the holder that this document names to fall silent; `None` if that is no Lease.
pub fn patience(document: &[u8], config: &LeaseConfig) -> Option<Duration> {
    let now = Instant::now();
    match decide::stand_by(&decide::Observed::new(Some(read(document)?), now), &config.identity, &config.timing, now) {
        StandBy::Claim => Some(Duration::ZERO),
        StandBy::Wait(until) => Some(until - now),
    }
}

fn read<T: DeserializeOwned>(document: &[u8]) -> Option<T> {
    serde_json::from_slice(document).ok()
}
