//! How often progress is written: etcd pays for every write, and everyone who watches.

use std::sync::{Mutex, PoisonError};

use tokio::time::{Duration, Instant};

/// Progress of one gate is written this often at most, on average.
const EVERY: Duration = Duration::from_secs(10);

/// Writes of one gate's progress that may come sooner, so that whoever watches sees the beginning as it happens.
const BURST: u32 = 3;

/// No progress is written sooner than this after any write: what is about to change again is written once.
const SETTLE: Duration = Duration::from_secs(1);

/// Progress of all gates together is written this often at most, on average: 20 writes a second.
const ALL_EVERY: Duration = Duration::from_millis(50);

/// Writes of all gates together that may come sooner.
const ALL_BURST: u32 = 40;

/// The allowance of one gate.
#[derive(Default)]
pub(super) struct Progress {
    last_write: Option<Instant>,
    bucket: Bucket,
}

/// The allowance of all gates together.
#[derive(Default)]
pub(super) struct Budget(Mutex<Bucket>);

/// A leaky bucket: until when its allowance is used up.
#[derive(Default)]
struct Bucket {
    spent_until: Option<Instant>,
}

impl Progress {
    /// Something was written at `now`.
    pub(super) fn wrote(&mut self, now: Instant) {
        self.last_write = Some(now);
    }

    /// Takes one write of progress from the allowances, or says how long to wait for it.
    pub(super) fn take(&mut self, all: &Budget, now: Instant) -> Result<(), Duration> {
        let settled = self.last_write.map(|at| at + SETTLE);
        let due = settled.max(self.bucket.due(EVERY, BURST));
        if let Some(wait) = due.and_then(|due| due.checked_duration_since(now)).filter(|wait| !wait.is_zero()) {
            return Err(wait);
        }
        all.take(now)?;
        self.bucket.spend(EVERY, now);
        Ok(())
    }
}

impl Budget {
    fn take(&self, now: Instant) -> Result<(), Duration> {
        let mut bucket = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let due = bucket.due(ALL_EVERY, ALL_BURST);
        if let Some(wait) = due.and_then(|due| due.checked_duration_since(now)).filter(|wait| !wait.is_zero()) {
            return Err(wait);
        }
        bucket.spend(ALL_EVERY, now);
        Ok(())
    }
}

impl Bucket {
    /// When the next write may come.
    fn due(&self, every: Duration, burst: u32) -> Option<Instant> {
        self.spent_until?.checked_sub(every * burst)
    }

    fn spend(&mut self, every: Duration, now: Instant) {
        self.spent_until = Some(self.spent_until.unwrap_or(now).max(now) + every);
    }
}

#[cfg(test)]
mod tests {
    use super::{BURST, Budget, Duration, EVERY, Instant, Progress, SETTLE};

    /// When writes come of a gate that would like to write all the time.
    fn writes(gates: &mut [Progress], all: &Budget, lasting: Duration) -> Vec<Duration> {
        let start = Instant::now();
        let (mut now, mut writes) = (start, Vec::new());
        while now < start + lasting {
            for gate in &mut *gates {
                if gate.take(all, now).is_ok() {
                    gate.wrote(now);
                    writes.push(now - start);
                }
            }
            now += Duration::from_millis(50);
        }
        writes
    }

    #[test]
    fn progress_comes_in_a_burst_and_then_every_ten_seconds() {
        let writes = writes(&mut [Progress::default()], &Budget::default(), Duration::from_mins(2));
        let gaps: Vec<Duration> = writes.windows(2).map(|pair| pair[1].saturating_sub(pair[0])).collect();
        assert!(gaps.iter().take(BURST as usize).all(|gap| *gap == SETTLE), "{gaps:?}");
        assert!(gaps.iter().skip(BURST as usize + 1).all(|gap| *gap == EVERY), "{gaps:?}");
    }

    #[test]
    fn a_thousand_gates_share_a_budget() {
        let mut gates: Vec<Progress> = std::iter::repeat_with(Progress::default).take(1000).collect();
        let writes = writes(&mut gates, &Budget::default(), Duration::from_mins(1));
        assert!((1200..=1241).contains(&writes.len()), "20 a second, and a burst of 40: {}", writes.len());
    }
}
