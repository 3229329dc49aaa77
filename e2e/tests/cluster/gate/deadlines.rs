//! Times at which a gate gives up, or lets the upgrade through.

use anyhow::{Context, Result, ensure};
use jiff::SignedDuration;
use serde_json::json;
use upgradegate_crds::{OnDeadline, OpenedByType, Outcome, Phase, UpgradeGateStatus};
use upgradegate_e2e::{
    GateBuilder, Scenario, bounds,
    fault_app::{FaultAppBuilder, NAME},
    is, scenario,
};

/// How late an end may be after the time that was announced for it.
const LATE: SignedDuration = SignedDuration::from_secs(5);

/// Asserts that the run ended at its deadline.
fn ended_at_deadline(status: &UpgradeGateStatus) -> Result<()> {
    let deadline = status.deadline.as_ref().context("no deadline")?.0;
    let end = status.finished_at.as_ref().context("no end")?.0;
    ensure!(end >= deadline && end.duration_since(deadline) < LATE, "deadline {deadline}, end {end}");
    Ok(())
}

#[test]
fn at_the_deadline_a_gate_fails_names_the_blockers_and_resumes_all() {
    scenario(async |test| {
        let app = FaultAppBuilder::new()?.replicas(2).deploy(test).await?;
        let blocker = app.names().await?.remove(0);
        app.set_pod(&blocker, &json!({"busy": true})).await?;
        let gate = GateBuilder::new(NAME).deadline(6).create(test).await?;
        let status = gate.until(is::finished(Outcome::DeadlineExceeded)).await?;
        ended_at_deadline(&status)?;
        for part in ["The deadline", "1/2 ready", blocker.as_str(), "busy since", "1 operation running"] {
            ensure!(status.message.contains(part), "{part:?} is not in {:?}", status.message);
        }
        ensure!(is::condition(&status, "Stalled") == Some("True"));
        app.until_resumed().await?;
        // The next upgrade works.
        app.set(json!({"busy": false})).await?;
        let next = GateBuilder::new(NAME).named("next").create(test).await?;
        next.until(is::open()).await?;
        app.upgrade("2").await?;
        next.until(is::finished(Outcome::Completed)).await?;
        Ok(())
    });
}

#[test]
fn at_the_deadline_a_gate_that_proceeds_opens() {
    scenario(async |test| {
        let app = FaultAppBuilder::new()?.script(&json!({"busy": true})).deploy(test).await?;
        let gate = GateBuilder::new(NAME).deadline(4).spec(|spec| spec.on_deadline = OnDeadline::Proceed);
        let gate = gate.create(test).await?;
        let status = gate.until(is::open().and(is::opened_by(OpenedByType::Deadline))).await?;
        ensure!(status.message.contains("onDeadline is Proceed"), "{}", status.message);
        app.upgrade("2").await?;
        gate.until(is::finished(Outcome::Completed)).await?;
        Ok(())
    });
}

/// A gate that closed again opens at its deadline, if it is told to proceed.
#[test]
fn a_gate_that_closed_again_proceeds_at_its_deadline() {
    scenario(async |test| {
        let app = FaultAppBuilder::new()?.deploy(test).await?;
        let gate = GateBuilder::new(NAME).deadline(10).spec(|spec| spec.on_deadline = OnDeadline::Proceed);
        let gate = gate.create(test).await?;
        gate.until(is::open().and(is::opened_by(OpenedByType::Quorum))).await?;
        app.set(json!({"busy": true})).await?;
        gate.until(is::phase(Phase::Draining)).await?;
        gate.until(is::open().and(is::opened_by(OpenedByType::Deadline))).await?;
        gate.act("Cancel").await?;
        gate.until(is::finished(Outcome::Cancelled)).await?;
        app.until_resumed().await
    });
}

#[test]
fn a_deadline_may_be_moved_while_the_gate_holds() {
    scenario(async |test| {
        let app = FaultAppBuilder::new()?.script(&json!({"busy": true})).deploy(test).await?;
        let gate = GateBuilder::new(NAME).create(test).await?;
        gate.until(is::busy(1)).await?;
        gate.patch(json!({"deadlineSeconds": 1})).await?;
        gate.until(is::finished(Outcome::DeadlineExceeded)).await?;
        app.until_resumed().await
    });
}

#[test]
fn trap_13_an_open_gate_that_nobody_uses_ends_and_resumes() {
    Scenario::default().within(bounds::UNUSED_GATE_TEST).run(async |test| {
        let app = FaultAppBuilder::new()?.deploy(test).await?;
        let gate = GateBuilder::new(NAME).deadline(15).create(test).await?;
        let status = gate.until(is::open()).await?;
        let until = status.open_until.context("no openUntil")?.0;
        let deadline = status.deadline.context("no deadline")?.0;
        ensure!(
            until.duration_since(deadline) == SignedDuration::from_mins(5),
            "open until {until}, which is too short for the hooks behind ours"
        );
        let status = gate.until_within(is::finished(Outcome::NotUsed), bounds::UNUSED_GATE_TEST).await?;
        let end = status.finished_at.context("no end")?.0;
        ensure!(end >= until && end.duration_since(until) < LATE, "open until {until}, end {end}");
        app.until_resumed().await
    });
}

#[test]
fn a_gate_first_seen_after_its_deadline_drains_nothing() {
    scenario(async |test| {
        let app = FaultAppBuilder::new()?.deploy(test).await?;
        // Restored from a backup: the creation time is new, but it carries another gate's UID.
        let restored = GateBuilder::new(NAME).change(|gate| {
            gate.metadata.annotations =
                Some([(upgradegate_crds::UID_ANNOTATION.to_owned(), "another-uid".to_owned())].into());
        });
        let gate = restored.create(test).await?;
        let status = gate.until(is::finished(Outcome::Expired)).await?;
        ensure!(status.message.contains("restored from a backup"), "{}", status.message);
        let names = app.names().await?;
        ensure!(app.snapshot(&names[0]).await?.calls.is_empty(), "a pod was called");
        Ok(())
    });
}
