//! One worker a member: holds an intent, makes one call at a time until the member agrees, and reports facts. It never decides.

#[cfg(test)]
mod tests;

use std::sync::Arc;

use jiff::Timestamp;
use tokio::{
    sync::watch,
    time::{Duration, Instant, sleep_until},
};
use tokio_util::task::AbortOnDropHandle;

use super::calls::{Place, Shared, Told};
use crate::{
    gate::{DrainFact, Facts, Intent, ProbeFact, Trouble},
    metrics::MemberCall,
};

/// Share of a lease after which it is renewed.
const RENEWALS_A_LEASE: u32 = 3;

/// What a worker has to do, and where.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Order {
    pub(crate) intent: Intent,
    /// Where the member is called; `None` while its container does not run.
    pub(crate) place: Option<Place>,
}

/// The handle of a worker; dropping it ends the worker.
pub(crate) struct Worker {
    order: watch::Sender<Order>,
    facts: watch::Receiver<Facts>,
    _task: AbortOnDropHandle<()>,
}

impl Worker {
    /// Starts a worker that does nothing yet. `drain` is what is known of the member before its first call.
    pub(crate) fn start(shared: &Arc<Shared>, drain: DrainFact) -> Self {
        let (order, orders) = watch::channel(Order { intent: Intent::Idle, place: None });
        let (report, facts) = watch::channel(Facts { drain, ..Facts::default() });
        let member = Member { shared: Arc::clone(shared), orders, report, schedule: Schedule::default() };
        Worker { order, facts, _task: AbortOnDropHandle::new(tokio::spawn(member.work())) }
    }

    /// Gives an order; the same one again changes nothing.
    pub(crate) fn order(&self, order: Order) {
        self.order.send_if_modified(|current| {
            let new = *current != order;
            *current = order;
            new
        });
    }

    /// What it found out.
    pub(crate) fn facts(&self) -> Facts {
        self.facts.borrow().clone()
    }
}

/// When the next calls are due.
#[derive(Clone, Copy, Debug, Default)]
struct Schedule {
    drain: Option<Instant>,
    probe: Option<Instant>,
}

/// The inside of a worker.
struct Member {
    shared: Arc<Shared>,
    orders: watch::Receiver<Order>,
    report: watch::Sender<Facts>,
    schedule: Schedule,
}

/// What is to be done next.
enum Next {
    Nothing,
    Wait(Instant),
    Drain(i64),
    Probe(i64),
    Resume(i64),
}

impl Member {
    async fn work(mut self) {
        let mut known: Option<Order> = None;
        loop {
            let order = self.orders.borrow_and_update().clone();
            if known.as_ref() != Some(&order) {
                self.turn();
                known = Some(order.clone());
            }
            let done = match (self.next(order.intent), &order.place) {
                (Next::Nothing, _) | (_, None) => self.orders.changed().await.is_ok(),
                (Next::Wait(at), _) => tokio::select! {
                    changed = self.orders.changed() => changed.is_ok(),
                    () = sleep_until(at) => true,
                },
                (Next::Drain(epoch), Some(place)) => self.drain(epoch, place).await,
                (Next::Probe(epoch), Some(place)) => self.probe(epoch, place).await,
                (Next::Resume(epoch), Some(place)) => self.resume(epoch, place).await,
            };
            if !done {
                return;
            }
        }
    }

    /// Takes a new order: all calls are due.
    fn turn(&mut self) {
        // A member that names higher and higher epochs is followed once a period, not as fast as it answers.
        if self.report.borrow().conflict.is_none() {
            self.schedule = Schedule::default();
        }
    }

    fn next(&self, intent: Intent) -> Next {
        let now = Instant::now();
        let is_due = |at: Option<Instant>| at.is_none_or(|at| at <= now);
        let facts = self.report.borrow();
        match intent {
            Intent::Idle => Next::Nothing,
            Intent::Resumed { epoch } => match (facts.drain, self.schedule.drain) {
                (DrainFact::Never | DrainFact::Resumed, _) => Next::Nothing,
                (_, Some(at)) if at > now => Next::Wait(at),
                _ => Next::Resume(epoch),
            },
            Intent::Drained { epoch, probe } => {
                let drains = self.shared.plan.drain.is_some();
                let acknowledged = facts.drain == DrainFact::Acknowledged(epoch);
                if drains && is_due(self.schedule.drain) {
                    return Next::Drain(epoch);
                }
                // A member is asked once it drains: what it says before that is no answer of this run.
                if probe && (acknowledged || !drains) && is_due(self.schedule.probe) {
                    return Next::Probe(epoch);
                }
                let asks = probe && (acknowledged || !drains);
                let due = [self.schedule.drain.filter(|_| drains), self.schedule.probe.filter(|_| asks)];
                due.into_iter().flatten().min().map_or(Next::Nothing, Next::Wait)
            }
        }
    }

