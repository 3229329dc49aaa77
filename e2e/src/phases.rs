//! How to bring a gate into each phase, and keep it there for a while.

use anyhow::Result;
use serde_json::json;
use upgradegate_crds::{Outcome, Phase, UpgradeGate};

use crate::{
    Gate, GateBuilder, Test,
    fault_app::{FaultApp, FaultAppBuilder, NAME},
    is,
};

/// Seconds for which a drain lasts, and so how long a gate stays in `Resuming` when nobody answers.
const LEASE: u16 = 10;

/// Seconds after which Kubernetes calls a rollout failed.
const PROGRESS: u32 = 10;

/// A gate in a phase, and its application.
pub struct Stage<'t> {
    /// The application.
    pub app: FaultApp<'t>,
    /// The gate.
    pub gate: Gate<'t>,
    /// The gate that keeps this one in `Waiting`.
    pub older: Option<Gate<'t>>,
}

/// A gate as the stages have it.
pub fn builder() -> GateBuilder {
    GateBuilder::new(NAME).spec(|spec| {
        if let Some(drain) = &mut spec.drain {
            drain.lease_seconds = LEASE;
        }
        // Kubernetes is to say that a rollout failed, and not the gate, also when the cluster itself was away for a minute.
        spec.progress_seconds = 300;
    })
}

/// An application as the stages have it.
///
/// # Errors
/// If the tag of the images is not known.
pub fn app() -> Result<FaultAppBuilder> {
    Ok(FaultAppBuilder::new()?.change(|manifest| manifest["spec"]["progressDeadlineSeconds"] = PROGRESS.into()))
}

/// Brings a gate into a phase.
///
/// # Errors
/// If it does not get there in time.
pub async fn reach(test: &Test, phase: Phase) -> Result<Stage<'_>> {
    match phase {
        Phase::Waiting => waiting(test).await,
        Phase::Draining => draining(test).await,
        Phase::Open => open(test).await,
        Phase::RollingOut => rolling_out(test).await,
        Phase::Resuming => resuming(test).await,
        Phase::Finished => finished(test).await,
    }
}

/// Held by a busy member.
async fn draining(test: &Test) -> Result<Stage<'_>> {
    let app = app()?.script(&json!({"busy": true})).deploy(test).await?;
    let gate = builder().create(test).await?;
    gate.until(is::phase(Phase::Draining).and(is::busy(1))).await?;
    Ok(Stage { app, gate, older: None })
}

async fn open(test: &Test) -> Result<Stage<'_>> {
    let app = app()?.deploy(test).await?;
    let gate = builder().create(test).await?;
    gate.until(is::open()).await?;
    Ok(Stage { app, gate, older: None })
}

/// Held by a new pod that cannot start, until Kubernetes calls the rollout failed.
async fn rolling_out(test: &Test) -> Result<Stage<'_>> {
    let stage = open(test).await?;
    stage.app.upgrade_to_missing_image().await?;
    stage.gate.until(is::phase(Phase::RollingOut)).await?;
    Ok(stage)
}

/// Held by a member that does not take the resume, until its lease is over.
async fn resuming(test: &Test) -> Result<Stage<'_>> {
    let stage = open(test).await?;
    stage.app.set(json!({"resume": {"status": 500}})).await?;
    stage.gate.act("Cancel").await?;
    stage.gate.until(is::phase(Phase::Resuming)).await?;
    Ok(stage)
}

/// Held by an older gate that is resuming.
async fn waiting(test: &Test) -> Result<Stage<'_>> {
    let Stage { app, gate: older, .. } = resuming(test).await?;
    let gate = builder().named("newer").create(test).await?;
    gate.until(is::phase(Phase::Waiting)).await?;
    Ok(Stage { app, gate, older: Some(older) })
}

async fn finished(test: &Test) -> Result<Stage<'_>> {
    let stage = open(test).await?;
    stage.app.upgrade("2").await?;
    stage.gate.until(is::finished(Outcome::Completed)).await?;
    Ok(stage)
}

/// Waits until no pod of the application is drained.
///
/// # Errors
/// If one is drained for too long.
pub async fn back_at_work(app: &FaultApp<'_>) -> Result<()> {
    app.until_all("back at work", |state| state.lease.is_none()).await
}

/// Whether nothing of a gate's record changed.
pub fn unchanged(before: &UpgradeGate, after: &UpgradeGate) -> bool {
    let bare = |gate: &UpgradeGate| {
        gate.status.clone().map(|mut status| {
            status.observed_generation = 0;
            status.conditions.iter_mut().for_each(|condition| condition.observed_generation = None);
            status
        })
    };
    bare(before) == bare(after)
}
