//! How far the machine itself is behind: many runs at once, and whatever else it does, take time from each other, as a fault would.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use k8s_openapi::api::core::v1::Namespace;
use kube::{Api, Client};
use tokio::time::{Instant, sleep, timeout};
use tokio_util::task::AbortOnDropHandle;

/// From one look to the next.
const EVERY: Duration = Duration::from_millis(200);

/// What a look takes on a machine that keeps up.
const USUAL: Duration = Duration::from_millis(30);

/// Longest time for one look.
const LIMIT: Duration = Duration::from_secs(10);

/// The longest that a look may take more, while the machine keeps up.
const CALM: Duration = Duration::from_millis(150);

/// Asks the API server for one object all the time, and adds up what that takes more than it should: a sleep that lasts too long, and
/// an answer that comes late.
#[derive(Debug)]
pub(super) struct Strain {
    counts: Arc<Counts>,
    _task: AbortOnDropHandle<()>,
}

#[derive(Debug, Default)]
struct Counts {
    lost: AtomicU64,
    last: AtomicU64,
}

impl Strain {
    pub(super) fn measure(client: &Client) -> Self {
        let (api, counts) = (Api::<Namespace>::all(client.clone()), Arc::<Counts>::default());
        let kept = Arc::clone(&counts);
        let task = tokio::spawn(async move {
            loop {
                let began = Instant::now();
                sleep(EVERY).await;
                // Whatever it answers: only the time counts.
                let _ = timeout(LIMIT, api.get_opt("default")).await;
                let late = began.elapsed().saturating_sub(EVERY + USUAL);
                let late = u64::try_from(late.as_millis()).unwrap_or(u64::MAX);
                kept.lost.fetch_add(late, Ordering::Relaxed);
                kept.last.store(late, Ordering::Relaxed);
            }
        });
        Self { counts, _task: AbortOnDropHandle::new(task) }
    }

    /// All that was lost so far.
    pub(super) fn lost(&self) -> Duration {
        Duration::from_millis(self.counts.lost.load(Ordering::Relaxed))
    }

    /// Whether the machine keeps up at this moment.
    pub(super) fn is_calm(&self) -> bool {
        Duration::from_millis(self.counts.last.load(Ordering::Relaxed)) <= CALM
    }
}
