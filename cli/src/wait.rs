//! Awaiting gates: news in, lines out, until there is a verdict.

use std::time::{Duration, Instant};

use futures::future::try_join_all;
use tokio::time::sleep;

use crate::{
    api::Gates,
    api_error::ApiError,
    args::Patience,
    error::Error,
    feed::{Feed, News, What},
    gate::title,
    say,
    stop::Stop,
    verdict::{Awaited, Limits, Refusal, Seen, Standing, Verdict, judge},
    view,
};

/// Pause before a verdict that could not be confirmed is looked at again.
const AGAIN: Duration = Duration::from_secs(1);

/// Waits until all gates are open, and prints a line for each change.
///
/// # Errors
/// [`Error::Refused`], [`Error::NoOperator`], [`Error::TimedOut`] or [`Error::Stopped`]; [`Error::Api`] when a gate does not
/// exist or may not be read.
pub async fn until_open(
    gates: &Gates,
    awaited: Vec<Awaited>,
    patience: Patience,
    stop: &mut Stop,
) -> Result<(), Error> {
    let begin = Instant::now();
    let limits = Limits { timeout: patience.timeout, operator: patience.operator_timeout };
    let mut board = Board::of(awaited);
    let mut feed = Feed::start(gates, board.entries.iter().map(|entry| entry.awaited.key.clone()));
    loop {
        let mut verdict = board.verdict(begin.elapsed(), limits);
        let mut wake = limits.next(begin.elapsed()).unwrap_or(AGAIN);
        // Watches lag: nobody is let through, and no operator blamed, but by what the API server says right now.
        if matches!(verdict, Verdict::Open | Verdict::NoOperator) {
            let fresh = tokio::select! {
                fresh = board.refresh(gates) => fresh,
                signal = stop.received() => return Err(Error::Stopped(signal)),
            };
            verdict = match fresh {
                Ok(()) => board.verdict(begin.elapsed(), limits),
                Err(e) => {
                    board.warn("look again", e);
                    wake = wake.min(AGAIN);
                    if begin.elapsed() < limits.timeout { Verdict::Pending } else { Verdict::TimedOut }
                }
            };
        }
        if verdict != Verdict::Pending {
            return board.conclude(verdict, limits);
        }
        tokio::select! {
            news = feed.next() => board.take(news)?,
            () = sleep(wake) => {}
            signal = stop.received() => return Err(Error::Stopped(signal)),
        }
    }
}

struct Board {
    entries: Vec<Entry>,
    trouble: Option<String>,
}

struct Entry {
    awaited: Awaited,
    printed: Option<String>,
}

impl Board {
    fn of(awaited: Vec<Awaited>) -> Self {
        let entries = awaited.into_iter().map(|awaited| Entry { awaited, printed: None }).collect();
        Board { entries, trouble: None }
    }

    fn verdict(&self, waited: Duration, limits: Limits) -> Verdict {
        let standings: Vec<_> = self.entries.iter().map(|entry| entry.awaited.standing()).collect();
        judge(&standings, waited, limits)
    }

    fn take(&mut self, news: Option<News>) -> Result<(), Error> {
        let Some(News { index, what }) = news else { return Ok(()) };
        let Some(entry) = self.entries.get_mut(index) else { return Ok(()) };
        match what {
            What::Seen(seen) => {
                self.trouble = None;
                entry.see(seen);
            }
            What::Trouble(e) => {
                let doing = format!("watch {}", title(&entry.awaited.key.name));
                self.warn(&doing, e);
            }
            What::Denied(e) => return Err(e.when(format!("watch {}", entry.awaited.key))),
        }
        Ok(())
    }

    /// Says once that something failed which is being repeated.
    fn warn(&mut self, doing: &str, error: ApiError) {
        let text = error.when(doing).to_string();
        if self.trouble.as_ref() != Some(&text) {
            say::err(format_args!("warning: {text}; trying again"));
            self.trouble = Some(text);
        }
    }

    /// Looks at all gates at this moment.
    async fn refresh(&mut self, gates: &Gates) -> Result<(), ApiError> {
        let look = self.entries.iter().map(|entry| async {
            match gates.get(&entry.awaited.key).await {
                Ok(gate) => Ok(Seen::Gate(Box::new(gate))),
                Err(ApiError::NotFound) => Ok(Seen::Gone),
                Err(e) => Err(e),
            }
        });
        let seen = try_join_all(look).await?;
        self.entries.iter_mut().zip(seen).for_each(|(entry, seen)| entry.see(seen));
        Ok(())
    }

    fn conclude(&self, verdict: Verdict, limits: Limits) -> Result<(), Error> {
        let awaited = || self.entries.iter().map(|entry| &entry.awaited);
        match verdict {
            Verdict::Open | Verdict::Pending => Ok(()),
            Verdict::Refused => Error::all(awaited().filter_map(refused).collect()),
            Verdict::NoOperator => {
                let unseen = awaited().filter(|a| a.standing() == Standing::Unseen);
                let waited = limits.operator.min(limits.timeout);
                Error::all(unseen.map(|a| Error::NoOperator(view::no_operator(&a.key, waited))).collect())
            }
            Verdict::TimedOut => {
                let held: Vec<_> =
                    awaited().filter(|a| a.standing() != Standing::Open).map(|a| (&a.key, a.gate())).collect();
                Err(Error::TimedOut(view::timed_out(&held, limits.timeout, self.trouble.as_deref())))
            }
        }
    }
}

impl Entry {
    fn see(&mut self, seen: Seen) {
        self.awaited.take(seen);
        // What refuses is said by the verdict.
        let refused = matches!(self.awaited.standing(), Standing::Refused(_));
        let line = self.awaited.gate().filter(|_| !refused).and_then(view::progress);
        if let Some(line) = line.filter(|line| self.printed.as_ref() != Some(line)) {
            say::out(format_args!("{} {line}", title(&self.awaited.key.name)));
            self.printed = Some(line);
        }
    }
}

fn refused(awaited: &Awaited) -> Option<Error> {
    match awaited.standing() {
        Standing::Refused(Refusal::NotFound) => Some(ApiError::NotFound.when(format!("await {}", awaited.key))),
        Standing::Refused(refusal) => Some(Error::Refused(view::refusal(&awaited.key, &refusal, awaited.gate()))),
        _ => None,
    }
}
