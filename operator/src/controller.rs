//! The controller: reconcile is observe, decide, apply.

mod apply;
mod gates;
mod observe;
mod record;

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use futures::{Stream, StreamExt};
use kube::{
    Client,
    runtime::{
        Controller,
        controller::Action,
        events::{Recorder, Reporter},
        reflector::{ObjectRef, Store},
    },
};
use tokio::sync::{Mutex as AsyncMutex, mpsc};
use upgradegate_crds::{Phase, UpgradeGate};

use self::record::Record;
use crate::{
    client::ApiError,
    gate::{self, Plan},
    metrics::{Metrics, Reconciled},
    run::{Notify, Run, http::MemberClient},
};

/// Name of the operator in Events and in the fields that it manages.
pub const NAME: &str = "upgradegate-operator";

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

/// What reconciliations share.
struct Context {
    outside: Outside,
    gates: Store<UpgradeGate>,
    recorder: Recorder,
    records: Mutex<HashMap<String, Arc<AsyncMutex<Record>>>>,
    trigger: mpsc::UnboundedSender<ObjectRef<UpgradeGate>>,
}

/// Reconciles gates until it is dropped. Whatever it started ends with it: nothing acts for a replica that has lost the Lease.
pub async fn run(outside: Outside) {
    let (trigger, triggers) = mpsc::unbounded_channel();
    let (gates, stream) = gates::watch(&outside);
    let reporter = Reporter { controller: NAME.into(), instance: outside.identity.clone() };
    let context = Arc::new(Context {
        recorder: Recorder::new(outside.client.clone(), reporter),
        outside,
        gates: gates.clone(),
        records: Mutex::default(),
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
    let record = context.record(&gate);
    let mut record = record.lock().await;
    let (observation, again) = context.observe(Arc::clone(&gate), &mut record).await?;
    let decision = gate::decide(&observation);
    let next = context.apply(&observation, decision, &mut record, again).await?;
    // Once the watch itself shows a gate as finished, nothing is kept of it.
    if gates::phase(&gate) == Some(Phase::Finished) {
        context.forget(|uid| gate.metadata.uid.as_deref() == Some(uid));
    }
    Ok(next)
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
