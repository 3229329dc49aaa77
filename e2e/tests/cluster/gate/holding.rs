//! What holds a gate, and what opens it.

use anyhow::ensure;
use serde_json::json;
use upgradegate_crds::{MemberState, OpenedByType, Outcome, Phase};
use upgradegate_e2e::{
    GateBuilder,
    fault_app::{FaultAppBuilder, NAME},
    is, scenario,
};

#[test]
fn busy_app_holds_the_gate_until_idle() {
    scenario(async |test| {
        let app = FaultAppBuilder::new()?.script(&json!({"busy": true})).deploy(test).await?;
        let gate = GateBuilder::new(NAME).create(test).await?;
        let status = gate.until(is::held(MemberState::Busy, "1 operation running")).await?;
        ensure!(status.message.contains("0/1 ready") && status.message.contains("busy since"), "{}", status.message);
        app.until_drained().await?;
        gate.never(&is::open())?;
        app.set(json!({"busy": false})).await?;
        gate.until(is::open().and(is::opened_by(OpenedByType::Quorum))).await?;
        app.upgrade("2").await?;
        gate.until(is::finished(Outcome::Completed)).await?;
        app.until_complete().await
    });
}

#[test]
fn every_one_of_three_replicas_is_drained_under_one_epoch() {
    scenario(async |test| {
        let app = FaultAppBuilder::new()?.replicas(3).script(&json!({"busy": true})).deploy(test).await?;
        let gate = GateBuilder::new(NAME).create(test).await?;
        gate.until(is::total(3).and(is::busy(3))).await?;
        let mut names = app.names().await?;
        let last = names.pop().unwrap_or_default();
        for name in &names {
            app.set_pod(name, &json!({"busy": false})).await?;
        }
        gate.until(is::ready(2).and(is::busy(1))).await?;
        gate.never(&is::open())?;
        let status = gate.status();
        ensure!(status.message.contains("2/3 ready") && status.message.contains(&last), "{}", status.message);
        app.set_pod(&last, &json!({"busy": false})).await?;
        let epoch = gate.until(is::open()).await?.epoch;
        for name in app.names().await? {
            let lease = app.snapshot(&name).await?.lease;
            ensure!(
                lease.as_ref().map(|lease| lease.epoch) == epoch,
                "{name}: {lease:?}, the gate's epoch is {epoch:?}"
            );
        }
        app.upgrade("2").await?;
        gate.until(is::finished(Outcome::Completed)).await?;
        app.until_complete().await?;
        // New pods were never drained.
        for name in app.names().await? {
            let orders = app.orders(&name).await?;
            ensure!(orders.iter().all(|call| call.method == "DELETE"), "{name} was drained: {orders:?}");
        }
        Ok(())
    });
}

#[test]
fn an_app_without_a_drain_is_only_asked() {
    scenario(async |test| {
        let app = FaultAppBuilder::new()?.script(&json!({"busy": true})).deploy(test).await?;
        let gate = GateBuilder::new(NAME).spec(|spec| spec.drain = None).create(test).await?;
        gate.until(is::busy(1)).await?;
        app.set(json!({"busy": false})).await?;
        gate.until(is::open()).await?;
        let names = app.names().await?;
        ensure!(app.orders(&names[0]).await?.is_empty(), "it was told to drain");
        app.upgrade("2").await?;
        gate.until(is::finished(Outcome::Completed)).await?;
        Ok(())
    });
}

#[test]
fn without_an_expression_any_2xx_is_ready() {
    scenario(async |test| {
        let script = json!({"probe": {"status": 503, "body": {"text": "busy"}}});
        let app = FaultAppBuilder::new()?.script(&script).deploy(test).await?;
        let gate = GateBuilder::new(NAME).spec(|spec| spec.probe.ready = None).create(test).await?;
        gate.until(is::held(MemberState::Busy, "503")).await?;
        app.set(json!({"probe": {"status": 204, "body": {"text": ""}}})).await?;
        gate.until(is::open()).await?;
        gate.act("Cancel").await?;
        gate.until(is::finished(Outcome::Cancelled)).await?;
        app.until_resumed().await
    });
}

