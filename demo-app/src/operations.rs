//! Counting operations. Pure: `now` is a value.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use jiff::Timestamp;

/// Names an operation; unique within one process.
pub type OperationId = u64;

/// An operation that runs.
#[derive(Debug, Clone)]
struct Operation {
    started: Instant,
    length: Duration,
    ends_at: Timestamp,
}

/// How far an operation came, told when it ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ended {
    /// Which operation.
    pub id: OperationId,
    /// How long it ran.
    pub ran: Duration,
    /// How long it was to run.
    pub of: Duration,
}

/// How many operations there were since the process began.
///
/// Those that run now are `started - finished - cut_off`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Totals {
    /// Accepted.
    pub started: u64,
    /// Ran to their end.
    pub finished: u64,
    /// Ended by the shutdown before their time.
    pub cut_off: u64,
}

/// The operations that run, and how many there were.
#[derive(Debug, Clone, Default)]
pub struct Operations {
    running: BTreeMap<OperationId, Operation>,
    totals: Totals,
}

impl Operations {
    /// Adds an operation of `length` that starts `now`; `ends_at` is its end
    /// on the wall clock.
    pub fn start(&mut self, now: Instant, length: Duration, ends_at: Timestamp) -> OperationId {
        self.totals.started += 1;
        let id = self.totals.started;
        self.running.insert(id, Operation { started: now, length, ends_at });
        id
    }

    /// Takes note that an operation ran to its end; nothing if it is not running.
    pub fn finish(&mut self, now: Instant, id: OperationId) -> Option<Ended> {
        let operation = self.running.remove(&id)?;
        self.totals.finished += 1;
        Some(operation.ended(now, id))
    }

    /// Ends all that run before their time.
    pub fn cut_off(&mut self, now: Instant) -> Vec<Ended> {
        let cut_off: Vec<_> =
            std::mem::take(&mut self.running).into_iter().map(|(id, operation)| operation.ended(now, id)).collect();
        self.totals.cut_off += cut_off.len() as u64;
        cut_off
    }

    /// How many run.
    pub fn running(&self) -> usize {
        self.running.len()
    }

    /// When the last of those that run ends.
    pub fn last_ends_at(&self) -> Option<Timestamp> {
        self.running.values().map(|operation| operation.ends_at).max()
    }

    /// How many there were.
    pub fn totals(&self) -> Totals {
        self.totals
    }
}

impl Operation {
    fn ended(&self, now: Instant, id: OperationId) -> Ended {
        Ended { id, ran: now.saturating_duration_since(self.started), of: self.length }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn the_last_end_is_that_of_the_longest() {
        let (mut operations, now) = (Operations::default(), Instant::now());
        let ends = |second| Timestamp::constant(second, 0);
        let long = operations.start(now, 9 * SECOND, ends(9));
        operations.start(now, SECOND, ends(1));
        assert_eq!(operations.last_ends_at(), Some(ends(9)));
        operations.finish(now, long);
        assert_eq!(operations.last_ends_at(), Some(ends(1)));
    }

    #[test]
    fn cutting_off_tells_how_far_each_came() {
        let (mut operations, now) = (Operations::default(), Instant::now());
        let id = operations.start(now, 60 * SECOND, Timestamp::MIN);
        assert_eq!(operations.cut_off(now + 25 * SECOND), [Ended { id, ran: 25 * SECOND, of: 60 * SECOND }]);
        assert_eq!(operations.finish(now + 60 * SECOND, id), None);
        assert_eq!(operations.running(), 0);
    }

    #[derive(Debug, Clone)]
    enum Step {
        Start,
        Finish(OperationId),
        CutOff,
    }

    proptest! {
        #[test]
        fn every_operation_is_counted_in_one_place(steps in prop::collection::vec(
            prop_oneof![
                4 => Just(Step::Start),
                4 => (0..20u64).prop_map(Step::Finish),
                1 => Just(Step::CutOff),
            ],
            0..60,
        )) {
            let (mut operations, now) = (Operations::default(), Instant::now());
            for step in steps {
                match step {
                    Step::Start => {
                        operations.start(now, SECOND, Timestamp::MIN);
                    }
                    Step::Finish(id) => {
                        operations.finish(now, id);
                    }
                    Step::CutOff => {
                        operations.cut_off(now);
                    }
                }
                let totals = operations.totals();
                prop_assert_eq!(
                    totals.started,
                    totals.finished + totals.cut_off + operations.running() as u64
                );
            }
        }
    }
}
