//! The drain lease: a drain that is over by itself when renewals stop.
//!
//! This is the part of the contract that heals everything which can go wrong
//! between the operator and the application: an operator that never comes
//! back, two leaders in a handover, and a call that takes effect long after
//! its caller has given up. Pure: `now` is a value.
//!
//! After a resume nothing is remembered. A drain of the same epoch must be
//! accepted then, since the operator may drain again within one run; and one
//! that was merely late drains for no longer than its own lease.

use std::time::{Duration, Instant};

/// A drain that was acknowledged, until it runs out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lease {
    /// The gate that asked for the drain, for logs and messages.
    pub gate: String,
    /// The epoch of the run that asked; the highest seen in this lease.
    pub epoch: u64,
    /// From this instant on, the lease is over.
    pub until: Instant,
}

/// What an accepted drain changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Drained {
    /// No lease was running: this one begins.
    Began,
    /// The running lease lasts longer now.
    Renewed,
    /// The running lease now belongs to a higher epoch.
    TakenOver,
}

/// The refusal of a call whose epoch is lower than that of the running lease.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LowerEpoch {
    /// The epoch of the running lease.
    pub own: u64,
}

/// The drain lease of an application: at most one runs.
#[derive(Debug, Clone, Default)]
pub struct DrainLease {
    last: Option<Lease>,
}

impl DrainLease {
    /// The lease that runs at `now`; while there is one, no new work starts.
    pub fn running(&self, now: Instant) -> Option<&Lease> {
        self.last.as_ref().filter(|lease| now < lease.until)
    }

    /// When the lease that was last accepted runs out, if nobody resumed.
    pub fn until(&self) -> Option<Instant> {
        self.last.as_ref().map(|lease| lease.until)
    }

    /// Begins or renews the drain, for `length` from `now` on.
    ///
    /// Refused if a lease with a higher epoch runs; nothing changes then.
    pub fn drain(&mut self, now: Instant, gate: &str, epoch: u64, length: Duration) -> Result<Drained, LowerEpoch> {
        let change = match self.running(now).map(|lease| lease.epoch) {
            Some(own) if epoch < own => return Err(LowerEpoch { own }),
            Some(own) if epoch == own => Drained::Renewed,
            Some(_) => Drained::TakenOver,
            None => Drained::Began,
        };
        self.last = Some(Lease { gate: gate.to_owned(), epoch, until: now + length });
        Ok(change)
    }

    /// Ends the drain, and returns the lease that was running, if any.
    ///
    /// Refused if a lease with a higher epoch runs; nothing changes then.
    pub fn resume(&mut self, now: Instant, epoch: u64) -> Result<Option<Lease>, LowerEpoch> {
        match self.running(now).map(|lease| lease.epoch) {
            Some(own) if epoch < own => Err(LowerEpoch { own }),
            Some(_) => Ok(self.last.take()),
            None => Ok(None),
        }
    }

    /// Returns, once, the lease that ran out by `now` without a resume.
    pub fn take_expired(&mut self, now: Instant) -> Option<Lease> {
        self.last.take_if(|lease| lease.until <= now)
    }
}

#[cfg(test)]
mod tests;
