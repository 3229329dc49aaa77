//! When the API server can be asked. An outage is for the operator to live through, not for those who play the users.

use std::cell::RefCell;

use futures::future::LocalBoxFuture;
use jiff::{SignedDuration, Timestamp};
use tokio::sync::RwLock;

/// Whether the API server is there.
#[derive(Debug, Default)]
pub struct Calm {
    lock: RwLock<()>,
    /// When each outage ended, and how long it lasted.
    outages: RefCell<Vec<(Timestamp, SignedDuration)>>,
}

impl Calm {
    /// One step of a user: begins when the API server is there, and keeps outages away until it is done.
    pub fn step<'s, T>(&'s self, work: impl Future<Output = T> + 's) -> LocalBoxFuture<'s, T> {
        // Boxed, since steps are large and there are many.
        Box::pin(async move {
            let _calm = self.lock.read().await;
            work.await
        })
    }

    /// Brings about an outage once no user is in the middle of a step, and keeps them away while it lasts.
    pub async fn outage<T>(&self, outage: impl Future<Output = T>) -> T {
        let _alone = self.lock.write().await;
        let began = Timestamp::now();
        let done = outage.await;
        let ended = Timestamp::now();
        self.outages.borrow_mut().push((ended, ended.duration_since(began)));
        done
    }

    /// How long the longest outage that ended since then lasted; zero if there was none.
    pub fn outage_since(&self, then: Timestamp) -> SignedDuration {
        let outages = self.outages.borrow();
        let met = outages.iter().filter(|(ended, _)| *ended >= then);
        met.map(|(_, lasted)| *lasted).max().unwrap_or_default()
    }
}
