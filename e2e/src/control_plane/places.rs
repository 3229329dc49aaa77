//! Gates in several phases at once, each in a namespace of its own: one fault then meets them all.

use anyhow::{Context, Result, ensure};
use futures::future::{join_all, try_join_all};
use serde_json::json;
use upgradegate_crds::{Outcome, Phase, UpgradeGateStatus};
use upgradegate_proof::Slack;

use super::Undo;
use crate::{
    Test, dump, env, is,
    phases::{self, Stage, back_at_work},
    proof,
};

/// Every phase.
pub const PHASES: [Phase; 6] =
    [Phase::Draining, Phase::Open, Phase::Finished, Phase::RollingOut, Phase::Resuming, Phase::Waiting];

/// A gate in a phase, with its application, in a namespace of its own.
pub struct Place<'t> {
    /// The phase that it was brought into.
    pub phase: Phase,
    /// Its namespace.
    pub test: &'t Test,
    /// Gate and application.
    pub stage: Stage<'t>,
    /// The status when it was there.
    pub before: UpgradeGateStatus,
}

/// Brings a gate into each of these phases, all at once, and runs the body. Each has a namespace of its own.
///
/// # Errors
/// If a phase is not reached, the body fails, or a rule is broken.
pub async fn in_places(
    phases: &[Phase],
    slack: Slack,
    body: impl AsyncFnOnce(&[Place<'_>]) -> Result<()>,
) -> Result<()> {
    let names: Vec<_> = phases.iter().map(|phase| (format!("{phase:?}"), slack)).collect();
    in_namespaces(&names, async |tests| body(&reach(phases, tests).await?).await).await
}

/// Runs the body with a namespace of each name. At the end the history of each is read against the rules and the model, and what could
/// explain a failure is printed.
///
/// # Errors
/// If the body fails, or a rule is broken.
pub async fn in_namespaces(names: &[(String, Slack)], body: impl AsyncFnOnce(&[Test]) -> Result<()>) -> Result<()> {
    let tests = try_join_all(names.iter().map(async |(name, _)| Test::begin(name).await)).await?;
    let _namespaces = deletes(&tests);
    let mut result = body(&tests).await;
    // Also of a body that failed: the rule that was broken may be why.
    let proofs = tests.iter().zip(names).map(|(test, (_, slack))| proof::prove(test, *slack));
    for proof in join_all(proofs).await {
        result = match (result, proof) {
            (Err(failed), Err(broken)) => Err(failed.context(broken)),
            (result, proof) => result.and(proof),
        };
    }
    if result.is_err() {
        for test in &tests {
            dump::print(test).await;
        }
    }
    result
}

/// Deletes the namespaces in the end, whatever it is.
fn deletes(tests: &[Test]) -> Option<Undo> {
    let delete = ["delete", "namespace", "--ignore-not-found", "--wait=false"].map(str::to_owned);
    let names = tests.iter().map(|test| test.namespace.clone());
    let kubectl = env::kubectl().to_string_lossy().into_owned();
    let keep = std::env::var_os("E2E_KEEP").is_some();
    (!keep).then(|| Undo::by([kubectl].into_iter().chain(delete).chain(names)))
}

/// First the phases that last, then those that end by themselves within seconds.
async fn reach<'t>(phases: &[Phase], tests: &'t [Test]) -> Result<Vec<Place<'t>>> {
    let lasts = |phase: Phase| matches!(phase, Phase::Draining | Phase::Open | Phase::Finished);
    let mut places = Vec::new();
    for turn in [true, false] {
        let now = phases.iter().zip(tests).filter(|(phase, _)| lasts(**phase) == turn);
        places.extend(try_join_all(now.map(async |(phase, test)| Place::reach(test, *phase).await)).await?);
    }
    Ok(places)
}

impl<'t> Place<'t> {
    /// Brings a gate into a phase in the namespace of this test.
    ///
    /// # Errors
    /// If it is not reached.
    pub async fn reach(test: &'t Test, phase: Phase) -> Result<Self> {
        let stage = phases::reach(test, phase).await.with_context(|| format!("reach {phase:?}"))?;
        // Kubernetes is not to end a rollout while the fault lasts, nor soon after it.
        stage.app.patch(json!({"spec": {"progressDeadlineSeconds": 600}})).await?;
        let before = stage.gate.status();
        ensure!(before.phase == Some(phase), "{phase:?} was over before the fault: {:?}", before.phase);
        Ok(Self { phase, test, stage, before })
    }

    /// Brings the run to the end that it would have had without the fault.
    ///
    /// # Errors
    /// If it comes to another, or to none.
    pub async fn ends_well(&self) -> Result<()> {
        self.end().await.with_context(|| format!("a gate that was {:?}", self.phase))
    }

    async fn end(&self) -> Result<()> {
        let Stage { app, gate, older } = &self.stage;
        match self.phase {
            Phase::Waiting => {
                older.as_ref().context("no older gate")?.until(is::finished(Outcome::Cancelled)).await?;
                gate.until(is::open().and(is::ready(1))).await?;
                app.upgrade("2").await?;
            }
            Phase::Draining => {
                app.until_drained().await?;
                app.set(json!({"busy": false})).await?;
                gate.until(is::open().and(is::ready(1))).await?;
                app.upgrade("2").await?;
            }
            Phase::Open => {
                gate.until(is::open().and(is::ready(1))).await?;
                app.until_drained().await?;
                app.upgrade("2").await?;
            }
            Phase::RollingOut => app.upgrade_to_own_image("2").await?,
            Phase::Resuming => app.set(json!({"resume": null})).await?,
            Phase::Finished => {
                let now = gate.status();
                ensure!(now == self.before, "the record changed: {now:?}");
            }
        }
        let outcome = if self.phase == Phase::Resuming { Outcome::Cancelled } else { Outcome::Completed };
        let after = gate.until(is::finished(outcome)).await?;
        let (began, ended) = (self.before.epoch, after.epoch);
        ensure!(began == ended, "another run began: epoch {began:?} became {ended:?}");
        gate.until(is::without_finalizer()).await?;
        back_at_work(app).await
    }
}

/// Brings all runs to their ends, at once.
///
/// # Errors
/// If one comes to another end.
pub async fn all_end_well<'p, 't: 'p>(places: impl IntoIterator<Item = &'p Place<'t>>) -> Result<()> {
    try_join_all(places.into_iter().map(Place::ends_well)).await.map(drop)
}
