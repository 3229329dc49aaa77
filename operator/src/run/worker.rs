//! One worker a member: holds an intent, makes one call at a time until the member agrees, and reports facts. It never decides.

use std::sync::Arc;

use jiff::Timestamp;
use serde_json::json;
use tokio::{
    sync::watch,
    time::{Duration, Instant, sleep_until},
};
use tokio_util::task::AbortOnDropHandle;

use super::{
    http::{Call, MemberClient, Method},
    pod::Incarnation,
    watches::Notify,
};
use crate::{
    gate::{Answer, DrainFact, Endpoint, Facts, Intent, Plan, ProbeFact, Report, Trouble},
    metrics::{MemberCall, MemberCallResult, Metrics},
};

/// Share of a lease after which it is renewed.
const RENEWALS_A_LEASE: u32 = 3;

/// What every worker of a run shares.
pub(crate) struct Shared {
    pub(crate) gate: String,
    pub(crate) plan: Plan,
    pub(crate) client: MemberClient,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) notify: Notify,
}

/// What a worker has to do, and where.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Order {
    pub(crate) intent: Intent,
    /// Where the member is called; `None` while its container does not run.
    pub(crate) place: Option<Place>,
}

/// Where a member is called.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Place {
    pub(crate) incarnation: Incarnation,
    pub(crate) probe_port: Result<u16, Trouble>,
    pub(crate) drain_port: Result<u16, Trouble>,
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
        self.change(|facts| {
            if facts.drain != DrainFact::Acknowledged(epoch) {
                facts.drain = DrainFact::Maybe;
            }
        });
        let renewal = Duration::from_secs(self.shared.plan.lease_seconds.into()) / RENEWALS_A_LEASE;
        let answer = self.tell(MemberCall::Drain, epoch, place).await;
        let now = Instant::now();
        let (result, pause) = match answer {
            Ok(Told::Yes) => (Ok(DrainFact::Acknowledged(epoch)), renewal),
            Ok(Told::OtherEpoch(other)) => {
                self.change(|facts| facts.conflict = Some(other));
                (Err(None), self.period())
            }
            Err(trouble) => (Err(Some(trouble)), self.period().min(renewal)),
        };
        self.schedule.drain = Some(now + pause);
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
                facts.drain = DrainFact::Maybe;
                facts.drain_trouble = trouble;
            }
        });
        true
    }

    async fn probe(&mut self, epoch: i64, place: &Place) -> bool {
        // From start to start, so that a slow answer does not stretch the period.
        self.schedule.probe = Some(Instant::now() + self.period());
        let result = match &place.probe_port {
            Ok(port) => {
                let probe = &self.shared.plan.probe;
                match self.call(MemberCall::Probe, Method::Get, place, *port, probe, None).await {
                    Ok(answer) => self.judge(answer).await,
                    Err(trouble) => Err(trouble),
                }
            }
            Err(trouble) => Err(trouble.clone()),
        };
        // A member that forgot its drain (it restarted unseen, or its lease ran out) is drained again.
        let forgot =
            self.shared.plan.drain.is_some() && result.as_ref().is_ok_and(|report| report.draining == Some(false));
        let result = if forgot { Err(Trouble::NotDraining) } else { result };
        if forgot {
            self.schedule.drain = None;
        }
        self.change(|facts| facts.probe = Some(ProbeFact { epoch, at: Timestamp::now(), result }));
        true
    }

    /// Applies the ready rule on a thread that may take its time: the expression is a user's.
    async fn judge(&self, answer: Answer) -> Result<Report, Trouble> {
        let (rule, code) = (self.shared.plan.ready.clone(), answer.code);
        let limit = self.timeout();
        let verdict = tokio::time::timeout(limit, tokio::task::spawn_blocking(move || rule.judge(&answer)));
        let why = "the ready expression took too long".to_owned();
        verdict.await.ok().and_then(Result::ok).unwrap_or(Err(Trouble::Unreadable { code, why }))
    }

    async fn resume(&mut self, epoch: i64, place: &Place) -> bool {
        let answer = self.tell(MemberCall::Resume, epoch, place).await;
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

    /// Tells the member to drain or to resume.
    async fn tell(&self, call: MemberCall, epoch: i64, place: &Place) -> Result<Told, Trouble> {
        let Some(drain) = &self.shared.plan.drain else { return Ok(Told::Yes) };
        let port = place.drain_port.clone()?;
        let (method, name) = match call {
            MemberCall::Resume => (Method::Delete, "DELETE"),
            MemberCall::Drain | MemberCall::Probe => (Method::Post, "POST"),
        };
        let body = json!({"gate": self.shared.gate, "epoch": epoch, "leaseSeconds": self.shared.plan.lease_seconds});
        let answer = self.call(call, method, place, port, drain, Some(body.to_string().into_bytes())).await?;
        match answer.code {
            200..300 => Ok(Told::Yes),
            409 => {
                let other = serde_json::from_slice::<serde_json::Value>(&answer.body).ok();
                let other = other.and_then(|body| body.get("epoch")?.as_i64());
                // Only a higher epoch explains the refusal, and can be gone above.
                let refused = Trouble::DrainStatus { method: name, path: drain.path.clone(), code: 409 };
                other.filter(|other| *other > epoch).map(Told::OtherEpoch).ok_or(refused)
            }
            code => Err(Trouble::DrainStatus { method: name, path: drain.path.clone(), code }),
        }
    }

    async fn call(
        &self,
        kind: MemberCall,
        method: Method,
        place: &Place,
        port: u16,
        endpoint: &Endpoint,
        body: Option<Vec<u8>>,
    ) -> Result<Answer, Trouble> {
        let address = place.incarnation.address;
        if place.incarnation.host_network {
            let why = "uses the host network, so its address is the node's and is never called".into();
            return Err(Trouble::ForbiddenAddress(why));
        }
        let call = Call { method, address, port, path: endpoint.path.clone(), body, timeout: self.timeout() };
        let began = Instant::now();
        let answer = self.shared.client.call(call).await;
        let result = match &answer {
            Ok(answer) if kind == MemberCall::Probe || (200..300).contains(&answer.code) => MemberCallResult::Ok,
            Ok(_) => MemberCallResult::Refused,
            Err(_) => MemberCallResult::Error,
        };
        self.shared.metrics.member_called(kind, result, began.elapsed());
        answer.map_err(|error| Trouble::NoAnswer(error.to_string()))
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

    fn timeout(&self) -> Duration {
        Duration::from_secs(self.shared.plan.timeout_seconds.into())
    }
}

/// How a member took an order.
enum Told {
    Yes,
    /// 409: it follows another epoch.
    OtherEpoch(i64),
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
