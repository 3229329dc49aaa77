//! The demo application, upgraded by Helm 4 behind one hook or the other; all else is the same.

use std::time::Duration;

use anyhow::Result;
use k8s_openapi::api::apps::v1::Deployment;
use upgradegate_e2e::{
    Test,
    demo_app::DemoApp,
    env,
    fault_app::is_complete,
    helm::Helm,
    process::{Ended, Program},
    wait,
};

/// The name of the release.
const RELEASE: &str = "rel";

/// The Deployment of the application.
const DEPLOYMENT: &str = "rel-app";

/// Helm's own timeout is 300 s; it may take a moment more to say so.
const UPGRADE: Duration = Duration::from_secs(330);

/// What an upgrade waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hook {
    /// The gate.
    Gate,
    /// The shell loop that the gate replaces: it asks the Service, each so many seconds, until the answer is yes.
    Shell {
        /// From one question to the next.
        poll: u32,
    },
}

/// The release of the application in a namespace.
pub struct App<'t> {
    test: &'t Test,
    values: Vec<String>,
}

impl<'t> App<'t> {
    /// Installs version 1, which ends at once when it is told to, whatever it works on.
    ///
    /// # Errors
    /// If Helm fails.
    pub async fn install(test: &'t Test, hook: Hook, replicas: u32) -> Result<Self> {
        let tag = env::image_tag()?;
        let mut values = vec![
            format!("demo-app.image.tag={tag}"),
            format!("demo-app.upgrade-gate.image.tag={tag}"),
            format!("demo-app.replicas={replicas}"),
            "demo-app.terminationGracePeriodSeconds=5".into(),
        ];
        if let Hook::Shell { poll } = hook {
            values.push(format!("poll.enabled=true,poll.tag={tag},poll.seconds={poll}"));
            values.push("demo-app.upgrade-gate.enabled=false".into());
        }
        let app = Self { test, values };
        app.helm("install", 1)?.run().await?.ok()?;
        app.until_complete().await?;
        Ok(app)
    }

    /// Upgrades to a version, and waits for the end of Helm, good or bad.
    ///
    /// # Errors
    /// If Helm does not end.
    pub async fn upgrade(&self, version: u32) -> Result<Ended> {
        self.helm("upgrade", version)?.spawn()?.wait_within(UPGRADE).await
    }

    /// Waits until all pods are of the wanted template, and no other is left.
    ///
    /// # Errors
    /// If it is not so in time.
    pub async fn until_complete(&self) -> Result<()> {
        let complete = |found: Option<&Deployment>| found.is_some_and(is_complete);
        wait::until(&self.test.api::<Deployment>(), DEPLOYMENT, "complete", complete).await.map(drop)
    }

    /// The application as its clients see it.
    pub fn clients(&self) -> DemoApp {
        DemoApp::new(self.test.client.clone(), &self.test.namespace, RELEASE)
    }

    fn helm(&self, verb: &str, version: u32) -> Result<Program> {
        let mut helm = Helm::Four.program()?.args([verb, RELEASE]).args([env::checkout("bench/shell-hook")]);
        helm = helm.args(["--namespace", &self.test.namespace, "--wait", "--timeout", "300s"]);
        for value in &self.values {
            helm = helm.args(["--set", value]);
        }
        Ok(helm.args(["--set-string", &format!("demo-app.version={version}")]))
    }
}
