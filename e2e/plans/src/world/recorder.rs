//! What is recorded of one run.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use kube::Resource;
use tokio::sync::watch;
use upgradegate_crds::UpgradeGate;
use upgradegate_proof::{Event, History, What};

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
    /// The last version of each object, by UID: a watch that starts anew tells what is known already.
    versions: HashMap<String, String>,
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

    /// Adds a version of an object, unless it is known.
    pub(super) fn see<K: Resource>(&self, object: &K, gone: bool, what: What) {
        let meta = object.meta();
        let (uid, version) = (meta.uid.clone().unwrap_or_default(), meta.resource_version.clone().unwrap_or_default());
        let mut state = self.state();
        if !gone && state.versions.insert(uid.clone(), version.clone()) == Some(version) {
            return;
        }
        if let What::Gate { gate, .. } = &what {
            let name = meta.name.clone().unwrap_or_default();
            if gone {
                state.gates.remove(&name);
            } else {
                state.gates.insert(name, gate.as_ref().clone());
            }
        }
        if let What::Pod { pod, .. } = &what {
            let phase = pod.status.as_ref().and_then(|status| status.phase.as_deref());
            if !gone && phase == Some("Running") {
                state.running.insert(uid);
            } else {
                state.running.remove(&uid);
            }
        }
        state.history.events.push(Event { at: Timestamp::now(), what });
        drop(state);
        self.changed.send_replace(());
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
