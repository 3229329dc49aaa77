//! The rules of the election, as functions of what was seen and when. No I/O and no clock here: `now` is a value.

use std::time::Duration;

use k8s_openapi::api::coordination::v1::{Lease, LeaseSpec};
use tokio::time::Instant;

use super::Timing;

/// The Lease as it was last seen, and since when it has been so.
#[derive(Clone, Debug)]
pub(crate) struct Observed {
    /// The object to replace; `None` while there is none.
    pub lease: Option<Lease>,
    /// What it last said; `None` if it was never seen. It outlives the object: a Lease that was deleted still has a holder
    /// that may act.
    spec: Option<LeaseSpec>,
    changed_at: Instant,
}

/// What one that stands by does next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum StandBy {
    /// Take the Lease.
    Claim,
    /// Look again then, or when the Lease changes.
    Wait(Instant),
}

/// What the holder does next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Hold {
    /// Renew the Lease; a request may take until then.
    Renew {
        /// When the request has failed.
        until: Instant,
    },
    /// Nothing until then.
    Wait(Instant),
    /// Stop acting.
    GiveUp,
}

/// When the holder last renewed, and when it tries next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Held {
    /// When the last request that succeeded was begun.
    pub renewed_at: Instant,
    /// When to try next.
    pub next_try: Instant,
}

impl Observed {
    /// The first sight of the Lease.
    pub fn new(lease: Option<Lease>, now: Instant) -> Self {
        let spec = lease.as_ref().map(spec_of);
        Self { lease, spec, changed_at: now }
    }

    /// Another sight of the Lease. Only a change of its spec shows that its holder lives: anyone may label it.
    pub fn see(&mut self, lease: Option<Lease>, now: Instant) {
        let spec = lease.as_ref().map(spec_of);
        let vanished = self.lease.is_some() && lease.is_none();
        if vanished || (spec.is_some() && spec != self.spec) {
            self.changed_at = now;
        }
        self.spec = spec.or(self.spec.take());
        self.lease = lease;
    }
}

fn spec_of(lease: &Lease) -> LeaseSpec {
    lease.spec.clone().unwrap_or_default()
}

/// Whether `me`, which stands by, may take the Lease.
///
/// A Lease that vanished is waited for as if it were held: whoever held it last may not know yet. Only one that never saw
/// it takes it at once, or every first start would wait; so nobody should delete it while replicas start.
pub(crate) fn stand_by(observed: &Observed, me: &str, timing: &Timing, now: Instant) -> StandBy {
    let Some(spec) = &observed.spec else { return StandBy::Claim };
    let holder = spec.holder_identity.as_deref().unwrap_or_default();
    let free_at = observed.changed_at + term(spec, timing);
    let free = observed.lease.is_some() && (holder.is_empty() || holder == me);
    if free || now >= free_at { StandBy::Claim } else { StandBy::Wait(free_at) }
}

/// How long a silent holder is waited for: as long as it asks for, and never less than we would ask for ourselves.
fn term(spec: &LeaseSpec, timing: &Timing) -> Duration {
    let asked = spec.lease_duration_seconds.and_then(|seconds| u64::try_from(seconds).ok()).unwrap_or(0);
    timing.duration.max(Duration::from_secs(asked))
}

impl Held {
    /// A request that began at `began` succeeded.
    pub fn renewed(began: Instant, timing: &Timing) -> Self {
        Self { renewed_at: began, next_try: began + timing.renew_every }
    }

    /// A request failed at `now`.
    pub fn failed(self, now: Instant, timing: &Timing) -> Self {
        Self { next_try: now + timing.retry_after, ..self }
    }

    /// Until when the holder may act.
    pub fn acts_until(self, timing: &Timing) -> Instant {
        self.renewed_at + timing.renew_deadline
    }
}

/// What the holder does at `now`.
pub(crate) fn hold(held: Held, timing: &Timing, now: Instant) -> Hold {
    let deadline = held.acts_until(timing);
    if now >= deadline {
        Hold::GiveUp
    } else if now >= held.next_try {
        Hold::Renew { until: deadline.min(now + timing.request_timeout) }
    } else {
        Hold::Wait(deadline.min(held.next_try))
    }
}
