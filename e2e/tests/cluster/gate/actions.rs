//! Orders to a gate, in each phase.

use anyhow::{Result, ensure};
use serde_json::json;
use upgradegate_crds::{ActionType, OpenedByType, Outcome, Phase};
use upgradegate_e2e::{
    Gate, Test, is,
    phases::{self, Stage, back_at_work},
    scenario,
};

/// Asserts that the status keeps the order and its reason.
fn on_record(gate: &Gate<'_>, type_: ActionType) -> Result<()> {
    let acted = gate.status().action;
    let kept = acted.as_ref().is_some_and(|acted| acted.type_ == type_ && acted.reason.is_some());
    ensure!(kept, "{type_:?} is not on record: {acted:?}");
    Ok(())
}

async fn cancel(test: &Test, phase: Phase) -> Result<()> {
    let Stage { app, gate, .. } = phases::reach(test, phase).await?;
    gate.act("Cancel").await?;
    let status = gate.until(is::finished(Outcome::Cancelled)).await?;
    ensure!(status.message.contains("Cancel, says the test"), "{}", status.message);
    on_record(&gate, ActionType::Cancel)?;
    back_at_work(&app).await
}

#[test]
fn cancelled_while_waiting() {
    scenario(async |test| cancel(test, Phase::Waiting).await);
}

#[test]
fn cancelled_while_draining() {
    scenario(async |test| cancel(test, Phase::Draining).await);
}

#[test]
fn cancelled_while_open() {
    scenario(async |test| cancel(test, Phase::Open).await);
}

#[test]
fn cancelled_while_rolling_out() {
    scenario(async |test| cancel(test, Phase::RollingOut).await);
}

#[test]
fn cancelled_while_resuming_changes_nothing() {
    scenario(async |test| {
        let Stage { app, gate, .. } = phases::reach(test, Phase::Resuming).await?;
        gate.patch(json!({"action": {"type": "Cancel", "reason": "Cancel, says the test"}})).await?;
        gate.until(is::finished(Outcome::Cancelled)).await?;
        back_at_work(&app).await
    });
}

#[test]
fn cancelled_after_the_end_changes_nothing() {
    scenario(async |test| {
        let Stage { gate, .. } = phases::reach(test, Phase::Finished).await?;
        let before = gate.seen().pop().unwrap().gate;
        gate.act("Cancel").await?;
        gate.until(is::observed(gate.generation().await?)).await?;
        let after = gate.seen().pop().unwrap().gate;
        ensure!(phases::unchanged(&before, &after), "{:?} became {:?}", before.status, after.status);
        Ok(())
    });
}

#[test]
fn opened_while_draining() {
    scenario(async |test| {
        let Stage { app, gate, .. } = phases::reach(test, Phase::Draining).await?;
        gate.act("Open").await?;
        let status = gate.until(is::open().and(is::opened_by(OpenedByType::Action))).await?;
        let reason = status.opened_by.and_then(|by| by.reason).unwrap_or_default();
        ensure!(reason == "Open, says the test", "{reason}");
        on_record(&gate, ActionType::Open)?;
        app.upgrade("2").await?;
        gate.until(is::finished(Outcome::Completed)).await?;
        Ok(())
    });
}

#[test]
fn opened_while_waiting_opens_after_the_older_gate() {
    scenario(async |test| {
        let Stage { gate, older, .. } = phases::reach(test, Phase::Waiting).await?;
        gate.act("Open").await?;
        older.unwrap().until(is::over()).await?;
        gate.until(is::open().and(is::opened_by(OpenedByType::Action))).await?;
        Ok(())
    });
}

#[test]
fn opened_while_open_stays_open_whatever_the_members_do() {
    scenario(async |test| {
        let Stage { app, gate, .. } = phases::reach(test, Phase::Open).await?;
        gate.act("Open").await?;
        gate.until(is::opened_by(OpenedByType::Action)).await?;
        app.set(json!({"busy": true})).await?;
        gate.until(is::open().and(is::busy(1))).await?;
        app.upgrade("2").await?;
        gate.until(is::finished(Outcome::Completed)).await?;
        Ok(())
    });
}

/// The upgrade is through the gate already: there is nothing to open.
#[test]
fn opened_while_rolling_out_changes_nothing() {
    scenario(async |test| {
        let Stage { app, gate, .. } = phases::reach(test, Phase::RollingOut).await?;
        gate.act("Open").await?;
        app.upgrade_to_own_image("2").await?;
        let status = gate.until(is::finished(Outcome::Completed)).await?;
        ensure!(status.opened_by.is_some_and(|by| by.type_ == OpenedByType::Quorum), "who opened it was written over");
        Ok(())
    });
}

#[test]
fn opened_after_the_end_lets_nobody_through() {
    scenario(async |test| {
        let Stage { gate, .. } = phases::reach(test, Phase::Finished).await?;
        gate.act("Open").await?;
        let generation = gate.generation().await?;
        let status = gate.until(is::observed(generation)).await?;
        ensure!(status.outcome == Some(Outcome::Completed) && is::condition(&status, "Ready").is_none(), "{status:?}");
        Ok(())
    });
}

#[test]
fn finished_while_draining_without_a_new_template_is_unchanged() {
    scenario(async |test| {
        let Stage { app, gate, .. } = phases::reach(test, Phase::Draining).await?;
        gate.act("Finish").await?;
        gate.until(is::finished(Outcome::Unchanged)).await?;
        app.until_resumed().await
    });
}

#[test]
fn trap_21_finished_while_open_without_a_new_template_is_unchanged() {
    scenario(async |test| {
        let Stage { app, gate, .. } = phases::reach(test, Phase::Open).await?;
        gate.act("Finish").await?;
        let status = gate.until(is::finished(Outcome::Unchanged)).await?;
        ensure!(is::condition(&status, "Ready").is_none(), "Ready is absent after a good end");
        on_record(&gate, ActionType::Finish)?;
        app.until_resumed().await
    });
}

/// The post-upgrade hook runs while a watch may still lag behind the patch of the target.
#[test]
fn trap_28_finished_right_after_the_patch_is_not_unchanged() {
    scenario(async |test| {
        let Stage { app, gate, .. } = phases::reach(test, Phase::Open).await?;
        app.upgrade("2").await?;
        gate.act("Finish").await?;
        gate.until(is::finished(Outcome::Completed)).await?;
        Ok(())
    });
}

#[test]
fn trap_26_opened_by_hand_then_finished_then_cancelled() {
    scenario(async |test| {
        let Stage { app, gate, .. } = phases::reach(test, Phase::Draining).await?;
        gate.act("Open").await?;
        gate.until(is::open()).await?;
        app.upgrade_to_missing_image().await?;
        gate.until(is::phase(Phase::RollingOut)).await?;
        gate.act("Finish").await?;
        gate.act("Cancel").await?;
        gate.until(is::finished(Outcome::Cancelled)).await?;
        back_at_work(&app).await
    });
}
