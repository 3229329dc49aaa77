//! The calls to the API server: each bounded in time, each error understood.

use std::{panic::AssertUnwindSafe, time::Duration};

use futures::{FutureExt, Stream, TryStreamExt};
use kube::{
    Api, Client, Config,
    api::{ListParams, Patch, PatchParams, PostParams, WatchEvent, WatchParams},
    config::{KubeConfigOptions, Kubeconfig},
};
use serde_json::json;
use tokio::time::timeout;
use upgradegate_crds::{Action, UpgradeGate};

use crate::{
    api_error::{ApiError, causes},
    args::Cluster,
    error::Error,
    gate::Key,
};

/// Our name as a field manager. It does not begin with `kubectl`: Flux takes over such managers.
const MANAGER: &str = "upgradegate-cli";
/// How long one call may take.
const CALL: Duration = Duration::from_secs(10);
/// How long one watch lasts; what a silent connection lost is found out by the GET that follows.
const WATCH_SECONDS: u32 = 30;
/// Pauses before a call that failed for a while is repeated: four attempts in all.
pub const PAUSES: [Duration; 3] = [Duration::from_millis(250), Duration::from_secs(1), Duration::from_secs(2)];

/// The gates of a cluster.
#[derive(Clone)]
pub struct Gates {
    client: Client,
    /// Namespace that the user named, else the context's.
    pub namespace: String,
    /// Whether the user named it.
    pub namespace_is_explicit: bool,
}

impl Gates {
    /// Prepares the client; nothing is called yet.
    ///
    /// # Errors
    /// When no cluster is configured, or not in a way that works.
    pub async fn of(cluster: &Cluster) -> Result<Self, Error> {
        let mut config = config(cluster).await.map_err(Error::NoCluster)?;
        config.connect_timeout = Some(CALL);
        // Calls are repeated here, where their number is bounded and a lost answer is thought of.
        config.default_retry = false;
        let namespace = cluster.namespace.clone().unwrap_or_else(|| config.default_namespace.clone());
        let client = Client::try_from(config).map_err(|e| Error::NoCluster(causes(&e)))?;
        Ok(Gates { client, namespace, namespace_is_explicit: cluster.namespace.is_some() })
    }

    /// The key of a gate in the user's namespace.
    pub fn key(&self, name: &str) -> Key {
        Key { namespace: self.namespace.clone(), name: name.to_owned() }
    }

    /// Reads a gate.
    pub async fn get(&self, key: &Key) -> Result<UpgradeGate, ApiError> {
        bounded(self.api(&key.namespace).get(&key.name)).await
    }

    /// Lists the gates of a namespace, or those with a label of it.
    pub async fn list(&self, selector: Option<&str>) -> Result<Vec<UpgradeGate>, ApiError> {
        let params = ListParams { label_selector: selector.map(str::to_owned), ..ListParams::default() };
        Ok(bounded(self.api(&self.namespace).list(&params)).await?.items)
    }

    /// Creates a gate: one attempt.
    pub async fn create(&self, gate: &UpgradeGate) -> Result<UpgradeGate, ApiError> {
        let params = PostParams { field_manager: Some(MANAGER.into()), ..PostParams::default() };
        bounded(self.api(&Key::of(gate).namespace).create(&params, gate)).await
    }

    /// Gives an order to a gate; with a UID only if it is still that very gate.
    pub async fn act(&self, key: &Key, uid: Option<&str>, action: &Action) -> Result<UpgradeGate, ApiError> {
        // An absent reason is a null: a merge patch would keep the one of an earlier action.
        let mut patch = json!({"spec": {"action": {"type": action.type_, "reason": action.reason}}});
        if let Some(uid) = uid {
            patch["metadata"] = json!({"uid": uid});
        }
        let params = PatchParams { field_manager: Some(MANAGER.into()), ..PatchParams::default() };
        bounded(self.api(&key.namespace).patch(&key.name, &params, &Patch::Merge(patch))).await
    }

    /// Watches one gate from a version on, for a limited time.
    pub async fn watch(
        &self,
        key: &Key,
        version: &str,
    ) -> Result<impl Stream<Item = Result<WatchEvent<UpgradeGate>, ApiError>> + use<>, ApiError> {
        let params = WatchParams::default().fields(&format!("metadata.name={}", key.name)).timeout(WATCH_SECONDS);
        let api = self.api(&key.namespace);
        Ok(bounded(api.watch(&params, version)).await?.map_err(ApiError::from))
    }

    fn api(&self, namespace: &str) -> Api<UpgradeGate> {
        Api::namespaced(self.client.clone(), namespace)
    }
}

/// How long a watch may be silent before its connection counts as dead.
pub const WATCH_SILENCE: Duration = Duration::from_secs(WATCH_SECONDS as u64 + 10);

/// Repeats a call while it fails in a way that may pass; safe for calls that may run twice.
pub async fn persistently<T>(mut call: impl AsyncFnMut() -> Result<T, ApiError>) -> Result<T, ApiError> {
    for pause in PAUSES {
        match call().await {
            Err(e) if e.may_pass() => tokio::time::sleep(pause).await,
            result => return result,
        }
    }
    call().await
}

async fn bounded<T>(call: impl Future<Output = kube::Result<T>>) -> Result<T, ApiError> {
    match timeout(CALL, call).await {
        Ok(result) => result.map_err(ApiError::from),
        Err(_) => Err(ApiError::Unreachable(format!("no answer within {}s", CALL.as_secs()))),
    }
}

/// The cluster that the command line and the environment name.
///
/// # Errors
/// What is wrong with the kubeconfig.
pub async fn config(cluster: &Cluster) -> Result<Config, String> {
    // The reader of kubeconfigs panics where a file in UTF-16 ends in the middle of a character.
    let read = AssertUnwindSafe(read_config(cluster)).catch_unwind().await;
    read.unwrap_or_else(|_| Err("the kubeconfig can't be read: is it a text file, and whole?".into()))
}

async fn read_config(cluster: &Cluster) -> Result<Config, String> {
    let options = KubeConfigOptions { context: cluster.context.clone(), ..KubeConfigOptions::default() };
    match &cluster.kubeconfig {
        Some(file) => {
            let kubeconfig = Kubeconfig::read_from(file).map_err(|e| e.to_string())?;
            Config::from_custom_kubeconfig(kubeconfig, &options).await.map_err(|e| e.to_string())
        }
        None if cluster.context.is_some() => Config::from_kubeconfig(&options).await.map_err(|e| e.to_string()),
        None => Config::infer().await.map_err(|e| e.to_string()),
    }
}
