//! What this process keeps of a gate beside its status: nothing that a restart may not lose.

use std::sync::Arc;

use tokio::time::{Duration, Instant};
use upgradegate_crds::UpgradeGate;

use crate::run::Run;

/// Progress is written this often at most.
const PROGRESS_EVERY: Duration = Duration::from_secs(10);

/// What is kept of one gate.
#[derive(Default)]
pub(super) struct Record {
    /// What lives while the gate runs.
    pub(super) run: Option<Run>,
    /// The gate as this process last wrote it: the watch may lag behind.
    written: Option<Arc<UpgradeGate>>,
    /// When progress was last written.
    progress: Option<Instant>,
}

impl Record {
    /// The newer of what the watch shows and what was written.
    pub(super) fn newest(&self, seen: Arc<UpgradeGate>) -> Arc<UpgradeGate> {
        match &self.written {
            Some(written) if version(written) > version(&seen) => Arc::clone(written),
            _ => seen,
        }
    }

    /// Keeps what the API server answered to a write.
    pub(super) fn wrote(&mut self, gate: UpgradeGate) -> Arc<UpgradeGate> {
        let gate = Arc::new(gate);
        self.written = Some(Arc::clone(&gate));
        gate
    }

    /// When progress may be written next; `None`: now.
    pub(super) fn progress_due(&self, now: Instant) -> Option<Duration> {
        let due = self.progress? + PROGRESS_EVERY;
        due.checked_duration_since(now).filter(|wait| !wait.is_zero())
    }

    /// Progress was written.
    pub(super) fn progressed(&mut self, now: Instant) {
        self.progress = Some(now);
    }
}

/// Resource versions of one object are numbers that grow (KEP-5504).
fn version(gate: &UpgradeGate) -> Option<u64> {
    gate.metadata.resource_version.as_deref()?.parse().ok()
}
