//! What a running test has: a namespace of its own, and eyes on all that happens in it.

use anyhow::{Context, Result};
use jiff::Timestamp;
use k8s_openapi::{
    NamespaceResourceScope,
    api::core::v1::{Namespace, ServiceAccount},
};
use kube::{
    Api, Client, Config, Resource, ResourceExt,
    api::{DeleteParams, ObjectMeta, PostParams},
    config::KubeConfigOptions,
};

use crate::{env, history::History, logs::Logs, recorder::Recorder, wait};

/// The longest part of a test's name that fits into the name of its namespace.
const MAX_NAME: usize = 40;

/// Label of every namespace of a test.
pub const LABEL: &str = "upgradegate.dev/e2e";

/// A test on the cluster, in a namespace of its own.
pub struct Test {
    /// The API server.
    pub client: Client,
    /// The namespace.
    pub namespace: String,
    /// Every version of every gate of the namespace.
    pub gates: History,
    /// Every version of every target and pod of the namespace.
    pub recorder: Recorder,
    /// The logs of every pod of the namespace.
    pub logs: Logs,
    /// When the test began.
    pub started: Timestamp,
}

/// The API server that `KUBECONFIG` names.
///
/// # Errors
/// If it is not set or not usable.
pub async fn connect() -> Result<Client> {
    env::var("KUBECONFIG")?;
    let mut config = Config::from_kubeconfig(&KubeConfigOptions::default()).await.context("read KUBECONFIG")?;
    // A drained application answers 503: a test wants to see that, and not the answer after a retry.
    config.default_retry = false;
    Ok(Client::try_from(config)?)
}

impl Test {
    /// Creates a namespace for the test of this name.
    ///
    /// # Errors
    /// If the cluster does not answer.
    pub async fn begin(name: &str) -> Result<Self> {
        let started = Timestamp::now();
        let client = connect().await?;
        let namespace = Namespace {
            metadata: ObjectMeta {
                generate_name: Some(format!("e2e-{}-", slug(name))),
                labels: Some([(LABEL.to_owned(), "true".to_owned())].into()),
                ..ObjectMeta::default()
            },
            ..Namespace::default()
        };
        let created = Api::<Namespace>::all(client.clone()).create(&PostParams::default(), &namespace).await;
        let namespace = created.context("create the namespace of the test")?.name_any();
        let gates = History::follow(Api::namespaced(client.clone(), &namespace));
        let recorder = Recorder::follow(&client, &namespace);
        let logs = Logs::follow(Api::namespaced(client.clone(), &namespace));
        let test = Self { client, namespace, gates, recorder, logs, started };
        // A pod can't be created before.
        wait::until(&test.api::<ServiceAccount>(), "default", "there", |account: Option<&ServiceAccount>| {
            account.is_some()
        })
        .await?;
        Ok(test)
    }

    /// Objects of the test's namespace.
    pub fn api<K>(&self) -> Api<K>
    where
        K: Resource<Scope = NamespaceResourceScope, DynamicType = ()>,
    {
        Api::namespaced(self.client.clone(), &self.namespace)
    }

    /// Deletes the namespace, without waiting for its end.
    ///
    /// # Errors
    /// If the API server refuses it.
    pub async fn delete_namespace(&self) -> Result<()> {
        let namespaces = Api::<Namespace>::all(self.client.clone());
        match namespaces.delete(&self.namespace, &DeleteParams::background()).await {
            Err(kube::Error::Api(status)) if status.code == 404 => Ok(()),
            other => other.map(drop).context("delete the namespace"),
        }
    }
}

/// The last part of a test's path, fit for the name of an object.
fn slug(name: &str) -> String {
    let last = name.rsplit("::").next().unwrap_or(name).replace('_', "-").to_lowercase();
    last.chars().take(MAX_NAME).collect::<String>().trim_end_matches('-').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slug_is_a_name() {
        assert_eq!(slug("gate::Busy_app_holds"), "busy-app-holds");
        assert_eq!(slug(&"a_".repeat(60)).len(), MAX_NAME - 1);
    }
}
