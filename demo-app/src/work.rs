//! May new work start? The drain lease, the operations and the shutdown,
//! behind the one lock that makes an acknowledged drain true. Pure.

use std::{
    fmt,
    time::{Duration, Instant},
};

use jiff::Timestamp;

use crate::{
    lease::DrainLease,
    operations::{OperationId, Operations},
};

/// Why an operation was not started.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// A drain lease runs.
    Draining {
        /// The gate that asked for the drain.
        gate: String,
    },
    /// SIGTERM came.
    Stopping,
    /// As many operations run as may.
    TooManyOperations {
        /// How many may run at a time.
        max: usize,
    },
}

impl Refusal {
    /// The reason in one word, as in a condition or a metric label.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::Draining { .. } => "Draining",
            Self::Stopping => "Stopping",
            Self::TooManyOperations { .. } => "TooManyOperations",
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Draining { gate } => write!(f, "draining for gate {gate:?}, no new work is taken: try again later"),
            Self::Stopping => write!(f, "this pod is stopping: try again, another will answer"),
            Self::TooManyOperations { max } => {
                write!(f, "{max} operations run, which is the most: try again later")
            }
        }
    }
}

/// How many operations were refused since the process began, by reason.
#[derive(Debug, Clone, Copy, Default)]
pub struct Refused {
    /// See [`Refusal::Draining`].
    pub draining: u64,
    /// See [`Refusal::Stopping`].
    pub stopping: u64,
    /// See [`Refusal::TooManyOperations`].
    pub too_many_operations: u64,
}

/// All that decides whether new work may start.
#[derive(Debug, Default)]
pub struct Work {
    /// The drain lease.
    pub lease: DrainLease,
    /// The operations.
    pub operations: Operations,
    /// True from SIGTERM on.
    pub stopping: bool,
    refused: Refused,
}

impl Work {
    /// Starts an operation of `length`, unless a reason speaks against it.
    /// At most `max` run at a time.
    pub fn start(
        &mut self,
        now: Instant,
        length: Duration,
        ends_at: Timestamp,
        max: usize,
    ) -> Result<OperationId, Refusal> {
        if let Some(refusal) = self.refusal(now, max) {
            let count = match refusal {
                Refusal::Draining { .. } => &mut self.refused.draining,
                Refusal::Stopping => &mut self.refused.stopping,
                Refusal::TooManyOperations { .. } => &mut self.refused.too_many_operations,
            };
            *count += 1;
            return Err(refusal);
        }
        Ok(self.operations.start(now, length, ends_at))
    }

    fn refusal(&self, now: Instant, max: usize) -> Option<Refusal> {
        if self.stopping {
            Some(Refusal::Stopping)
        } else if let Some(lease) = self.lease.running(now) {
            Some(Refusal::Draining { gate: lease.gate.clone() })
        } else if self.operations.running() >= max {
            Some(Refusal::TooManyOperations { max })
        } else {
            None
        }
    }

    /// How many operations were refused.
    pub fn refused(&self) -> Refused {
        self.refused
    }

    /// What runs, in words that change only when the operations do: a caller
    /// may store them, so they hold the time of the end and not what is left.
    pub fn message(&self) -> String {
        let ends = self.operations.last_ends_at().map(|at| at.strftime("%H:%M:%SZ").to_string());
        match (self.operations.running(), ends) {
            (1, Some(end)) => format!("1 operation running, until {end}"),
            (n, Some(end)) => format!("{n} operations running, the last until {end}"),
            (_, None) => "no operation running".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    const MINUTE: Duration = Duration::from_mins(1);
    const END: Timestamp = Timestamp::constant(1_795_450_653, 0);

    fn start(work: &mut Work, now: Instant) -> Result<OperationId, Refusal> {
        work.start(now, MINUTE, END, 2)
    }

    #[test]
    fn nothing_starts_between_the_drain_and_its_end() {
        let (mut work, now) = (Work::default(), Instant::now());
        start(&mut work, now).unwrap();
        work.lease.drain(now, "a", 7, MINUTE).unwrap();
        let gate = "a".to_owned();
        assert_eq!(start(&mut work, now), Err(Refusal::Draining { gate }));
        assert_eq!(work.operations.running(), 1, "what runs is left to run through a drain");
        assert_eq!(start(&mut work, now + MINUTE), Ok(2));
    }

    #[test]
    fn a_resume_does_not_undo_a_shutdown() {
        let (mut work, now) = (Work::default(), Instant::now());
        work.lease.drain(now, "a", 7, MINUTE).unwrap();
        work.stopping = true;
        work.lease.resume(now, 7).unwrap();
        assert_eq!(start(&mut work, now), Err(Refusal::Stopping));
    }

    #[test]
    fn the_number_of_operations_is_bounded() {
        let (mut work, now) = (Work::default(), Instant::now());
        let first = start(&mut work, now).unwrap();
        start(&mut work, now).unwrap();
        let full = Refusal::TooManyOperations { max: 2 };
        assert_eq!(start(&mut work, now), Err(full));
        work.operations.finish(now, first);
        assert_eq!(start(&mut work, now), Ok(3));
        assert_eq!(work.refused().too_many_operations, 1);
    }

    #[test]
    fn the_message_counts_and_names_the_end() {
        let (mut work, now) = (Work::default(), Instant::now());
        assert_eq!(work.message(), "no operation running");
        start(&mut work, now).unwrap();
        assert_eq!(work.message(), "1 operation running, until 16:17:33Z");
        start(&mut work, now).unwrap();
        assert_eq!(work.message(), "2 operations running, the last until 16:17:33Z");
    }
}
