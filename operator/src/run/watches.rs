//! The watches of a run: its target, and the ReplicaSets and pods that its selector matches. They end with the run.

use std::{
    fmt::Debug,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use futures::StreamExt;
use kube::{
    Api, Client, Resource,
    core::{NamespaceResourceScope, Selector},
    runtime::{
        WatchStreamExt,
        reflector::{self, Store},
        watcher,
    },
};
use serde::de::DeserializeOwned;
use tokio_util::task::AbortOnDropHandle;

use super::objects::{DeploymentView, PodView, ReplicaSetView};

/// Called whenever something that the run watches changed.
pub(crate) type Notify = Arc<dyn Fn() + Send + Sync>;

/// A watched set of objects.
pub(crate) struct Watched<K: Resource<DynamicType = ()> + Clone + 'static> {
    store: Store<K>,
    listed: Arc<AtomicBool>,
    _task: AbortOnDropHandle<()>,
}

/// The watches of the members, by the selector of the target.
pub(crate) struct MemberWatches {
    pub(crate) selector: Selector,
    pub(crate) replica_sets: Watched<ReplicaSetView>,
    pub(crate) pods: Watched<PodView>,
}

/// Longest time of one watch request, in seconds: below the idle limits of usual load balancers.
const WATCH_SECONDS: u32 = 200;

/// Watches one Deployment by name.
pub(crate) fn target(client: &Client, namespace: &str, name: &str, notify: &Notify) -> Watched<DeploymentView> {
    watch(client, namespace, watcher::Config::default().fields(&format!("metadata.name={name}")), notify)
}

impl MemberWatches {
    /// Watches what this selector matches.
    pub(crate) fn start(client: &Client, namespace: &str, selector: Selector, notify: &Notify) -> Self {
        let config = watcher::Config::default().labels_from(&selector);
        MemberWatches {
            replica_sets: watch(client, namespace, config.clone(), notify),
            pods: watch(client, namespace, config, notify),
            selector,
        }
    }
}

impl<K: Resource<DynamicType = ()> + Clone> Watched<K> {
    /// Whether the first list arrived whole. It never does if listing is forbidden. A watch that breaks later is resumed where it was, so
    /// what is known may be old then, but lacks nothing that was there.
    pub(crate) fn is_whole(&self) -> bool {
        self.listed.load(Ordering::Acquire)
    }

    /// The objects that are known.
    pub(crate) fn objects(&self) -> Vec<Arc<K>> {
        self.store.state()
    }
}

fn watch<K>(client: &Client, namespace: &str, config: watcher::Config, notify: &Notify) -> Watched<K>
where
    K: Resource<DynamicType = (), Scope = NamespaceResourceScope>
        + Clone
        + Debug
        + DeserializeOwned
        + Send
        + Sync
        + 'static,
{
    let api: Api<K> = Api::namespaced(client.clone(), namespace);
    let (store, writer) = reflector::store();
    let listed = Arc::new(AtomicBool::new(false));
    let (flag, notify) = (Arc::clone(&listed), Arc::clone(notify));
    let stream = watcher(api, config.timeout(WATCH_SECONDS)).default_backoff().modify(|object| {
        object.meta_mut().managed_fields = None;
    });
    // The store takes an event before it is passed on, so the flag never runs ahead of the store.
    let task = tokio::spawn(async move {
        let mut events = reflector::reflector(writer, stream).boxed();
        while let Some(event) = events.next().await {
            match event {
                Ok(watcher::Event::Init | watcher::Event::InitApply(_)) => continue,
                Ok(watcher::Event::InitDone) => flag.store(true, Ordering::Release),
                Ok(watcher::Event::Apply(_) | watcher::Event::Delete(_)) => {}
                Err(error) => tracing::warn!(kind = %K::kind(&()), %error, "watch failed; it is tried again"),
            }
            notify();
        }
    });
    Watched { store, listed, _task: AbortOnDropHandle::new(task) }
}
