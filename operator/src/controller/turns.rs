//! Gates of one target take turns: two that are decided on at the same time could each take the other for the newer one (S2).

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError, Weak},
};

use tokio::sync::{Mutex as AsyncMutex, OwnedMutexGuard};
use upgradegate_crds::UpgradeGate;

type Target = (Option<String>, String);

/// The locks of the targets that are decided on at this moment.
#[derive(Default)]
pub(super) struct Turns(Mutex<HashMap<Target, Weak<AsyncMutex<()>>>>);

impl Turns {
    /// Waits for the turn of this gate among those of its target.
    pub(super) async fn take(&self, gate: &UpgradeGate) -> OwnedMutexGuard<()> {
        let turn = self.of((gate.metadata.namespace.clone(), gate.spec.target_ref.name.clone()));
        turn.lock_owned().await
    }

    fn of(&self, target: Target) -> Arc<AsyncMutex<()>> {
        let mut turns = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(turn) = turns.get(&target).and_then(Weak::upgrade) {
            return turn;
        }
        turns.retain(|_, turn| turn.strong_count() > 0);
        let turn = Arc::default();
        turns.insert(target, Arc::downgrade(&turn));
        turn
    }
}
