//! What is recorded of one run.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use k8s_openapi::api::apps::v1::{Deployment, ReplicaSet};
use k8s_openapi::api::core::v1::Pod;
use kube::Resource;
use tokio::sync::watch;
use upgradegate_crds::UpgradeGate;
use upgradegate_proof::{Event, History, What};

/// An object that is recorded.
pub trait Seen: Resource {
    /// The event of this version.
    fn what(self, gone: bool) -> What;
}

impl Seen for UpgradeGate {
    fn what(self, gone: bool) -> What {
        What::Gate { gate: Box::new(self), gone }
    }
}

impl Seen for Deployment {
    fn what(self, gone: bool) -> What {
        What::Deployment { deployment: Box::new(self), gone }
    }
}

impl Seen for ReplicaSet {
    fn what(self, gone: bool) -> What {
        What::ReplicaSet { replica_set: Box::new(self), gone }
    }
}

impl Seen for Pod {
    fn what(self, gone: bool) -> What {
        What::Pod { pod: Box::new(self), gone }
    }
}

/// The history of one run while it is written, and the gates as they are now.
#[derive(Debug)]
pub struct Recorder {
    state: Mutex<State>,
    changed: watch::Sender<()>,
}

#[derive(Debug, Default)]
struct State {
    history: History,
    gates: BTreeMap<String, UpgradeGate>,
    /// UIDs of the pods that were seen to run.
    running: BTreeSet<String>,
    /// Where in the history each version of each object is, by UID.
    versions: HashMap<String, BTreeMap<u64, usize>>,
}

impl Recorder {
    pub(super) fn new() -> Self {
        Self { state: Mutex::default(), changed: watch::Sender::new(()) }
    }

    /// Adds an event.
    pub(super) fn add(&self, event: Event) {
        self.state().history.events.push(event);
        self.changed.send_replace(());
    }

    /// Adds a version of an object, unless it is known. Whoever writes an object tells of it as soon as the answer is there, so that what is
    /// done because of it comes later in the history; a watch tells of all else.
    pub(crate) fn see<K: Seen>(&self, object: K, gone: bool) {
        let meta = object.meta();
        let (uid, name) = (meta.uid.clone().unwrap_or_default(), meta.name.clone().unwrap_or_default());
        let version: u64 = meta.resource_version.as_deref().and_then(|version| version.parse().ok()).unwrap_or(0);
        let mut state = self.state();
        let State { history, gates, running, versions } = &mut *state;
        let known = versions.entry(uid.clone()).or_default();
        if known.contains_key(&version) && !gone {
            return;
        }
        // A version that is told of late belongs before those that came after it.
        let place = known.range(version..).next().map_or(history.events.len(), |(_, place)| *place);
        let at = history.events.get(place).map_or_else(Timestamp::now, |event| event.at);
        let what = object.what(gone);
        if place == history.events.len() {
            match &what {
                What::Gate { .. } if gone => drop(gates.remove(&name)),
                What::Gate { gate, .. } => drop(gates.insert(name, gate.as_ref().clone())),
                What::Pod { pod, .. } => {
                    let phase = pod.status.as_ref().and_then(|status| status.phase.as_deref());
                    if !gone && phase == Some("Running") {
                        running.insert(uid.clone());
                    } else {
                        running.remove(&uid);
                    }
                }
                _ => {}
            }
        }
        known.insert(version, place);
        history.events.insert(place, Event { at, what });
        if place + 1 < history.events.len() {
            let later = versions.values_mut().flat_map(BTreeMap::values_mut).filter(|p| **p >= place);
            later.for_each(|p| *p += 1);
            versions.entry(uid).or_default().insert(version, place);
        }
        drop(state);
        self.changed.send_replace(());
    }

    /// Whether this version of an object was seen.
    pub(super) fn knows(&self, object: &impl Resource) -> bool {
        let meta = object.meta();
        let version = meta.resource_version.as_deref().and_then(|version| version.parse().ok());
        let state = self.state();
        let known = meta.uid.as_ref().and_then(|uid| state.versions.get(uid));
        known.is_some_and(|known| version.is_some_and(|version: u64| known.contains_key(&version)))
    }

    /// Says that every call to this pod is recorded.
    pub(super) fn records(&self, pod: &str) {
        self.state().history.recorded.insert(pod.to_owned());
    }

    /// The gate of this name, as it was last seen.
    pub fn gate(&self, name: &str) -> Option<UpgradeGate> {
        self.state().gates.get(name).cloned()
    }

    /// All gates, as they were last seen.
    pub fn gates(&self) -> Vec<UpgradeGate> {
        self.state().gates.values().cloned().collect()
    }

    /// How many pods were seen to run, as of now.
    pub fn running(&self) -> usize {
        self.state().running.len()
    }

    /// What was recorded so far.
    pub fn history(&self) -> History {
        self.state().history.clone()
    }

    pub(super) fn changes(&self) -> watch::Receiver<()> {
        self.changed.subscribe()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
