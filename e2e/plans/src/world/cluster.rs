//! The control plane that all runs share, and the watches that record them.

use std::collections::HashMap;
use std::fmt::Debug;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context, Result};
use futures::StreamExt;
use k8s_openapi::api::apps::v1::{Deployment, ReplicaSet};
use k8s_openapi::api::core::v1::Pod;
use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kube::api::PostParams;
use kube::runtime::WatchStreamExt;
use kube::runtime::wait::{await_condition, conditions};
use kube::runtime::watcher::{self, Event, watcher};
use kube::{Api, Client, Resource};
use serde::de::DeserializeOwned;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;
use upgradegate_crds::UpgradeGate;
use upgradegate_operator::client;
use upgradegate_operator::metrics::Metrics;

use super::Recorder;
use super::recorder::Seen;
use super::strain::Strain;
use crate::control_plane::ControlPlane;

type Recorders = Arc<Mutex<HashMap<String, Arc<Recorder>>>>;

/// A control plane with the API of gates, and its watches.
pub struct Cluster {
    pub(super) client: Client,
    pub(super) config: kube::Config,
    recorders: Recorders,
    addresses: AtomicU32,
    namespaces: AtomicU32,
    strain: Strain,
    _watches: Vec<Watch>,
    // The last to be dropped: the control plane ends when nothing asks it any more.
    control_plane: ControlPlane,
}

impl Cluster {
    /// Starts a control plane, and installs the API of gates. It takes some 10 s.
    ///
    /// # Errors
    /// As [`ControlPlane::start`]; and when the API is not served within 30 s.
    pub async fn start() -> Result<Arc<Self>> {
        let control_plane = tokio::task::spawn_blocking(ControlPlane::start).await??;
        let config = control_plane.config().await?;
        let client = client::connect(config.clone(), &Arc::new(Metrics::new()))?;
        let crd = upgradegate_crds::crd();
        let name = crd.metadata.name.clone().unwrap_or_default();
        let definitions: Api<CustomResourceDefinition> = Api::all(client.clone());
        definitions.create(&PostParams::default(), &crd).await.context("install the API of gates")?;
        let served = await_condition(definitions, &name, conditions::is_crd_established());
        timeout(Duration::from_secs(30), served).await.context("the API of gates is not served within 30 s")??;
        let recorders = Recorders::default();
        let watches = vec![
            Watch::start::<UpgradeGate>(&client, &recorders),
            Watch::start::<Deployment>(&client, &recorders),
            Watch::start::<ReplicaSet>(&client, &recorders),
            Watch::start::<Pod>(&client, &recorders),
        ];
        let all = async { futures::future::join_all(watches.iter().map(|watch| watch.listed.cancelled())).await };
        timeout(Duration::from_secs(30), all).await.context("not all objects can be listed within 30 s")?;
        let strain = Strain::measure(&client);
        Ok(Arc::new(Cluster {
            client,
            config,
            recorders,
            addresses: AtomicU32::new(1),
            namespaces: AtomicU32::new(1),
            strain,
            _watches: watches,
            control_plane,
        }))
    }

    /// The time by which this machine fell behind so far.
    pub fn lost(&self) -> Duration {
        self.strain.lost()
    }

    /// Whether this machine keeps up at this moment.
    pub fn is_calm(&self) -> bool {
        self.strain.is_calm()
    }

    /// An address for a pod.
    pub(super) fn address(&self) -> std::net::Ipv4Addr {
        self.control_plane.address(self.addresses.fetch_add(1, Ordering::Relaxed))
    }

    /// A name for a namespace.
    pub(super) fn namespace(&self) -> String {
        format!("plan-{}", self.namespaces.fetch_add(1, Ordering::Relaxed))
    }

    /// Records everything in this namespace from now on.
    pub(super) fn record(&self, namespace: &str) -> Arc<Recorder> {
        let recorder = Arc::new(Recorder::new());
        let mut recorders = self.recorders.lock().unwrap_or_else(PoisonError::into_inner);
        recorders.insert(namespace.to_owned(), Arc::clone(&recorder));
        recorder
    }

    /// Records no more.
    pub(super) fn forget(&self, namespace: &str) {
        self.recorders.lock().unwrap_or_else(PoisonError::into_inner).remove(namespace);
    }
}

/// A watch of all objects of a kind, which tells the recorder of each one's namespace.
struct Watch {
    /// Cancelled once the first list is whole.
    listed: CancellationToken,
    _task: AbortOnDropHandle<()>,
}

impl Watch {
    fn start<K>(client: &Client, recorders: &Recorders) -> Self
    where
        K: Seen + Resource<DynamicType = ()> + Clone + Debug + DeserializeOwned + Send + 'static,
    {
        let (api, recorders) = (Api::<K>::all(client.clone()), Arc::clone(recorders));
        let listed = CancellationToken::new();
        let first = listed.clone();
        let task = tokio::spawn(async move {
            let mut events = watcher(api, watcher::Config::default()).default_backoff().boxed();
            while let Some(event) = events.next().await {
                let (object, gone) = match event {
                    Ok(Event::Apply(object) | Event::InitApply(object)) => (object, false),
                    Ok(Event::Delete(object)) => (object, true),
                    Ok(Event::Init) => continue,
                    Ok(Event::InitDone) => {
                        first.cancel();
                        continue;
                    }
                    Err(error) => {
                        tracing::warn!(%error, "a watch of the recorder failed; it is tried again");
                        continue;
                    }
                };
                let namespace = object.meta().namespace.clone().unwrap_or_default();
                let recorder = recorders.lock().unwrap_or_else(PoisonError::into_inner).get(&namespace).cloned();
                if let Some(recorder) = recorder {
                    recorder.see(object, gone);
                }
            }
        });
        Self { listed, _task: AbortOnDropHandle::new(task) }
    }
}
