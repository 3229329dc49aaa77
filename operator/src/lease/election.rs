//! The election itself: does what [`decide`](super::decide) says.

use std::pin::pin;
use std::time::Duration;

use futures::{Stream, StreamExt};
use jiff::Timestamp;
use k8s_openapi::api::coordination::v1::Lease;
use kube::api::PostParams;
use kube::runtime::WatchStreamExt;
use kube::runtime::watcher::{self, Event, watcher};
use kube::{Api, Client};
use tokio::sync::watch;
use tokio::time::{Instant, sleep, sleep_until};
use tokio_util::sync::CancellationToken;

use super::decide::{self, Held, Hold, Observed, StandBy};
use super::leadership::{End, Leadership, Term};
use super::{LeaseConfig, record};
use crate::client::{ApiError, within_limit};

/// Seconds after which the server ends a watch. Kept short of the silence after which routers drop a connection.
const WATCH_SECONDS: u32 = 200;

/// The competition for the Lease. It starts with [`Election::run`].
#[derive(Debug)]
pub struct Election {
    leases: Api<Lease>,
    config: LeaseConfig,
    term: watch::Sender<Term>,
}

/// The Lease, held.
struct Holding {
    lease: Lease,
    held: Held,
}

impl Election {
    /// An election for the Lease of `config`, which is made if there is none.
    pub fn new(client: Client, config: LeaseConfig) -> Self {
        let leases = Api::namespaced(client, &config.namespace);
        Self { leases, config, term: watch::Sender::new(Term::NONE) }
    }

    /// Whether this process holds the Lease, now and later.
    pub fn leadership(&self) -> Leadership {
        Leadership::new(self.term.subscribe())
    }

    /// Competes until `stopped`, then releases the Lease if it is held, so that another may act at once. Cancel `stopped`
    /// only after this process has stopped acting. Losing the Lease is no end: it competes again.
    ///
    /// Errors of the API are logged and tried again; while they last, leadership lapses.
    pub async fn run(self, stopped: CancellationToken) {
        let mut observed = None;
        while let Some(won) = self.stand_by(&mut observed, &stopped).await {
            tracing::info!(lease = self.config.name, identity = self.config.identity, "acquired the lease");
            let lease = self.hold(won, &stopped).await;
            if stopped.is_cancelled() {
                return self.release(lease).await;
            }
            tracing::warn!(lease = self.config.name, identity = self.config.identity, "lost the lease");
            observed = Some(Observed::new(Some(lease), Instant::now()));
        }
    }

    /// Waits until the Lease is ours; `None` once stopped.
    async fn stand_by(&self, observed: &mut Option<Observed>, stopped: &CancellationToken) -> Option<Holding> {
        let mut changes = pin!(self.changes());
        while !stopped.is_cancelled() {
            let Some(known) = observed else {
                match self.read().await {
                    Ok(lease) => *observed = Some(Observed::new(lease, Instant::now())),
                    Err(_) => self.pause(stopped).await,
                }
                continue;
            };
            match decide::stand_by(known, &self.config.identity, &self.config.timing, Instant::now()) {
                StandBy::Wait(until) => tokio::select! {
                    () = stopped.cancelled() => {}
                    () = sleep_until(until) => {}
                    Some(lease) = changes.next() => known.see(lease, Instant::now()),
                },
                StandBy::Claim => match self.claim(known.lease.clone()).await {
                    Ok(won) => return Some(won),
                    // Another was faster, or the Lease is not what it was.
                    Err(error) if error.is_conflict() || error.is_not_found() => match self.read().await {
                        Ok(lease) => known.see(lease, Instant::now()),
                        Err(_) => self.pause(stopped).await,
                    },
                    Err(error) => {
                        self.complain(&error);
                        self.pause(stopped).await;
                    }
                },
            }
        }
        None
    }

    /// Holds the Lease until it is lost or `stopped`. Returns it as it was last seen.
    async fn hold(&self, won: Holding, stopped: &CancellationToken) -> Lease {
        let timing = &self.config.timing;
        let Holding { mut lease, mut held } = won;
        let number = self.term.borrow().number + 1;
        while !stopped.is_cancelled() {
            self.publish(Term { number, end: End::At(held.acts_until(timing)) });
            let now = Instant::now();
            match decide::hold(held, timing, now) {
                Hold::GiveUp => break,
                Hold::Wait(until) => tokio::select! {
                    () = stopped.cancelled() => {}
                    () = sleep_until(until) => {}
                },
                Hold::Renew { until } => match self.renew(&lease, until - now).await {
                    Ok(renewed) => {
                        lease = renewed;
                        held = Held::renewed(now, timing);
                    }
                    // Someone wrote in between, perhaps only a label. While it is ours, the next try is due at once.
                    Err(ApiError::Conflict { .. }) => match self.read().await {
                        Ok(Some(current)) => {
                            lease = current;
                            if !self.names_me(&lease) {
                                break;
                            }
                        }
                        Ok(None) | Err(_) => held = held.failed(Instant::now(), timing),
                    },
                    Err(error) => {
                        self.complain(&error);
                        held = held.failed(Instant::now(), timing);
                    }
                },
            }
        }
        self.publish(Term { number, end: End::Past });
        lease
    }

