//! Helm 3 and Helm 4, with the charts of the checkout.

use anyhow::{Result, ensure};

use crate::{
    Test, env,
    process::{Ended, Program},
};

/// A version of Helm.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Helm {
    /// Helm 3: `HELM3`.
    Three,
    /// Helm 4: `HELM4`.
    Four,
}

impl Helm {
    /// The program.
    ///
    /// # Errors
    /// If it is not known where it is.
    pub fn program(self) -> Result<Program> {
        let program = env::var(match self {
            Helm::Three => "HELM3",
            Helm::Four => "HELM4",
        })?;
        Ok(Program::new(program))
    }

    /// The flag that rolls back when an upgrade fails.
    pub fn rollback_on_failure(self) -> &'static str {
        match self {
            Helm::Three => "--atomic",
            Helm::Four => "--rollback-on-failure",
        }
    }

    /// The flags that replace objects instead of patching them.
    pub fn force(self) -> &'static [&'static str] {
        match self {
            Helm::Three => &["--force"],
            Helm::Four => &["--force-replace", "--server-side=false"],
        }
    }
}

/// The release of the demo application in a test's namespace.
pub struct Release<'t> {
    /// The test whose namespace it is in.
    pub test: &'t Test,
    /// The Helm that handles it.
    pub helm: Helm,
    /// Its name.
    pub name: String,
    /// Values of the chart, as `--set` takes them.
    pub values: Vec<String>,
}

impl<'t> Release<'t> {
    /// A release to be installed with operations of a second.
    ///
    /// # Errors
    /// If the tag of the images is not known.
    pub fn new(test: &'t Test, helm: Helm) -> Result<Self> {
        let tag = env::image_tag()?;
        let values = vec![
            format!("image.tag={tag}"),
            format!("upgrade-gate.image.tag={tag}"),
            "replicas=1".into(),
            "operationSeconds=1".into(),
            "resources.requests.cpu=1m".into(),
            "terminationGracePeriodSeconds=10".into(),
            "progressDeadlineSeconds=60".into(),
        ];
        Ok(Self { test, helm, name: "rel".into(), values })
    }

    /// Sets a value of the chart, for all that follows.
    #[must_use]
    pub fn set(mut self, value: &str) -> Self {
        self.values.push(value.into());
        self
    }

    /// The Deployment of the application.
    pub fn deployment(&self) -> String {
        format!("{}-app", self.name)
    }

    /// Installs version 1 and waits for it.
    ///
    /// # Errors
    /// If it fails.
    pub async fn install(&self) -> Result<()> {
        self.chart_command("install", "1", &["--wait"])?.run().await?.ok().map(drop)
    }

    /// The command that upgrades to a version, which is any text.
    ///
    /// # Errors
    /// If Helm is not there.
    pub fn upgrade(&self, version: &str, more: &[&str]) -> Result<Program> {
        let mut flags = vec!["--wait"];
        flags.extend(more);
        self.chart_command("upgrade", version, &flags)
    }

    fn chart_command(&self, verb: &str, version: &str, more: &[&str]) -> Result<Program> {
        let chart = env::checkout("chart/demo-app");
        ensure!(chart.exists(), "{} does not exist", chart.display());
        let mut program = self.command(&[verb, &self.name])?.args([chart]);
        for value in &self.values {
            program = program.args(["--set", value]);
        }
        Ok(program.args(["--set-string", &format!("version={version}"), "--timeout", "300s"]).args(more))
    }

    /// Any command in the namespace of the test.
    ///
    /// # Errors
    /// If Helm is not there.
    pub fn command(&self, args: &[&str]) -> Result<Program> {
        Ok(self.helm.program()?.args(args).args(["--namespace", &self.test.namespace]))
    }

    /// Runs any command in the namespace of the test.
    ///
    /// # Errors
    /// If Helm is not there, or does not end in time.
    pub async fn run(&self, args: &[&str]) -> Result<Ended> {
        self.command(args)?.run().await
    }
}
