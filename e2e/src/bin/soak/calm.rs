//! When the API server can be asked. An outage is for the operator to live through, not for those who play the users.

use futures::future::LocalBoxFuture;
use tokio::sync::{RwLock, RwLockWriteGuard};

/// Whether the API server is there.
#[derive(Debug, Default)]
pub struct Calm(RwLock<()>);

impl Calm {
    /// One step of a user: begins when the API server is there, and keeps outages away until it is done.
    pub fn step<'s, T>(&'s self, work: impl Future<Output = T> + 's) -> LocalBoxFuture<'s, T> {
        // Boxed, since steps are large and there are many.
        Box::pin(async move {
            let _calm = self.0.read().await;
            work.await
        })
    }

    /// Waits until no user is in the middle of a step, and keeps them away while the guard lives.
    pub async fn outage(&self) -> RwLockWriteGuard<'_, ()> {
        self.0.write().await
    }
}
