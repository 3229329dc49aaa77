//! Leader election by a Lease of `coordination.k8s.io`: of all replicas, one acts.
//!
//! The wall clock has no say: it may differ between nodes. Who stands by measures, on its own monotonic clock, how long the
//! Lease has not changed, and takes it after `duration`. Who holds it acts for `renew_deadline` after the *beginning* of its
//! last renewal that succeeded. The deadline is the shorter, so a holder stops before another may begin, even if it can
//! no longer reach the API server.

pub(crate) mod decide;
mod election;
mod leadership;
pub(crate) mod record;
#[cfg(test)]
mod tests;

use std::time::Duration;

pub use election::Election;
pub use leadership::{Leadership, Tenure};

/// The Lease to compete for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeaseConfig {
    /// Namespace of the Lease: the operator's own.
    pub namespace: String,
    /// Name of the Lease.
    pub name: String,
    /// Name of this process in the Lease. No two processes that run at the same time may share it. A process that starts
    /// under the name of the holder takes itself for the holder's next life, and holds the Lease at once.
    pub identity: String,
    /// How long things take.
    pub timing: Timing,
}

/// How long things take in an election. `renew_every` < `renew_deadline` < `duration`, or two may act at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timing {
    /// How long others wait, from the last change that they saw, before they take the Lease of a holder that fell silent.
    /// Whole seconds.
    pub duration: Duration,
    /// How long a holder acts after it last began a renewal that succeeded.
    pub renew_deadline: Duration,
    /// From one renewal to the next.
    pub renew_every: Duration,
    /// Limit of one request; together with `retry_after` it says how many can be tried before the deadline.
    pub request_timeout: Duration,
    /// From a request that failed to the next.
    pub retry_after: Duration,
}

impl Default for Timing {
    fn default() -> Self {
        Self {
            duration: Duration::from_secs(15),
            renew_deadline: Duration::from_secs(10),
            renew_every: Duration::from_secs(5),
            request_timeout: Duration::from_secs(2),
            retry_after: Duration::from_secs(1),
        }
    }
}
