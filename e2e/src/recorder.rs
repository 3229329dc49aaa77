//! The other half of a test's history: what its targets and their pods were, version by version.

use std::{
    fmt::Debug,
    sync::{Arc, Mutex, PoisonError},
};

use futures::TryStreamExt;
use jiff::Timestamp;
use k8s_openapi::{
    NamespaceResourceScope,
    api::{
        apps::v1::{Deployment, ReplicaSet},
        core::v1::Pod,
    },
};
use kube::{Api, Client, Resource};
use serde::de::DeserializeOwned;
use tokio_util::task::AbortOnDropHandle;
use upgradegate_proof::{Event, What};

use crate::watched::{self, Change};

/// Watches on Deployments, ReplicaSets and pods of a namespace that forget nothing.
#[derive(Debug)]
pub struct Recorder {
    events: Arc<Mutex<Vec<Event>>>,
    _watches: [AbortOnDropHandle<()>; 3],
}

impl Recorder {
    /// Begins to watch.
    pub fn follow(client: &Client, namespace: &str) -> Self {
        let events = Arc::<Mutex<Vec<Event>>>::default();
        let watches = [
            watch(client, namespace, &events, |deployment: Box<Deployment>, gone| What::Deployment {
                deployment,
                gone,
            }),
            watch(client, namespace, &events, |replica_set: Box<ReplicaSet>, gone| What::ReplicaSet {
                replica_set,
                gone,
            }),
            watch(client, namespace, &events, |pod: Box<Pod>, gone| What::Pod { pod, gone }),
        ];
        Self { events, _watches: watches }
    }

    /// All that was seen so far, in order.
    pub fn events(&self) -> Vec<Event> {
        self.events.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

fn watch<K>(
    client: &Client,
    namespace: &str,
    events: &Arc<Mutex<Vec<Event>>>,
    what: impl Fn(Box<K>, bool) -> What + Send + 'static,
) -> AbortOnDropHandle<()>
where
    K: Resource<DynamicType = (), Scope = NamespaceResourceScope> + Clone + Debug + DeserializeOwned + Send + 'static,
{
    let mut seen = watched::changes(Api::<K>::namespaced(client.clone(), namespace));
    let events = Arc::clone(events);
    AbortOnDropHandle::new(tokio::spawn(async move {
        loop {
            let (mut object, gone) = match seen.try_next().await {
                Ok(Some(Change::Version { object, gone })) => (object, gone),
                Ok(Some(Change::Gap)) | Err(_) => continue,
                Ok(None) => return,
            };
            object.meta_mut().managed_fields = None;
            let event = Event { at: Timestamp::now(), what: what(Box::new(object), gone) };
            events.lock().unwrap_or_else(PoisonError::into_inner).push(event);
        }
    }))
}