    async fn drain(&mut self, epoch: i64, place: &Place) -> bool {
        let before = self.report.borrow().drain;
        self.change(|facts| {
            if facts.drain != DrainFact::Acknowledged(epoch) {
                facts.drain = DrainFact::Maybe;
            }
        });
        let renewal = Duration::from_secs(self.shared.plan.lease_seconds.into()) / RENEWALS_A_LEASE;
        // The lease runs from about here on, however long the answer takes.
        let asked = Instant::now();
        let answer = self.shared.tell(MemberCall::Drain, epoch, place).await;
        let now = Instant::now();
        let (result, next) = match answer {
            Ok(Told::Yes) => (Ok(DrainFact::Acknowledged(epoch)), asked + renewal),
            Ok(Told::OtherEpoch(other)) => {
                self.change(|facts| facts.conflict = Some(other));
                (Err(None), now + self.period())
            }
            Err(trouble) => (Err(Some(trouble)), now + self.period().min(renewal)),
        };
        self.schedule.drain = Some(next);
        self.change(|facts| match result {
            Ok(fact) => {
                // What was answered before the drain says nothing about after it.
                if facts.drain != fact {
                    facts.probe = None;
                }
                facts.drain = fact;
                facts.drain_trouble = None;
                facts.conflict = None;
            }
            Err(trouble) => {
                // Who was not reached, or knows no such path, is as it was before.
                let untold = matches!(trouble, Some(Trouble::Unreached(_) | Trouble::DrainStatus { code: 404, .. }));
                let acknowledged = matches!(before, DrainFact::Acknowledged(_));
                facts.drain = if untold && !acknowledged { before } else { DrainFact::Maybe };
                facts.drain_trouble = trouble;
            }
        });
        true
    }

    async fn probe(&mut self, epoch: i64, place: &Place) -> bool {
        // From start to start, so that a slow answer does not stretch the period.
        self.schedule.probe = Some(Instant::now() + self.period());
        // The answer is as old as the question: a process that was frozen meanwhile must not take it for a fresh one.
        let asked = Timestamp::now();
        let result = self.shared.ask(place).await;
        // A member that forgot its drain (it restarted unseen, or its lease ran out) is drained again.
        let forgot =
            self.shared.plan.drain.is_some() && result.as_ref().is_ok_and(|report| report.draining == Some(false));
        let result = if forgot { Err(Trouble::NotDraining) } else { result };
        if forgot {
            self.schedule.drain = None;
        }
        self.change(|facts| facts.probe = Some(ProbeFact { epoch, at: asked, result }));
        true
    }

    async fn resume(&mut self, epoch: i64, place: &Place) -> bool {
        let answer = self.shared.tell(MemberCall::Resume, epoch, place).await;
        self.schedule.drain = Some(Instant::now() + self.period());
        self.change(|facts| match answer {
            // A higher epoch means that a newer run drained it: it is that run's to resume.
            Ok(Told::Yes | Told::OtherEpoch(_)) => {
                facts.drain = DrainFact::Resumed;
                facts.drain_trouble = None;
                facts.conflict = None;
            }
            Err(trouble) => facts.drain_trouble = Some(trouble),
        });
        true
    }

    /// Changes the facts, and tells the run if that may matter to a decision: another time of the same answer does not.
    fn change(&self, change: impl FnOnce(&mut Facts)) {
        let mut news = false;
        self.report.send_if_modified(|facts| {
            let before = facts.clone();
            change(facts);
            // An answer that had become stale says something again.
            let was_stale = before.probe.as_ref().is_some_and(|p| !self.shared.plan.is_fresh(p.at, Timestamp::now()));
            news = was_stale || essence(&before) != essence(facts);
            if !is_same_state(&before, facts) || facts.since.is_none() {
                facts.since = Some(Timestamp::now());
            }
            news
        });
        if news {
            (self.shared.notify)();
        }
    }

    fn period(&self) -> Duration {
        Duration::from_secs(self.shared.plan.period_seconds.into())
    }
}

/// Facts without the time of the last answer.
fn essence(facts: &Facts) -> Facts {
    let mut facts = facts.clone();
    facts.since = None;
    if let Some(probe) = &mut facts.probe {
        probe.at = Timestamp::UNIX_EPOCH;
    }
    facts
}

/// Whether a person would call it the same state: `since` moves with it.
fn is_same_state(before: &Facts, after: &Facts) -> bool {
    let drained = |facts: &Facts| matches!(facts.drain, DrainFact::Acknowledged(_));
    let answer =
        |facts: &Facts| facts.probe.as_ref().map(|probe| probe.result.as_ref().map(|report| report.ready).ok());
    let in_trouble = |facts: &Facts| facts.drain_trouble.is_some();
    drained(before) == drained(after) && answer(before) == answer(after) && in_trouble(before) == in_trouble(after)
}
