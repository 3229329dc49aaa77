//! The controller: reconcile is observe, decide, apply.

mod apply;
mod gates;
mod observe;
mod progress;
mod record;
mod turns;
mod written;

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use futures::{Stream, StreamExt};
use kube::{
    Api, Client, ResourceExt,
    runtime::{
        Controller,
        controller::Action,
        events::Reporter,
        reflector::{ObjectRef, Store},
    },
};
use tokio::{
    sync::{Mutex as AsyncMutex, mpsc},
    time::Instant,
};
use upgradegate_crds::{Phase, UpgradeGate};

use self::{progress::Budget, record::Record, turns::Turns, written::Written};
use crate::{
    client::{self, ApiError, within},
    gate::{self, Plan},
    lease::Tenure,
    metrics::{Metrics, Reconciled},
    run::{Notify, Run, http::MemberClient},
};

/// Name of the operator in Events and in the fields that it manages.
const NAME: &str = "upgradegate-operator";

/// How soon a conflict is tried again: the watch brings the newer object by then.
const AFTER_CONFLICT: Duration = Duration::from_millis(200);

/// How soon any other failure is tried again.
const AFTER_ERROR: Duration = Duration::from_secs(2);

/// What the controller needs from outside.
#[derive(Clone)]
pub struct Outside {
    /// Client of the API.
    pub client: Client,
    /// Client for members.
    pub members: MemberClient,
    /// What is counted.
    pub metrics: Arc<Metrics>,
    /// Namespace to watch; all without it.
    pub namespace: Option<String>,
    /// Name of this replica, for Events.
    pub identity: Option<String>,
}

impl Outside {
    /// The same, for as long as this tenure lasts: nothing is sent after it, even by what is not stopped yet.
    pub(crate) fn only_while(&self, tenure: &Tenure) -> Self {
        Self {
            client: client::only_while(self.client.clone(), tenure.clone()),
            members: self.members.only_while(tenure.clone()),
            ..self.clone()
        }
    }
}

/// What reconciliations share.
struct Context {
    outside: Outside,
    gates: Store<UpgradeGate>,
    reporter: Reporter,
    records: Mutex<HashMap<String, Arc<AsyncMutex<Record>>>>,
    written: Written,
    turns: Turns,
    budget: Budget,
    trigger: mpsc::UnboundedSender<ObjectRef<UpgradeGate>>,
}

/// Reconciles gates until it is dropped. Whatever it started ends with it: nothing acts for a replica that has lost the Lease.
pub async fn run(outside: Outside) {
    let (trigger, triggers) = mpsc::unbounded_channel();
    let (gates, stream) = gates::watch(&outside);
    let reporter = Reporter { controller: NAME.into(), instance: outside.identity.clone() };
    let context = Arc::new(Context {
        reporter,
        outside,
        gates: gates.clone(),
        records: Mutex::default(),
        written: Written::default(),
        turns: Turns::default(),
        budget: Budget::default(),
        trigger,
    });
    let stream = gates::attend(stream, Arc::clone(&context));
    Controller::for_stream(stream, gates)
        .reconcile_on(received(triggers))
        .run(reconcile, on_error, context)
        .for_each(async |_| {})
        .await;
}

async fn reconcile(gate: Arc<UpgradeGate>, context: Arc<Context>) -> Result<Action, ApiError> {
    let _turn = context.turns.take(&gate).await;
    let record = context.record(&gate);
    let mut record = record.lock().await;
    let (observation, again) = context.observe(Arc::clone(&gate), &mut record).await;
    let decision = gate::decide(&observation);
    let next = context.apply(&observation, decision, &mut record, again).await;
    record.ended(next.is_ok(), patience(&gate), Instant::now());
    if next.as_ref().is_err_and(ApiError::is_conflict) {
        context.catch_up(&gate).await?;
    }
    // Of a gate that the watch shows as finished, or not at all any more, nothing is kept.
    if !context.is_unfinished(&gate) {
        context.forget(|uid| gate.metadata.uid.as_deref() == Some(uid));
    }
    next
}

/// How long reconciliations of a gate may fail before its members are left to their leases: as long as these last.
fn patience(gate: &UpgradeGate) -> Duration {
    let lease = gate.spec.drain.as_ref().map_or(0, |drain| drain.lease_seconds);
    Duration::from_secs(lease.max(10).into())
}

/// Errors are tried again soon, whatever a `Retry-After` says: each call has a timeout, and a deadline does not wait.
#[allow(clippy::needless_pass_by_value)] // the controller's signature
fn on_error(gate: Arc<UpgradeGate>, error: &ApiError, context: Arc<Context>) -> Action {
    if error.is_conflict() {
        return Action::requeue(AFTER_CONFLICT);
    }
    context.outside.metrics.reconciled(Reconciled::Error);
    tracing::warn!(gate = %ObjectRef::from_obj(gate.as_ref()), %error, "reconciliation failed; it is tried again");
    Action::requeue(AFTER_ERROR)
}

impl Context {
    /// The record of this gate.
    fn record(&self, gate: &UpgradeGate) -> Arc<AsyncMutex<Record>> {
        let uid = gate.metadata.uid.clone().unwrap_or_default();
        Arc::clone(self.records.lock().unwrap_or_else(PoisonError::into_inner).entry(uid).or_default())
    }

    /// Forgets the records of gates that are gone, and with them their runs.
    fn forget(&self, is_gone: impl Fn(&str) -> bool) {
        self.records.lock().unwrap_or_else(PoisonError::into_inner).retain(|uid, _| !is_gone(uid));
        self.written.forget(is_gone);
    }

    /// Whether the watch still shows this gate, and not as finished.
    fn is_unfinished(&self, gate: &UpgradeGate) -> bool {
        let shown = self.gates.get(&ObjectRef::from_obj(gate)).filter(|shown| shown.metadata.uid == gate.metadata.uid);
        shown.is_some_and(|shown| gates::phase(&shown) != Some(Phase::Finished))
    }

    /// After a conflict: reads the gate, so that the next try does not wait for the watch.
    async fn catch_up(&self, gate: &UpgradeGate) -> Result<(), ApiError> {
        let (namespace, name) = (gate.namespace().unwrap_or_default(), gate.name_any());
        let api: Api<UpgradeGate> = Api::namespaced(self.outside.client.clone(), &namespace);
        let found = within(&format!("get gate {namespace}/{name}"), api.get_opt(&name)).await?;
        found.filter(|found| found.metadata.uid == gate.metadata.uid).map(|found| self.written.keep(found));
        Ok(())
    }

    /// A new run of this gate.
    fn start(&self, gate: &UpgradeGate, plan: Plan) -> Run {
        let (reference, trigger) = (ObjectRef::from_obj(gate), self.trigger.clone());
        // The receiver lives as long as the controller; after that nobody has to be told.
        let notify: Notify = Arc::new(move || drop(trigger.send(reference.clone())));
        let Outside { client, members, metrics, .. } = self.outside.clone();
        Run::start(client, gate, plan, members, metrics, notify)
    }
}

/// A channel as a stream.
fn received<T: Send + 'static>(receiver: mpsc::UnboundedReceiver<T>) -> impl Stream<Item = T> + Send {
    futures::stream::unfold(receiver, async |mut receiver| receiver.recv().await.map(|item| (item, receiver)))
}
