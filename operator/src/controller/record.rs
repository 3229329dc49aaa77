//! What this process keeps of a gate beside its status: nothing that a restart may not lose.

use std::sync::Arc;

use tokio::time::{Duration, Instant};
use upgradegate_crds::UpgradeGate;

use crate::run::Run;

/// Progress is written this often at most, on average: etcd pays for every write.
const PROGRESS_EVERY: Duration = Duration::from_secs(10);

/// Writes of progress that may come sooner, so that whoever watches sees the beginning as it happens.
const PROGRESS_BURST: u32 = 3;

/// No progress is written sooner than this after any write: what is about to change again is written once.
const SETTLE: Duration = Duration::from_secs(1);

/// What is kept of one gate.
#[derive(Default)]
pub(super) struct Record {
    /// What lives while the gate runs.
    pub(super) run: Option<Run>,
    /// The gate as this process last wrote it: the watch may lag behind.
    written: Option<Arc<UpgradeGate>>,
    /// When anything was last written.
    last_write: Option<Instant>,
    /// Until when the allowance of progress is used up: each write moves it by [`PROGRESS_EVERY`].
    spent_until: Option<Instant>,
}

impl Record {
    /// The newer of what the watch shows and what was written.
    pub(super) fn newest(&self, seen: Arc<UpgradeGate>) -> Arc<UpgradeGate> {
        match &self.written {
            Some(written) if version(written) > version(&seen) => Arc::clone(written),
            _ => seen,
        }
    }

    /// Keeps what the API server answered to a write at `now`.
    pub(super) fn wrote(&mut self, gate: UpgradeGate, now: Instant) -> Arc<UpgradeGate> {
        let gate = Arc::new(gate);
        self.written = Some(Arc::clone(&gate));
        self.last_write = Some(now);
        gate
    }

    /// How long a write of progress has to wait; `None`: not at all.
    pub(super) fn progress_waits(&self, now: Instant) -> Option<Duration> {
        let settled = self.last_write.map(|at| at + SETTLE);
        let allowed = self.spent_until.and_then(|until| until.checked_sub(PROGRESS_EVERY * PROGRESS_BURST));
        let due = settled.max(allowed)?;
        due.checked_duration_since(now).filter(|wait| !wait.is_zero())
    }

    /// A write of progress takes from the allowance.
    pub(super) fn spend(&mut self, now: Instant) {
        self.spent_until = Some(self.spent_until.unwrap_or(now).max(now) + PROGRESS_EVERY);
    }
}

/// Resource versions of one object are numbers that grow (KEP-5504).
fn version(gate: &UpgradeGate) -> Option<u64> {
    gate.metadata.resource_version.as_deref()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::{Duration, Instant, PROGRESS_BURST, PROGRESS_EVERY, Record, SETTLE};

    #[test]
    fn progress_comes_in_a_burst_and_then_every_ten_seconds() {
        let start = Instant::now();
        let (mut record, mut now, mut writes) = (Record::default(), start, Vec::new());
        while now < start + Duration::from_mins(2) {
            if record.progress_waits(now).is_none() {
                writes.push(now);
                record.last_write = Some(now);
                record.spend(now);
            }
            now += Duration::from_millis(100);
        }
        let gaps: Vec<Duration> = writes.windows(2).map(|pair| pair[1] - pair[0]).collect();
        assert!(gaps.iter().take(PROGRESS_BURST as usize).all(|gap| *gap == SETTLE), "{gaps:?}");
        assert!(gaps.iter().skip(PROGRESS_BURST as usize + 1).all(|gap| *gap == PROGRESS_EVERY), "{gaps:?}");
    }
}
