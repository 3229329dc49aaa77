//! How the rest of the process knows whether it may act.

use std::future::pending;

use futures::future::Either;
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};

/// Whether this process holds the Lease. It lapses by itself: when the election falls silent, whatever the cause, it is
/// over at the renewal deadline.
#[derive(Clone, Debug)]
pub struct Leadership {
    term: watch::Receiver<Term>,
}

/// One time of holding the Lease, from its beginning to its loss. A later one is another tenure, so that a loss can't be
/// overlooked by one who looks too late.
#[derive(Clone, Debug)]
pub struct Tenure {
    number: u64,
    term: watch::Receiver<Term>,
}

/// What the election says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Term {
    /// Number of the tenure: the current one, or the last.
    pub number: u64,
    /// Its end.
    pub end: End,
}

/// When a tenure ends, unless it is renewed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// It has ended, or none has begun.
    Past,
    /// At that time.
    At(Instant),
    /// There is no election.
    Never,
}

impl Term {
    /// Before the first tenure.
    pub const NONE: Self = Self { number: 0, end: End::Past };

    fn runs(self, now: Instant) -> bool {
        match self.end {
            End::Past => false,
            End::At(end) => now < end,
            End::Never => true,
        }
    }
}

impl Leadership {
    /// Leadership without an election, for ever: where one operator runs at most.
    pub fn always() -> Self {
        Self::new(watch::channel(Term { number: 1, end: End::Never }).1)
    }

    /// Leadership that lasts so long and is not renewed.
    #[cfg(test)]
    pub(crate) fn for_a_while(term: std::time::Duration) -> Self {
        Self::new(watch::channel(Term { number: 1, end: End::At(Instant::now() + term) }).1)
    }

    pub(super) fn new(term: watch::Receiver<Term>) -> Self {
        Self { term }
    }

    /// Whether this process may act at this moment.
    pub fn is_held(&self) -> bool {
        self.term.borrow().runs(Instant::now())
    }

    /// Waits until this process may act. Never returns once the election is over and not won.
    pub async fn held(&self) -> Tenure {
        let mut term = self.term.clone();
        loop {
            let current = *term.borrow_and_update();
            if current.runs(Instant::now()) {
                return Tenure { number: current.number, term };
            }
            if term.changed().await.is_err() {
                pending::<()>().await;
            }
        }
    }
}

impl Tenure {
    /// Whether this tenure lasts at this moment.
    pub fn lasts(&self) -> bool {
        self.end() != End::Past
    }

    /// Waits for the end of this tenure. Whoever acts by it must stop at once.
    pub async fn lost(&self) {
        let mut watched = Self { number: self.number, term: self.term.clone() };
        watched.term.mark_unchanged();
        loop {
            let lapse = match watched.end() {
                End::Past => return,
                End::At(end) => Either::Left(sleep_until(end)),
                End::Never => Either::Right(pending()),
            };
            tokio::select! {
                () = lapse => {}
                // Once the election is gone nothing renews the term: it lapses.
                Ok(()) = watched.term.changed() => {}
            }
        }
    }

    /// The end of this tenure as it stands now.
    fn end(&self) -> End {
        let term = *self.term.borrow();
        if term.number == self.number && term.runs(Instant::now()) { term.end } else { End::Past }
    }
}