    fn publish(&self, term: Term) {
        self.term.send_if_modified(|current| std::mem::replace(current, term) != term);
    }

    async fn claim(&self, previous: Option<Lease>) -> Result<Holding, ApiError> {
        let began = Instant::now();
        let claimed = record::claimed(previous, &self.config, Timestamp::now());
        let lease = self.write(claimed, self.config.timing.request_timeout).await?;
        Ok(Holding { lease, held: Held::renewed(began, &self.config.timing) })
    }

    async fn renew(&self, lease: &Lease, limit: Duration) -> Result<Lease, ApiError> {
        let now = Timestamp::now();
        match self.write(record::renewed(lease.clone(), now), limit).await {
            // Deleted by someone. Those who stand by still wait for us, so it is ours to make again.
            Err(error) if error.is_not_found() => self.write(record::claimed(None, &self.config, now), limit).await,
            result => result,
        }
    }

    /// Frees the Lease if it is still ours. If it can't, the next waits for its duration.
    async fn release(&self, lease: Lease) {
        if !self.names_me(&lease) {
            return;
        }
        let limit = self.config.timing.request_timeout;
        let mut released = self.write(record::released(lease, Timestamp::now()), limit).await;
        if matches!(released, Err(ApiError::Conflict { .. })) {
            match self.read().await {
                Ok(Some(current)) if self.names_me(&current) => {
                    released = self.write(record::released(current, Timestamp::now()), limit).await;
                }
                _ => return,
            }
        }
        match released {
            Ok(_) => tracing::info!(lease = self.config.name, identity = self.config.identity, "released the lease"),
            Err(error) => self.complain(&error),
        }
    }

    /// Creates or replaces the Lease; a replacement only of the version that was read.
    async fn write(&self, lease: Lease, limit: Duration) -> Result<Lease, ApiError> {
        let what = format!("write lease {}/{}", self.config.namespace, self.config.name);
        let params = PostParams::default();
        if lease.metadata.resource_version.is_some() {
            within_limit(limit, &what, self.leases.replace(&self.config.name, &params, &lease)).await
        } else {
            within_limit(limit, &what, self.leases.create(&params, &lease)).await
        }
    }

    /// The Lease as it is now, if there is one. Errors are logged here.
    async fn read(&self) -> Result<Option<Lease>, ApiError> {
        let what = format!("read lease {}/{}", self.config.namespace, self.config.name);
        let call = self.leases.get_opt(&self.config.name);
        let read = within_limit(self.config.timing.request_timeout, &what, call).await;
        read.inspect_err(|error| self.complain(error))
    }

    /// The Lease whenever it changes; `None` when it is gone. Only a help to be fast: without it, time decides.
    fn changes(&self) -> impl Stream<Item = Option<Lease>> {
        let only = format!("metadata.name={}", self.config.name);
        let config = watcher::Config::default().fields(&only).timeout(WATCH_SECONDS);
        watcher(self.leases.clone(), config).default_backoff().filter_map(async |event| match event {
            Ok(Event::Apply(lease) | Event::InitApply(lease)) => Some(Some(lease)),
            Ok(Event::Delete(_)) => Some(None),
            // A list without the Lease tells nothing that a claim would not find out.
            Ok(Event::Init | Event::InitDone) => None,
            Err(error) => {
                tracing::warn!(lease = self.config.name, %error, "watch of the lease failed; it is tried again");
                None
            }
        })
    }

    fn names_me(&self, lease: &Lease) -> bool {
        lease.spec.as_ref().and_then(|spec| spec.holder_identity.as_ref()) == Some(&self.config.identity)
    }

    async fn pause(&self, stopped: &CancellationToken) {
        tokio::select! {
            () = stopped.cancelled() => {}
            () = sleep(self.config.timing.retry_after) => {}
        }
    }

    fn complain(&self, error: &ApiError) {
        tracing::warn!(identity = self.config.identity, %error, "election: a request failed; it is tried again");
    }
}
