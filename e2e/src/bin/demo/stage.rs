//! The release of the demo application: installed, or found as an earlier demo left it.

use anyhow::{Context, Result, ensure};
use clap::ValueEnum;
use jiff::Timestamp;
use k8s_openapi::api::{
    apps::v1::Deployment,
    core::v1::{Namespace, ServiceAccount},
};
use kube::{
    Api, Resource, ResourceExt,
    api::{ObjectMeta, PostParams},
};
use serde_json::Value;
use upgradegate_e2e::{
    Test, connect, demo_app::DemoApp, env, fault_app::is_complete, helm, history::History, logs::Logs,
    process::Program, recorder::Recorder, wait,
};

use crate::screen::Screen;

/// Namespace and name of the release.
pub const NAME: &str = "demo";

/// Its Deployment.
const DEPLOYMENT: &str = "demo-app";

/// Its chart, as seen from the top of the checkout.
const CHART: &str = "chart/demo-app";

/// Its pods.
pub const REPLICAS: usize = 3;

/// Which Helm upgrades.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum Helm {
    /// Helm 3.
    #[value(name = "3")]
    Three,
    /// Helm 4.
    #[value(name = "4")]
    Four,
}

impl From<Helm> for helm::Helm {
    fn from(helm: Helm) -> Self {
        match helm {
            Helm::Three => Self::Three,
            Helm::Four => Self::Four,
        }
    }
}

/// Where the demo is played.
pub struct Stage {
    /// The namespace, and eyes on all that happens in it.
    pub test: Test,
    /// The application.
    pub app: DemoApp,
    helm: helm::Helm,
}

impl Stage {
    /// Connects to the cluster and makes sure of the namespace.
    ///
    /// # Errors
    /// If the cluster does not answer.
    pub async fn open(helm: Helm) -> Result<Self> {
        let client = connect().await?;
        let namespaces = Api::<Namespace>::all(client.clone());
        if namespaces.get_opt(NAME).await.context("ask the cluster for its namespaces")?.is_none() {
            let metadata = ObjectMeta { name: Some(NAME.into()), ..ObjectMeta::default() };
            let namespace = Namespace { metadata, ..Namespace::default() };
            namespaces.create(&PostParams::default(), &namespace).await.context("create the namespace")?;
        }
        let gates = History::follow(Api::namespaced(client.clone(), NAME));
        let logs = Logs::follow(Api::namespaced(client.clone(), NAME));
        let app = DemoApp::new(client.clone(), NAME, NAME);
        let recorder = Recorder::follow(&client, NAME);
        let test = Test { client, namespace: NAME.into(), gates, recorder, logs, started: Timestamp::now() };
        // A pod can't be created before.
        wait::until(&test.api::<ServiceAccount>(), "default", "there", exists).await?;
        Ok(Self { test, app, helm: helm.into() })
    }

    /// Makes sure that the application runs as it should, and says in which version.
    ///
    /// # Errors
    /// If it cannot be installed.
    pub async fn ensure_app(&self, screen: Screen) -> Result<u64> {
        if let Some(version) = self.version_in_use().await? {
            screen.line(&format!(
                "Release {NAME} runs version {version} with {REPLICAS} pods, as an earlier demo left it."
            ));
            return Ok(version);
        }
        if self.release_status().await?.is_some() {
            screen.line(&format!("Release {NAME} is not as a demo needs it: it is installed anew."));
            self.command(&["uninstall", NAME, "--wait", "--namespace", NAME])?.run().await?.ok()?;
            wait::until_gone(&self.test.api::<Deployment>(), DEPLOYMENT).await?;
        }
        let args = chart_args("install", 1)?;
        screen.command(&shown(&args));
        self.run_chart(&args)?.run().await?.ok()?;
        wait::until(&self.test.api::<Deployment>(), DEPLOYMENT, "complete", complete).await?;
        Ok(1)
    }

    /// The arguments of the upgrade to a version, and how one would type them.
    ///
    /// # Errors
    /// If Helm, or the tag of the images, is not known.
    pub fn upgrade(&self, version: u64) -> Result<(Program, String)> {
        let args = chart_args("upgrade", version)?;
        Ok((self.run_chart(&args)?, shown(&args)))
    }

    /// The version that runs, if all its pods are there and no command of Helm is pending.
    async fn version_in_use(&self) -> Result<Option<u64>> {
        let status = self.release_status().await?;
        let deployment = self.test.api::<Deployment>().get_opt(DEPLOYMENT).await?;
        let is_whole = deployment.as_ref().is_some_and(|it| is_complete(it) && replicas(it) == Some(REPLICAS));
        // An upgrade that was called off leaves `failed`, and the version before it.
        if !matches!(status.as_deref(), Some("deployed" | "failed")) || !is_whole {
            return Ok(None);
        }
        let pods = self.app.names().await?;
        let pod = pods.first().with_context(|| format!("Deployment {DEPLOYMENT} has no pod"))?;
        Ok(self.app.version(pod).await?.parse().ok())
    }

    /// What Helm says of the release; none if there is no release.
    async fn release_status(&self) -> Result<Option<String>> {
        let ended = self.command(&["status", NAME, "--namespace", NAME, "--output", "json"])?.run().await?;
        if ended.code != Some(0) {
            ensure!(ended.output().contains("not found"), "`{}` failed: {}", ended.shown, ended.output());
            return Ok(None);
        }
        let status: Value = serde_json::from_str(&ended.stdout()).context("what Helm says of the release")?;
        Ok(status["info"]["status"].as_str().map(str::to_owned))
    }

    fn run_chart(&self, args: &[String]) -> Result<Program> {
        let absolute = |arg: &String| if arg == CHART { env::checkout(CHART).into_os_string() } else { arg.into() };
        Ok(self.helm.program()?.args(args.iter().map(absolute)))
    }

    fn command(&self, args: &[&str]) -> Result<Program> {
        Ok(self.helm.program()?.args(args))
    }
}

/// The arguments that give the release a version, as one would type them at the top of the checkout.
fn chart_args(verb: &str, version: u64) -> Result<Vec<String>> {
    let tag = env::image_tag()?;
    let images = format!("image.tag={tag},upgrade-gate.image.tag={tag}");
    let version = format!("version={version}");
    let mut args = vec![verb, NAME, CHART, "--namespace", NAME];
    args.extend(["--set", &images, "--set-string", &version, "--wait", "--timeout", "300s"]);
    Ok(args.into_iter().map(str::to_owned).collect())
}

/// The command as one would type it at the top of the checkout.
fn shown(args: &[String]) -> String {
    format!("helm {}", args.join(" "))
}

fn replicas(deployment: &Deployment) -> Option<usize> {
    deployment.spec.as_ref()?.replicas?.try_into().ok()
}

fn exists<K: Resource>(object: Option<&K>) -> bool {
    object.is_some_and(|object| !object.name_any().is_empty())
}

fn complete(deployment: Option<&Deployment>) -> bool {
    deployment.is_some_and(is_complete)
}
