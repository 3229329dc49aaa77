//! Gates of a test: built, created, awaited, acted on.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use k8s_openapi::{api::events::v1::Event, apimachinery::pkg::util::intstr::IntOrString};
use kube::{
    ResourceExt,
    api::{DeleteParams, ListParams, Patch, PatchParams, PostParams},
};
use serde_json::{Value, json};
use upgradegate_crds::{
    Drain, DrainHttp, HttpGet, OnDeadline, OnMissingTarget, Probe, Scheme, TargetRef, UpgradeGate, UpgradeGateSpec,
    UpgradeGateStatus,
};

use crate::{Test, bounds, history::Seen, is::Is};

/// The name of the gate that most tests have.
pub const NAME: &str = "gate";

/// A gate to be created. By default it drains with a lease of a minute and has a deadline that no test reaches.
#[derive(Debug)]
pub struct GateBuilder {
    gate: UpgradeGate,
}

impl GateBuilder {
    /// A gate of this Deployment.
    pub fn new(target: &str) -> Self {
        let port = || IntOrString::String("http".into());
        let spec = UpgradeGateSpec {
            target_ref: TargetRef { api_version: "apps/v1".into(), kind: "Deployment".into(), name: target.into() },
            on_missing_target: OnMissingTarget::Fail,
            probe: Probe {
                http_get: HttpGet { path: "/upgradeable".into(), port: port(), scheme: Scheme::Http },
                ready: Some("response.body.isUpgradeable == true".into()),
                period_seconds: 1,
                timeout_seconds: 1,
            },
            drain: Some(Drain {
                http: DrainHttp { path: "/drain".into(), port: port(), scheme: Scheme::Http },
                lease_seconds: 60,
            }),
            min_ready: IntOrString::String("100%".into()),
            deadline_seconds: 240,
            on_deadline: OnDeadline::Fail,
            progress_seconds: 120,
            ttl_seconds_after_finished: None,
            action: None,
        };
        Self { gate: UpgradeGate::new(NAME, spec) }
    }

    /// Names it.
    #[must_use]
    pub fn named(mut self, name: &str) -> Self {
        self.gate.metadata.name = Some(name.into());
        self
    }

    /// Changes the spec.
    #[must_use]
    pub fn spec(mut self, change: impl FnOnce(&mut UpgradeGateSpec)) -> Self {
        change(&mut self.gate.spec);
        self
    }

    /// Changes anything.
    #[must_use]
    pub fn change(mut self, change: impl FnOnce(&mut UpgradeGate)) -> Self {
        change(&mut self.gate);
        self
    }

    /// A deadline, in seconds from creation.
    #[must_use]
    pub fn deadline(self, seconds: u32) -> Self {
        self.spec(|spec| spec.deadline_seconds = seconds)
    }

    /// A quorum as a percentage or a number.
    #[must_use]
    pub fn min_ready(self, quorum: &str) -> Self {
        let quorum = quorum.parse().map_or_else(|_| IntOrString::String(quorum.into()), IntOrString::Int);
        self.spec(|spec| spec.min_ready = quorum)
    }

    /// The gate as an object.
    pub fn build(self) -> UpgradeGate {
        self.gate
    }

    /// Creates it.
    ///
    /// # Errors
    /// If the API server refuses it.
    pub async fn create(self, test: &Test) -> Result<Gate<'_>> {
        let created = test.api::<UpgradeGate>().create(&PostParams::default(), &self.gate).await;
        Gate::of(test, &created.context("create the gate")?)
    }
}

/// A gate that was created.
pub struct Gate<'t> {
    test: &'t Test,
    /// Its name.
    pub name: String,
    /// Its UID: another gate of the same name is another gate.
    pub uid: String,
}

impl<'t> Gate<'t> {
    /// A gate that exists.
    ///
    /// # Errors
    /// If the object has no UID.
    pub fn of(test: &'t Test, gate: &UpgradeGate) -> Result<Self> {
        Ok(Self { test, name: gate.name_any(), uid: gate.uid().context("the gate has no UID")? })
    }

    /// Waits until it is what is wanted.
    ///
    /// # Errors
    /// If it is not in time.
    pub async fn until(&self, wanted: Is) -> Result<UpgradeGateStatus> {
        self.until_within(wanted, bounds::STEP).await
    }

    /// Waits until it is what is wanted, within a bound of its own.
    ///
    /// # Errors
    /// If it is not in time.
    pub async fn until_within(&self, wanted: Is, bound: Duration) -> Result<UpgradeGateStatus> {
        let reached = self.test.gates.until_is(&self.uid, &wanted, bound).await;
        let reached = reached.with_context(|| format!("gate {}", self.name))?;
        Ok(reached.status.unwrap_or_default())
    }

    /// Waits until it is gone.
    ///
    /// # Errors
    /// If it is not in time.
    pub async fn until_gone(&self) -> Result<()> {
        let gone = self.test.gates.until(&self.uid, "gone", bounds::STEP, |seen| seen.gone.then_some(())).await;
        gone.with_context(|| format!("gate {}", self.name))
    }

    /// Every version so far, oldest first.
    pub fn seen(&self) -> Vec<Seen> {
        self.test.gates.of(&self.uid)
    }

    /// The status as of the last version seen.
    pub fn status(&self) -> UpgradeGateStatus {
        self.seen().pop().and_then(|seen| seen.gate.status).unwrap_or_default()
    }

    /// Asserts that it never was so.
    ///
    /// # Errors
    /// If it was.
    pub fn never(&self, unwanted: &Is) -> Result<()> {
        let seen = self.seen();
        let was = seen.iter().find(|seen| unwanted.holds(&seen.gate));
        ensure!(was.is_none(), "gate {} was {} at {}", self.name, unwanted.what, was.map(|w| w.at).unwrap_or_default());
        Ok(())
    }

    /// Patches its spec.
    ///
    /// # Errors
    /// If the API server refuses it.
    pub async fn patch(&self, spec: Value) -> Result<()> {
        let patch = Patch::Merge(json!({"spec": spec}));
        self.test.api::<UpgradeGate>().patch(&self.name, &PatchParams::default(), &patch).await?;
        Ok(())
    }

    /// The generation of its spec, as the API server has it now.
    ///
    /// # Errors
    /// If it is gone.
    pub async fn generation(&self) -> Result<i64> {
        let stored = self.test.api::<UpgradeGate>().get(&self.name).await?;
        Ok(stored.metadata.generation.unwrap_or_default())
    }

    /// Gives an order.
    ///
    /// # Errors
    /// If the API server refuses it.
    pub async fn act(&self, type_: &str) -> Result<()> {
        let reason = format!("{type_}, says the test");
        self.patch(json!({"action": {"type": type_, "reason": reason}})).await
    }

    /// Deletes it.
    ///
    /// # Errors
    /// If the API server refuses it.
    pub async fn delete(&self) -> Result<()> {
        self.test.api::<UpgradeGate>().delete(&self.name, &DeleteParams::default()).await?;
        Ok(())
    }

    /// Its Kubernetes Events: reason and note.
    ///
    /// # Errors
    /// If they cannot be listed.
    pub async fn events(&self) -> Result<Vec<(String, String)>> {
        let events = self.test.api::<Event>().list(&ListParams::default()).await?;
        let mine = |event: &Event| event.regarding.as_ref().is_some_and(|of| of.uid.as_deref() == Some(&self.uid));
        let mine = events.items.into_iter().filter(mine);
        Ok(mine.map(|event| (event.reason.unwrap_or_default(), event.note.unwrap_or_default())).collect())
    }
}
