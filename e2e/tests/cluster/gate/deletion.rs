//! A gate deleted, in each phase: it goes, and leaves nothing drained.

use anyhow::{Result, ensure};
use upgradegate_crds::{FINALIZER, Phase};
use upgradegate_e2e::{
    Gate, Test, is,
    phases::{self, Stage, back_at_work},
    scenario,
};

async fn delete(test: &Test, phase: Phase) -> Result<()> {
    let Stage { app, gate, older } = phases::reach(test, phase).await?;
    gate.delete().await?;
    gate.until_gone().await?;
    if let Some(older) = older {
        older.until(is::over()).await?;
    }
    back_at_work(&app).await
}

fn has_finalizer(gate: &Gate<'_>) -> bool {
    let last = gate.seen().pop().map(|seen| seen.gate.metadata.finalizers.unwrap_or_default());
    last.is_some_and(|all| all.iter().any(|name| name == FINALIZER))
}

#[test]
fn deleted_while_waiting() {
    scenario(async |test| delete(test, Phase::Waiting).await);
}

#[test]
fn deleted_while_draining() {
    scenario(async |test| delete(test, Phase::Draining).await);
}

#[test]
fn deleted_while_open() {
    scenario(async |test| delete(test, Phase::Open).await);
}

#[test]
fn deleted_while_rolling_out() {
    scenario(async |test| delete(test, Phase::RollingOut).await);
}

#[test]
fn deleted_while_resuming() {
    scenario(async |test| delete(test, Phase::Resuming).await);
}

#[test]
fn deleted_after_the_end() {
    scenario(async |test| delete(test, Phase::Finished).await);
}

#[test]
fn trap_11_the_finalizer_is_there_only_while_something_may_be_drained() {
    scenario(async |test| {
        let Stage { gate, app, .. } = phases::reach(test, Phase::Draining).await?;
        ensure!(has_finalizer(&gate), "drained without a finalizer");
        gate.act("Cancel").await?;
        gate.until(is::over()).await?;
        gate.until(is::without_finalizer()).await?;
        back_at_work(&app).await
    });
}
