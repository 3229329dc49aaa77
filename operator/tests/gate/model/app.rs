//! The application in a pod: it keeps the contract of the design, but for single answers that are lies.

/// Seconds of a drain lease in the model.
pub const LEASE: i64 = 20;

/// A drain that an application honours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lease {
    pub epoch: i64,
    /// When it is over by itself.
    pub until: i64,
    /// The gate whose call this was; `None` if it came late, when nobody waited for it any more.
    pub gate: Option<usize>,
}

/// An application.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct App {
    pub busy: bool,
    pub lease: Option<Lease>,
    /// Whether it answers nobody any more, and hears nobody.
    pub hangs: bool,
    /// Whether it ever gave an untrue answer. Such a one may stay drained until its lease is over.
    pub lied: bool,
}

/// An answer that is not true.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Lie {
    /// 2xx, and nothing is done.
    Done,
    /// 409 with the next epoch, which nobody has.
    NextEpoch,
    /// 409 with the highest epoch that there is.
    HighestEpoch,
    /// 409 with an epoch below that of the call.
    LowerEpoch,
    /// Ready and draining, though it is busy or does not drain.
    Ready,
    /// Busy, though it is not.
    Busy,
    /// Not draining, though it is.
    NotDraining,
}

impl App {
    /// The drain that runs at this time.
    pub fn drained(&self, now: i64) -> Option<Lease> {
        self.lease.filter(|lease| now < lease.until)
    }

    /// `POST`: drains, or answers 409 with the higher epoch that it follows.
    pub fn post(&mut self, epoch: i64, gate: Option<usize>, now: i64) -> Result<(), i64> {
        self.follows(epoch, now)?;
        self.lease = Some(Lease { epoch, until: now + LEASE, gate });
        Ok(())
    }

    /// `DELETE`: works again, or answers 409.
    pub fn delete(&mut self, epoch: i64, now: i64) -> Result<(), i64> {
        self.follows(epoch, now)?;
        self.lease = None;
        Ok(())
    }

    fn follows(&self, epoch: i64, now: i64) -> Result<(), i64> {
        self.drained(now).filter(|lease| lease.epoch > epoch).map_or(Ok(()), |lease| Err(lease.epoch))
    }
}
