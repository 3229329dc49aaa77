//! What this process keeps of a gate beside its status: nothing that a restart may not lose.

use std::collections::BTreeMap;

use tokio::time::{Duration, Instant};

use super::progress::Progress;
use crate::run::Run;

/// What is kept of one gate.
#[derive(Default)]
pub(super) struct Record {
    /// What lives while the gate runs.
    pub(super) run: Option<Run>,
    /// The allowance of progress.
    pub(super) progress: Progress,
    /// Since when every reconciliation failed.
    failing_since: Option<Instant>,
}

impl Record {
    /// Notes how a reconciliation ended. When nothing could be written for longer than `patience`, members are no longer told anything:
    /// nobody can see what happens to them, and no deadline can end it, so their leases do.
    pub(super) fn ended(&mut self, well: bool, patience: Duration, now: Instant) {
        if well {
            self.failing_since = None;
            return;
        }
        let since = *self.failing_since.get_or_insert(now);
        if now.duration_since(since) >= patience
            && let Some(run) = &self.run
        {
            run.order(&BTreeMap::new());
        }
    }
}