#[test]
fn a_quorum_below_all_opens_early_and_keeps_draining_the_rest() {
    scenario(async |test| {
        let app = FaultAppBuilder::new()?.replicas(3).script(&json!({"busy": true})).deploy(test).await?;
        let gate = GateBuilder::new(NAME).min_ready("60%").create(test).await?;
        let status = gate.until(is::busy(3)).await?;
        ensure!(status.pods.as_ref().map(|pods| pods.required) == Some(2), "60% of 3 is 2: {:?}", status.pods);
        let names = app.names().await?;
        app.set_pod(&names[0], &json!({"busy": false})).await?;
        gate.until(is::ready(1)).await?;
        gate.never(&is::open())?;
        app.set_pod(&names[1], &json!({"busy": false})).await?;
        gate.until(is::open().and(is::busy(1))).await?;
        app.until_drained().await?;
        app.set(json!({"busy": false})).await?;
        app.upgrade("2").await?;
        gate.until(is::finished(Outcome::Completed)).await?;
        Ok(())
    });
}

#[test]
fn a_quorum_beyond_all_members_means_all() {
    scenario(async |test| {
        let app = FaultAppBuilder::new()?.replicas(2).script(&json!({"busy": true})).deploy(test).await?;
        let gate = GateBuilder::new(NAME).min_ready("5").create(test).await?;
        gate.until(is::busy(2)).await?;
        app.set(json!({"busy": false})).await?;
        let status = gate.until(is::open()).await?;
        ensure!(status.pods.map(|pods| pods.required) == Some(2));
        gate.act("Finish").await?;
        gate.until(is::finished(Outcome::Unchanged)).await?;
        app.until_resumed().await
    });
}

#[test]
fn a_member_that_turns_busy_closes_the_gate_again() {
    scenario(async |test| {
        let app = FaultAppBuilder::new()?.replicas(2).deploy(test).await?;
        let gate = GateBuilder::new(NAME).create(test).await?;
        let opened = gate.until(is::open()).await?.opened_at;
        let names = app.names().await?;
        app.set_pod(&names[1], &json!({"busy": true})).await?;
        gate.until(is::phase(Phase::Draining).and(!is::open()).and(is::busy(1))).await?;
        app.set_pod(&names[1], &json!({"busy": false})).await?;
        let again = gate.until(is::open()).await?.opened_at;
        ensure!(opened == again, "openedAt is the first time: {opened:?}, {again:?}");
        app.upgrade("2").await?;
        gate.until(is::finished(Outcome::Completed)).await?;
        Ok(())
    });
}

/// A rollout patches the target a second and more after the hook has let it through.
#[test]
fn trap_27_who_was_let_through_is_let_through() {
    scenario(async |test| {
        let app = FaultAppBuilder::new()?.deploy(test).await?;
        let gate = GateBuilder::new(NAME).create(test).await?;
        gate.until(is::open()).await?;
        app.set(json!({"busy": true})).await?;
        gate.until(is::phase(Phase::Draining)).await?;
        app.upgrade("2").await?;
        gate.until(is::phase(Phase::RollingOut)).await?;
        gate.until(is::finished(Outcome::Completed)).await?;
        Ok(())
    });
}

#[test]
fn an_app_that_is_ready_only_when_drained_is_drained_first() {
    scenario(async |test| {
        let app = FaultAppBuilder::new()?.script(&json!({"readyOnlyDrained": true})).deploy(test).await?;
        let gate = GateBuilder::new(NAME).create(test).await?;
        gate.until(is::open()).await?;
        let names = app.names().await?;
        let calls = app.snapshot(&names[0]).await?.calls;
        ensure!(calls.first().is_some_and(|call| call.method == "POST"), "not drained first: {calls:?}");
        gate.act("Cancel").await?;
        app.until_resumed().await
    });
}

#[test]
fn a_lease_is_renewed_while_the_gate_holds() {
    scenario(async |test| {
        let app = FaultAppBuilder::new()?.script(&json!({"busy": true})).deploy(test).await?;
        let short = |builder: GateBuilder| builder.spec(|spec| spec.drain.as_mut().unwrap().lease_seconds = 5);
        let gate = short(GateBuilder::new(NAME)).create(test).await?;
        gate.until(is::busy(1)).await?;
        app.until_all("renewed four times", |state| {
            state.calls.iter().filter(|call| call.method == "POST" && call.path == "/drain").count() >= 5
        })
        .await?;
        let names = app.names().await?;
        let orders = app.orders(&names[0]).await?;
        for pair in orders.windows(2) {
            let pause = pair[1].at - pair[0].at;
            ensure!(pause < 5000, "{pause} ms between two renewals of a lease of 5 s: {orders:?}");
        }
        gate.delete().await?;
        gate.until_gone().await?;
        app.until_resumed().await
    });
}
