//! The one watch that the operator always has: all gates.

use std::{collections::HashSet, sync::Arc};

use futures::{Stream, StreamExt, TryStreamExt};
use kube::{
    Api, Resource,
    runtime::{
        WatchStreamExt,
        reflector::{self, ObjectRef, Store},
        watcher::{self, Event, watcher},
    },
};
use upgradegate_crds::{Phase, UpgradeGate};

use super::{Context, Outside};

/// Longest time of one watch request, in seconds: below the idle limits of usual load balancers.
const WATCH_SECONDS: u32 = 200;

/// The gates and the stream that keeps them.
pub(super) fn watch(
    outside: &Outside,
) -> (Store<UpgradeGate>, impl Stream<Item = watcher::Result<Event<UpgradeGate>>> + Send + 'static) {
    let api: Api<UpgradeGate> = match &outside.namespace {
        Some(namespace) => Api::namespaced(outside.client.clone(), namespace),
        None => Api::all(outside.client.clone()),
    };
    let (store, writer) = reflector::store();
    let stream = watcher(api, watcher::Config::default().timeout(WATCH_SECONDS)).default_backoff().modify(|gate| {
        gate.metadata.managed_fields = None;
    });
    (store, reflector::reflector(writer, stream))
}

/// Passes on every gate that changed, and looks after what hangs on that: runs of gates that are gone end, gates of the same target are
/// reconciled too, and the gates are counted.
pub(super) fn attend(
    stream: impl Stream<Item = watcher::Result<Event<UpgradeGate>>> + Send + 'static,
    context: Arc<Context>,
) -> impl Stream<Item = watcher::Result<UpgradeGate>> + Send + 'static {
    stream
        .inspect_ok(move |event| {
            match event {
                Event::Apply(gate) => context.wake_rivals(gate),
                Event::Delete(gate) => {
                    context.forget(|uid| gate.metadata.uid.as_deref() == Some(uid));
                    context.wake_rivals(gate);
                }
                Event::InitDone => {
                    context.forget_all_but_known();
                    context.wake_all();
                }
                Event::Init | Event::InitApply(_) => return,
            }
            context.count();
        })
        .inspect_err(|error| tracing::warn!(%error, "watch of gates failed; it is tried again"))
        .boxed()
        .touched_objects()
        // The watcher has waited already. Passed on, an error would make the controller wait with every other trigger too.
        .filter_map(async |event| event.ok().map(Ok))
}

impl Context {
    /// The other gates of the same target, finished ones among them.
    pub(super) fn rivals(&self, gate: &UpgradeGate) -> Vec<Arc<UpgradeGate>> {
        let others = self.gates.state_filter(|other| {
            other.metadata.namespace == gate.metadata.namespace
                && other.metadata.uid != gate.metadata.uid
                && other.spec.target_ref == gate.spec.target_ref
        });
        others.into_iter().map(|other| self.written.newest(other)).collect()
    }

    fn wake_rivals(&self, gate: &UpgradeGate) {
        for rival in self.rivals(gate).iter().filter(|rival| phase(rival) != Some(Phase::Finished)) {
            // The receiver lives as long as the controller.
            let _ = self.trigger.send(ObjectRef::from_obj(rival.as_ref()));
        }
    }

    /// Objects of a long list are passed on before the list is whole, while the store still holds those of the list before.
    fn wake_all(&self) {
        for gate in self.gates.state().iter().filter(|gate| phase(gate) != Some(Phase::Finished)) {
            let _ = self.trigger.send(ObjectRef::from_obj(gate.as_ref()));
        }
    }

    /// After a new list nobody says what was deleted in between.
    fn forget_all_but_known(&self) {
        let known: HashSet<String> = self.gates.state().iter().filter_map(|gate| gate.meta().uid.clone()).collect();
        self.forget(|uid| !known.contains(uid));
    }

    fn count(&self) {
        let gates = self.gates.state();
        let draining = gates.iter().filter_map(|gate| gate.status.as_ref()?.pods.as_ref().map(|pods| pods.draining));
        self.outside.metrics.members_draining(draining.map(|n| n as usize).sum());
        for wanted in [Phase::Waiting, Phase::Draining, Phase::Open, Phase::RollingOut, Phase::Resuming] {
            let count = gates.iter().filter(|gate| phase(gate) == Some(wanted)).count();
            self.outside.metrics.gates_running(wanted, count);
        }
    }
}

/// Where the run of a gate is, as this version of it says.
pub(super) fn phase(gate: &UpgradeGate) -> Option<Phase> {
    gate.status.as_ref()?.phase
}
