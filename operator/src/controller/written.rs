//! The gates as this process last wrote them: the watch may lag behind its own writes.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use upgradegate_crds::UpgradeGate;

/// Gates by UID, until the watch shows them as finished.
#[derive(Default)]
pub(super) struct Written(Mutex<HashMap<String, Arc<UpgradeGate>>>);

impl Written {
    /// The newer of what the watch shows and what is known to be stored.
    pub(super) fn newest(&self, seen: Arc<UpgradeGate>) -> Arc<UpgradeGate> {
        match self.all().get(uid(&seen)) {
            Some(written) if version(written) > version(&seen) => Arc::clone(written),
            _ => seen,
        }
    }

    /// Keeps what the API server answered.
    pub(super) fn keep(&self, gate: UpgradeGate) -> Arc<UpgradeGate> {
        let gate = Arc::new(gate);
        self.all().insert(uid(&gate).to_owned(), Arc::clone(&gate));
        gate
    }

    /// Forgets gates.
    pub(super) fn forget(&self, is_gone: impl Fn(&str) -> bool) {
        self.all().retain(|uid, _| !is_gone(uid));
    }

    fn all(&self) -> MutexGuard<'_, HashMap<String, Arc<UpgradeGate>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn uid(gate: &UpgradeGate) -> &str {
    gate.metadata.uid.as_deref().unwrap_or_default()
}

/// Resource versions of one object are numbers that grow (KEP-5504).
fn version(gate: &UpgradeGate) -> Option<u64> {
    gate.metadata.resource_version.as_deref()?.parse().ok()
}
