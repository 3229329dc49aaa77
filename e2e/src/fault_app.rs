//! The misbehaving application, deployed in a test's namespace.

mod builder;

use anyhow::{Result, ensure};
use k8s_openapi::api::{apps::v1::Deployment, core::v1::Pod};
use kube::{
    Api, ResourceExt,
    api::{DeleteParams, ListParams, Patch, PatchParams},
};
use serde_json::{Value, json};
use upgradegate_fault_app::{Call, PORT, Snapshot};

pub use builder::{FaultAppBuilder, image};

use crate::{Test, pods, wait};

/// The name of the application that most tests have.
pub const NAME: &str = "app";

/// The container that is probed.
pub const CONTAINER: &str = "app";

/// The application, deployed.
pub struct FaultApp<'t> {
    test: &'t Test,
    /// Its name.
    pub name: String,
}

impl FaultApp<'_> {
    /// Its Deployment.
    pub fn deployments(&self) -> Api<Deployment> {
        self.test.api()
    }

    /// Waits until every pod is of the wanted template and available, and no other is left.
    ///
    /// # Errors
    /// If it is not so in time.
    pub async fn until_complete(&self) -> Result<()> {
        wait::until(&self.deployments(), &self.name, "complete", |found: Option<&Deployment>| {
            found.is_some_and(is_complete)
        })
        .await
        .map(drop)
    }

    /// Its pods that run and are not on their way out, oldest first.
    ///
    /// # Errors
    /// If they cannot be listed.
    pub async fn pods(&self) -> Result<Vec<Pod>> {
        let pods = self.all_pods().await?;
        Ok(pods.into_iter().filter(|pod| !pods::is_terminating(pod) && pods::is_running(pod, CONTAINER)).collect())
    }

    /// Its pods, oldest first, also those on their way out.
    ///
    /// # Errors
    /// If they cannot be listed.
    pub async fn all_pods(&self) -> Result<Vec<Pod>> {
        let mine = ListParams::default().labels(&format!("app={}", self.name));
        let mut pods = self.test.api::<Pod>().list(&mine).await?.items;
        pods.sort_by_key(|pod| (pod.creation_timestamp(), pod.name_any()));
        Ok(pods)
    }

    /// Names of its pods that run and are not on their way out, oldest first.
    ///
    /// # Errors
    /// If they cannot be listed.
    pub async fn names(&self) -> Result<Vec<String>> {
        Ok(self.pods().await?.iter().map(ResourceExt::name_any).collect())
    }

    /// Merges a patch into the script of every pod.
    ///
    /// # Errors
    /// If a pod does not take it.
    pub async fn set(&self, script: Value) -> Result<()> {
        for pod in self.names().await? {
            self.set_pod(&pod, &script).await?;
        }
        Ok(())
    }

    /// Merges a patch into the script of one pod.
    ///
    /// # Errors
    /// If the pod does not take it.
    pub async fn set_pod(&self, pod: &str, script: &Value) -> Result<()> {
        self.call(pod, "POST", "/__script", &script.to_string()).await.map(drop)
    }

    /// What a pod knows.
    ///
    /// # Errors
    /// If it does not answer.
    pub async fn snapshot(&self, pod: &str) -> Result<Snapshot> {
        state(self.test, pod).await
    }

    /// The drains and resumes that reached a pod, oldest first.
    ///
    /// # Errors
    /// If it does not answer.
    pub async fn orders(&self, pod: &str) -> Result<Vec<Call>> {
        let calls = self.snapshot(pod).await?.calls;
        Ok(calls.into_iter().filter(|call| call.path == "/drain").collect())
    }

    /// Waits until every pod is drained.
    ///
    /// # Errors
    /// If one is not in time.
    pub async fn until_drained(&self) -> Result<()> {
        self.until_all("drained", |state| state.lease.is_some()).await
    }

    /// Waits until every pod was told to resume and has no drain.
    ///
    /// # Errors
    /// If one is not in time.
    pub async fn until_resumed(&self) -> Result<()> {
        self.until_all("told to resume", |state| {
            let last = state.calls.iter().rfind(|call| call.path == "/drain");
            state.lease.is_none() && last.is_some_and(|call| call.method == "DELETE")
        })
        .await
    }

    /// Waits until every pod says what is wanted.
    ///
    /// # Errors
    /// If one does not in time.
    pub async fn until_all(&self, what: &str, wanted: impl Fn(&Snapshot) -> bool) -> Result<()> {
        wait::eventually(what, async || {
            for pod in self.names().await? {
                ensure!(wanted(&self.snapshot(&pod).await?), "{pod} is not {what}");
            }
            Ok(())
        })
        .await
    }

    /// Ends the process of a pod's container.
    pub async fn crash(&self, pod: &str) {
        // It ends before it answers.
        drop(self.call(pod, "POST", "/__exit", "").await);
    }

    /// Gives the Deployment another template: an upgrade.
    ///
    /// # Errors
    /// If the API server refuses it.
    pub async fn upgrade(&self, version: &str) -> Result<()> {
        self.patch(json!({"spec": {"template": {"metadata": {"annotations": {"version": version}}}}})).await
    }

    /// Gives the Deployment an image that does not exist.
    ///
    /// # Errors
    /// If the API server refuses it.
    pub async fn upgrade_to_missing_image(&self) -> Result<()> {
        let container = json!({"name": CONTAINER, "image": "upgradegate/missing:none", "imagePullPolicy": "Never"});
        self.patch(json!({"spec": {"template": {"spec": {"containers": [container]}}}})).await
    }

    /// Gives the Deployment its own image back, and the version if it is not empty.
    ///
    /// # Errors
    /// If the API server refuses it.
    pub async fn upgrade_to_own_image(&self, version: &str) -> Result<()> {
        let container = json!({"name": CONTAINER, "image": image()?, "imagePullPolicy": "IfNotPresent"});
        let mut template = json!({"spec": {"containers": [container]}});
        if !version.is_empty() {
            template["metadata"] = json!({"annotations": {"version": version}});
        }
        self.patch(json!({"spec": {"template": template}})).await
    }

    /// Scales the Deployment.
    ///
    /// # Errors
    /// If the API server refuses it.
    pub async fn scale(&self, replicas: u32) -> Result<()> {
        self.patch(json!({"spec": {"replicas": replicas}})).await
    }

    /// Patches the Deployment.
    ///
    /// # Errors
    /// If the API server refuses it.
    pub async fn patch(&self, patch: Value) -> Result<()> {
        let patch = Patch::Strategic(patch);
        self.deployments().patch(&self.name, &PatchParams::default(), &patch).await?;
        Ok(())
    }

    /// Deletes a pod.
    ///
    /// # Errors
    /// If the API server refuses it.
    pub async fn delete_pod(&self, pod: &str) -> Result<()> {
        self.test.api::<Pod>().delete(pod, &DeleteParams::default()).await?;
        Ok(())
    }

    /// Calls a pod, as a client of the application would.
    ///
    /// # Errors
    /// Any answer but 2xx, or none.
    pub async fn call(&self, pod: &str, method: &str, path: &str, body: &str) -> Result<String> {
        pods::call(&self.test.client, method, &self.test.namespace, &format!("pods/{pod}:{PORT}"), path, body).await
    }
}

/// What a pod of the application knows.
///
/// # Errors
/// If it does not answer.
pub async fn state(test: &Test, pod: &str) -> Result<Snapshot> {
    let said = pods::call(&test.client, "GET", &test.namespace, &format!("pods/{pod}:{PORT}"), "/__state", "").await?;
    Ok(serde_json::from_str(&said)?)
}

/// Whether a Deployment has what it wants, and nothing else.
pub fn is_complete(deployment: &Deployment) -> bool {
    let wanted = deployment.spec.as_ref().and_then(|spec| spec.replicas).unwrap_or(1);
    let status = deployment.status.clone().unwrap_or_default();
    let is_wanted = |count: Option<i32>| count.unwrap_or(0) == wanted;
    status.observed_generation >= deployment.metadata.generation
        && is_wanted(status.replicas)
        && is_wanted(status.updated_replicas)
        && is_wanted(status.available_replicas)
        && status.terminating_replicas.unwrap_or(0) == 0
}
