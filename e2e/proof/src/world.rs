//! A history, by object.

use std::collections::BTreeMap;

use jiff::Timestamp;
use k8s_openapi::{
    api::{
        apps::v1::{Deployment, ReplicaSet},
        core::v1::Pod,
    },
    apimachinery::pkg::apis::meta::v1::ObjectMeta,
};
use upgradegate_crds::{Phase, UpgradeGate, UpgradeGateStatus};

use crate::{
    Call, History, What,
    timeline::{Timeline, Version},
};

/// All that is known, by object.
#[derive(Debug, Default)]
pub(crate) struct World<'h> {
    /// By UID.
    pub(crate) gates: BTreeMap<&'h str, Timeline<'h, UpgradeGate>>,
    /// Versions of all gates, in the order in which they were written: a watch shows them so.
    pub(crate) written: Vec<Version<'h, UpgradeGate>>,
    /// By name: a target is known by it.
    pub(crate) deployments: BTreeMap<&'h str, Timeline<'h, Deployment>>,
    /// By UID.
    pub(crate) replica_sets: BTreeMap<&'h str, Timeline<'h, ReplicaSet>>,
    /// By UID.
    pub(crate) pods: BTreeMap<&'h str, Timeline<'h, Pod>>,
    /// In the order in which they arrived.
    pub(crate) calls: Vec<Arrived<'h>>,
    /// When the record ends.
    pub(crate) end: Timestamp,
    history: Option<&'h History>,
}

/// A call, and when it arrived.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Arrived<'h> {
    pub(crate) at: Timestamp,
    pub(crate) call: &'h Call,
}

impl<'h> World<'h> {
    /// Whether gates may have had versions between these times that were not recorded.
    pub(crate) fn has_gap(&self, from: Timestamp, to: Timestamp) -> bool {
        let gaps = self.history.iter().flat_map(|history| &history.gaps);
        gaps.into_iter().any(|gap| from <= *gap && *gap <= to)
    }

    pub(crate) fn of(history: &'h History) -> Self {
        let mut world = World { history: Some(history), ..World::default() };
        for event in &history.events {
            let at = event.at;
            world.end = world.end.max(at);
            match &event.what {
                What::Gate { gate, gone } => {
                    let version = Version { at, object: &**gate, gone: *gone };
                    if enter(world.gates.entry(uid(&gate.metadata)).or_default(), &gate.metadata, version) {
                        world.written.push(version);
                    }
                }
                What::Deployment { deployment, gone } => {
                    let name = deployment.metadata.name.as_deref().unwrap_or_default();
                    let version = Version { at, object: &**deployment, gone: *gone };
                    enter(world.deployments.entry(name).or_default(), &deployment.metadata, version);
                }
                What::ReplicaSet { replica_set, gone } => {
                    let version = Version { at, object: &**replica_set, gone: *gone };
                    let timeline = world.replica_sets.entry(uid(&replica_set.metadata)).or_default();
                    enter(timeline, &replica_set.metadata, version);
                }
                What::Pod { pod, gone } => {
                    let version = Version { at, object: &**pod, gone: *gone };
                    enter(world.pods.entry(uid(&pod.metadata)).or_default(), &pod.metadata, version);
                }
                What::Call(call) => {
                    world.calls.push(Arrived { at, call });
                    world.end = world.end.max(call.answered.unwrap_or(at));
                }
            }
        }
        world.calls.sort_by_key(|arrived| arrived.at);
        world
    }

    /// Whether every call that this pod got is known.
    pub(crate) fn is_recorded(&self, pod: &str) -> bool {
        self.history.is_some_and(|history| history.recorded.contains(pod))
    }

    /// The gate that sent a drain or a resume: by the name that it gives, and the time.
    pub(crate) fn sender(&self, arrived: &Arrived<'h>, until: Timestamp) -> Option<&Timeline<'h, UpgradeGate>> {
        let (name, epoch) = (arrived.call.body["gate"].as_str()?, arrived.call.body["epoch"].as_i64()?);
        let sent = |version: &Version<'h, UpgradeGate>| {
            version.at <= until
                && version.object.metadata.name.as_deref() == Some(name)
                && status(version.object).and_then(|status| status.epoch) == Some(epoch)
        };
        self.gates.values().find(|gate| gate.versions().iter().any(sent))
    }
}

/// Adds a version, unless a watch that began anew shows the same one again.
fn enter<'h, T>(timeline: &mut Timeline<'h, T>, metadata: &ObjectMeta, version: Version<'h, T>) -> bool
where
    T: HasMetadata,
{
    let known = timeline.last().is_some_and(|last| {
        last.gone == version.gone && last.object.metadata().resource_version == metadata.resource_version
    });
    if !known {
        timeline.push(version);
    }
    !known
}

/// What has metadata.
pub(crate) trait HasMetadata {
    fn metadata(&self) -> &ObjectMeta;
}

macro_rules! has_metadata {
    ($($kind:ty),*) => {$(
        impl HasMetadata for $kind {
            fn metadata(&self) -> &ObjectMeta {
                &self.metadata
            }
        }
    )*};
}

has_metadata!(UpgradeGate, Deployment, ReplicaSet, Pod);

/// UID of an object.
pub(crate) fn uid(metadata: &ObjectMeta) -> &str {
    metadata.uid.as_deref().unwrap_or_default()
}

/// What is said of a gate, for people.
pub(crate) fn gate_name(gate: &UpgradeGate) -> String {
    format!("gate {}", gate.metadata.name.as_deref().unwrap_or_default())
}

/// The status of a gate that somebody has looked at.
pub(crate) fn status(gate: &UpgradeGate) -> Option<&UpgradeGateStatus> {
    gate.status.as_ref().filter(|status| status.observed_generation >= 0)
}

/// Where the run of a gate is.
pub(crate) fn phase(gate: &UpgradeGate) -> Option<Phase> {
    status(gate)?.phase
}

/// Whether its members may be called.
pub(crate) fn is_running(gate: &UpgradeGate) -> bool {
    matches!(phase(gate), Some(Phase::Draining | Phase::Open | Phase::RollingOut | Phase::Resuming))
}

/// Whether it is open, as everybody reads it.
pub(crate) fn is_open(gate: &UpgradeGate) -> bool {
    status(gate).is_some_and(|status| condition(status, upgradegate_crds::condition::READY) == Some("True"))
}

/// The status of a condition; none if it is absent.
pub(crate) fn condition<'s>(status: &'s UpgradeGateStatus, type_: &str) -> Option<&'s str> {
    status.conditions.iter().find(|condition| condition.type_ == type_).map(|condition| condition.status.as_str())
}
