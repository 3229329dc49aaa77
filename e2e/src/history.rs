//! Every version that any gate of a namespace ever had, in order.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use anyhow::{Result, bail};
use futures::TryStreamExt;
use jiff::Timestamp;
use kube::{Api, ResourceExt};
use tokio::{
    sync::watch,
    task::JoinHandle,
    time::{Instant, timeout_at},
};
use upgradegate_crds::UpgradeGate;

use crate::{
    is::Is,
    watched::{self, Change},
};

/// A version of a gate.
#[derive(Clone, Debug)]
pub struct Seen {
    /// When this version was received.
    pub at: Timestamp,
    /// The gate; its last version if it is gone.
    pub gate: UpgradeGate,
    /// Whether it is gone.
    pub gone: bool,
}

/// A watch on all gates of a namespace that forgets nothing.
#[derive(Debug)]
pub struct History {
    seen: Arc<Mutex<Vec<Seen>>>,
    gaps: Arc<Mutex<Vec<Timestamp>>>,
    count: watch::Receiver<usize>,
    task: JoinHandle<()>,
}

impl Drop for History {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl History {
    /// Begins to watch.
    pub fn follow(api: Api<UpgradeGate>) -> Self {
        let seen = Arc::<Mutex<Vec<Seen>>>::default();
        let gaps = Arc::<Mutex<Vec<Timestamp>>>::default();
        let (sender, count) = watch::channel(0);
        let (kept, kept_gaps) = (seen.clone(), gaps.clone());
        let task = tokio::spawn(async move {
            let mut events = watched::changes(api);
            loop {
                let (gate, gone) = match events.try_next().await {
                    Ok(Some(Change::Version { object, gone })) => (object, gone),
                    Ok(Some(Change::Gap)) => {
                        kept_gaps.lock().unwrap_or_else(PoisonError::into_inner).push(Timestamp::now());
                        continue;
                    }
                    Ok(None) => return,
                    Err(error) => {
                        eprintln!("watch of gates: {error}");
                        continue;
                    }
                };
                let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
                // A watch that begins anew tells again what is there.
                let last = kept.iter().rfind(|seen: &&Seen| seen.gate.uid() == gate.uid());
                if !gone && last.is_some_and(|seen| seen.gate.resource_version() == gate.resource_version()) {
                    continue;
                }
                kept.push(Seen { at: Timestamp::now(), gate, gone });
                sender.send_replace(kept.len());
            }
        });
        Self { seen, gaps, count, task }
    }

    /// Every version so far, oldest first.
    pub fn all(&self) -> Vec<Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// When the watch began anew with a list, so that versions before that may be missing.
    pub fn gaps(&self) -> Vec<Timestamp> {
        self.gaps.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Every version of one gate so far, oldest first.
    pub fn of(&self, uid: &str) -> Vec<Seen> {
        self.all().into_iter().filter(|seen| seen.gate.uid().as_deref() == Some(uid)).collect()
    }

    /// The last version of each gate that still exists.
    pub fn latest(&self) -> Vec<UpgradeGate> {
        let mut latest = Vec::<Seen>::new();
        for seen in self.all() {
            latest.retain(|other| other.gate.uid() != seen.gate.uid());
            latest.push(seen);
        }
        latest.into_iter().filter(|seen| !seen.gone).map(|seen| seen.gate).collect()
    }

    /// Waits for the first version, from the present one on, for which `wanted` gives something.
    ///
    /// # Errors
    /// If there is none within the bound; the message holds `what` and the last status.
    pub async fn until<T>(
        &self,
        uid: &str,
        what: &str,
        bound: Duration,
        wanted: impl Fn(&Seen) -> Option<T>,
    ) -> Result<T> {
        let end = Instant::now() + bound;
        let mut count = self.count.clone();
        let mut next = self.of(uid).len().saturating_sub(1);
        loop {
            count.mark_unchanged();
            let seen = self.of(uid);
            for version in seen.iter().skip(next) {
                if let Some(found) = wanted(version) {
                    return Ok(found);
                }
            }
            next = seen.len();
            if timeout_at(end, count.changed()).await.is_err() {
                let status = seen.last().map(|seen| serde_saphyr::to_string(&seen.gate.status)).transpose()?;
                bail!("gate not {what} within {bound:?}; its status:\n{}", status.unwrap_or_default());
            }
        }
    }

    /// Waits until the gate is what is wanted.
    ///
    /// # Errors
    /// If it is not in time, or gone.
    pub async fn until_is(&self, uid: &str, wanted: &Is, bound: Duration) -> Result<UpgradeGate> {
        let found = self.until(uid, &wanted.what, bound, |seen| {
            if seen.gone {
                return Some(Err(anyhow::anyhow!("gate is gone, and never was {}", wanted.what)));
            }
            wanted.holds(&seen.gate).then(|| Ok(seen.gate.clone()))
        });
        found.await?
    }
}
