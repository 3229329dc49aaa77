//! The application as it is to be.

use anyhow::{Context, Result};
use k8s_openapi::api::apps::v1::Deployment;
use kube::{ResourceExt, api::PostParams};
use serde_json::{Value, json};
use upgradegate_fault_app::PORT;

use super::{CONTAINER, FaultApp, NAME};
use crate::{Test, env};

/// The application, before it is deployed.
#[derive(Debug)]
pub struct FaultAppBuilder {
    manifest: Value,
}

impl FaultAppBuilder {
    /// One idle replica that keeps the contract and ends at once when told to.
    ///
    /// # Errors
    /// If the tag of the images is not known.
    pub fn new() -> Result<Self> {
        let image = image()?;
        let manifest = json!({
            "metadata": {"name": NAME},
            "spec": {
                "replicas": 1,
                "progressDeadlineSeconds": 60,
                "selector": {"matchLabels": {"app": NAME}},
                "template": {
                    "metadata": {"labels": {"app": NAME}},
                    "spec": {
                        "terminationGracePeriodSeconds": 20,
                        "enableServiceLinks": false,
                        "containers": [{
                            "name": CONTAINER,
                            "image": image,
                            "imagePullPolicy": "IfNotPresent",
                            "ports": [{"name": "http", "containerPort": PORT}],
                            "readinessProbe": {"httpGet": {"path": "/readyz", "port": "http"}, "periodSeconds": 1},
                            "resources": {"requests": {"cpu": "1m", "memory": "4Mi"}},
                        }],
                    },
                },
            },
        });
        Ok(Self { manifest })
    }

    /// Another name, for a second application in the same namespace.
    #[must_use]
    pub fn named(self, name: &str) -> Self {
        self.change(|manifest| {
            manifest["metadata"]["name"] = name.into();
            manifest["spec"]["selector"]["matchLabels"]["app"] = name.into();
            manifest["spec"]["template"]["metadata"]["labels"]["app"] = name.into();
        })
    }

    /// So many replicas.
    #[must_use]
    pub fn replicas(self, replicas: u32) -> Self {
        self.change(|manifest| manifest["spec"]["replicas"] = replicas.into())
    }

    /// The script to begin with; pods that come later have it too.
    #[must_use]
    pub fn script(self, script: &Value) -> Self {
        let env = json!([{"name": "FAULT_SCRIPT", "value": script.to_string()}]);
        self.change(|manifest| manifest["spec"]["template"]["spec"]["containers"][0]["env"] = env)
    }

    /// Changes the manifest of the Deployment.
    #[must_use]
    pub fn change(mut self, change: impl FnOnce(&mut Value)) -> Self {
        change(&mut self.manifest);
        self
    }

    /// Creates the Deployment, without waiting.
    ///
    /// # Errors
    /// If the API server refuses it.
    pub async fn create(self, test: &Test) -> Result<FaultApp<'_>> {
        let deployment: Deployment = serde_json::from_value(self.manifest)?;
        let name = deployment.name_any();
        test.api().create(&PostParams::default(), &deployment).await.context("create the Deployment")?;
        Ok(FaultApp { test, name })
    }

    /// Creates the Deployment and waits until it is complete.
    ///
    /// # Errors
    /// If it is not in time.
    pub async fn deploy(self, test: &Test) -> Result<FaultApp<'_>> {
        let app = self.create(test).await?;
        app.until_complete().await?;
        Ok(app)
    }
}

/// The image of the application.
///
/// # Errors
/// If the tag of the images is not known.
pub fn image() -> Result<String> {
    Ok(format!("upgradegate/fault-app:{}", env::image_tag()?))
}
