//! The demo application, called through the API server.

use anyhow::{Context, Result};
use k8s_openapi::api::core::v1::Pod;
use kube::{Api, Client, ResourceExt, api::ListParams};
use serde_json::Value;

use crate::pods;

/// The port on which the application listens in its pod.
pub const PORT: u16 = 8080;

/// The demo application of a release.
#[derive(Clone)]
pub struct DemoApp {
    client: Client,
    namespace: String,
    release: String,
}

impl DemoApp {
    /// The application of this release.
    pub fn new(client: Client, namespace: &str, release: &str) -> Self {
        Self { client, namespace: namespace.into(), release: release.into() }
    }

    /// Its pods that are not on their way out.
    ///
    /// # Errors
    /// If they cannot be listed.
    pub async fn pods(&self) -> Result<Vec<Pod>> {
        let pods = Api::<Pod>::namespaced(self.client.clone(), &self.namespace);
        let labels = format!("app.kubernetes.io/name=demo-app,app.kubernetes.io/instance={}", self.release);
        let pods = pods.list(&ListParams::default().labels(&labels)).await?.items;
        Ok(pods.into_iter().filter(|pod| !pods::is_terminating(pod)).collect())
    }

    /// Names of its pods that are not on their way out.
    ///
    /// # Errors
    /// If they cannot be listed.
    pub async fn names(&self) -> Result<Vec<String>> {
        Ok(self.pods().await?.iter().map(ResourceExt::name_any).collect())
    }

    /// Starts an operation in a pod.
    ///
    /// # Errors
    /// If it is refused.
    pub async fn start(&self, pod: &str, seconds: f64) -> Result<()> {
        self.call("POST", pod, &format!("/start?seconds={seconds}")).await.map(drop)
    }

    /// Starts an operation in some pod, as the Service chooses.
    ///
    /// # Errors
    /// If it is refused, or no pod is there.
    pub async fn start_anywhere(&self, seconds: f64) -> Result<()> {
        let service = format!("services/{}-app:http", self.release);
        let path = format!("/start?seconds={seconds}");
        pods::call(&self.client, "POST", &self.namespace, &service, &path, "").await.map(drop)
    }

    /// What a pod answers to the probe.
    ///
    /// # Errors
    /// If it does not answer.
    pub async fn upgradeable(&self, pod: &str) -> Result<Value> {
        serde_json::from_str(&self.call("GET", pod, "/upgradeable").await?).context("answer of /upgradeable")
    }

    /// The version that a pod says it is.
    ///
    /// # Errors
    /// If it does not answer.
    pub async fn version(&self, pod: &str) -> Result<String> {
        let answer: Value = serde_json::from_str(&self.call("GET", pod, "/version").await?)?;
        Ok(answer["version"].as_str().unwrap_or_default().to_owned())
    }

    async fn call(&self, method: &str, pod: &str, path: &str) -> Result<String> {
        pods::call(&self.client, method, &self.namespace, &format!("pods/{pod}:{PORT}"), path, "").await
    }
}
