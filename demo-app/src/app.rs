//! The state of the application: [`Work`] behind one lock, with the clock,
//! the timers and the log lines around it.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use jiff::Timestamp;
use tokio::{sync::watch, time::sleep_until};
use tracing::{debug, info, warn};

use crate::{
    config::Config,
    lease::{Drained, Lease, LowerEpoch},
    operations::{OperationId, Totals},
    work::{Refusal, Work},
};

/// The application, shared by all requests.
#[derive(Debug)]
pub struct App {
    /// What it was started with.
    pub config: Config,
    work: Mutex<Work>,
    changed: watch::Sender<()>,
}

impl App {
    /// An application that works on nothing yet.
    pub fn new(config: Config) -> Self {
        Self { config, work: Mutex::default(), changed: watch::Sender::default() }
    }

    /// Reads the state. The guard is a lock: do not hold it for long.
    pub fn work(&self) -> MutexGuard<'_, Work> {
        // No step leaves the state half changed, so a poisoned lock is sound.
        self.work.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Starts an operation that finishes by itself after `length`.
    pub fn start(self: &Arc<Self>, length: Duration) -> Result<OperationId, Refusal> {
        let now = Instant::now();
        let ends_at = Timestamp::now().saturating_add(length).unwrap_or(Timestamp::MAX);
        let max = usize::try_from(self.config.max_operations).unwrap_or(usize::MAX);
        let id = self
            .change(now, |work| work.start(now, length, ends_at, max))
            .inspect_err(|refusal| debug!(reason = refusal.reason(), "operation refused"))?;
        info!(id, of_seconds = length.as_secs_f64(), "operation started");

        let app = Arc::clone(self);
        tokio::spawn(async move {
            sleep_until((now + length).into()).await;
            app.finish(id);
        });
        Ok(id)
    }

    fn finish(&self, id: OperationId) {
        let now = Instant::now();
        if let Some(ended) = self.change(now, |work| work.operations.finish(now, id)) {
            info!(id, ran_seconds = ended.ran.as_secs_f64(), "operation finished");
        }
    }

    /// Drains for `length` from now on: see [`crate::lease::DrainLease::drain`].
    pub fn drain(&self, gate: &str, epoch: u64, length: Duration) -> Result<(), LowerEpoch> {
        let now = Instant::now();
        let lease_seconds = length.as_secs();
        match self.change(now, |work| work.lease.drain(now, gate, epoch, length)) {
            Ok(Drained::Began) => info!(gate, epoch, lease_seconds, "drain began"),
            Ok(Drained::TakenOver) => {
                info!(gate, epoch, lease_seconds, "drain taken over by a higher epoch");
            }
            Ok(Drained::Renewed) => debug!(gate, epoch, lease_seconds, "drain renewed"),
            Err(LowerEpoch { own }) => {
                warn!(gate, epoch, own_epoch = own, "drain refused: lower epoch");
                return Err(LowerEpoch { own });
            }
        }
        Ok(())
    }

    /// Works again: see [`crate::lease::DrainLease::resume`].
    pub fn resume(&self, gate: &str, epoch: u64) -> Result<(), LowerEpoch> {
        let now = Instant::now();
        match self.change(now, |work| work.lease.resume(now, epoch)) {
            Ok(Some(_)) => info!(gate, epoch, "resumed"),
            Ok(None) => debug!(gate, epoch, "resume without a running drain lease"),
            Err(LowerEpoch { own }) => {
                warn!(gate, epoch, own_epoch = own, "resume refused: lower epoch");
                return Err(LowerEpoch { own });
            }
        }
        Ok(())
    }

    /// Ends each drain lease when it is over. Runs for ever.
    pub async fn watch_lease(&self) {
        let mut changes = self.changed.subscribe();
        loop {
            let until = self.work().lease.until();
            let over = async {
                match until {
                    Some(until) => sleep_until(until.into()).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                _ = changes.changed() => {}
                () = over => self.change(Instant::now(), |_| ()),
            }
        }
    }

    /// Takes no new work any more; there is no way back.
    pub fn stop(&self) {
        self.change(Instant::now(), |work| work.stopping = true);
    }

    /// Waits until no operation runs.
    pub async fn idle(&self) {
        let mut changes = self.changed.subscribe();
        while self.work().operations.running() > 0 {
            // No error to see: it would mean that the sender is gone.
            let _ = changes.changed().await;
        }
    }

    /// Ends all operations that still run, with a log line each, and returns
    /// the final counts.
    pub fn cut_off(&self) -> Totals {
        let now = Instant::now();
        for ended in self.change(now, |work| work.operations.cut_off(now)) {
            warn!(
                id = ended.id,
                ran_seconds = ended.ran.as_secs_f64(),
                of_seconds = ended.of.as_secs_f64(),
                "operation cut off"
            );
        }
        self.work().operations.totals()
    }

    /// The one door to changes: makes one step of it, after ending a lease
    /// that is over by `now`, and wakes whoever waits for a change.
    fn change<R>(&self, now: Instant, change: impl FnOnce(&mut Work) -> R) -> R {
        let mut work = self.work();
        let over = work.lease.take_expired(now);
        let result = change(&mut work);
        drop(work);
        self.changed.send_replace(());
        if let Some(Lease { gate, epoch, .. }) = over {
            warn!(gate, epoch, "drain lease over without a resume: working again");
        }
        result
    }
}
