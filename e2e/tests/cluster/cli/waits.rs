//! `wait`: it knows every ending of a gate, and says which one it was.

use anyhow::ensure;
use serde_json::json;
use upgradegate_crds::{Outcome, Phase};
use upgradegate_e2e::{
    cli, is,
    phases::{self, Stage},
    scenario, wait,
};

use super::run;

#[test]
fn an_open_gate_is_awaited() {
    scenario(async |test| {
        let Stage { app, gate, .. } = phases::reach(test, Phase::Draining).await?;
        let waits = cli::command(test, &["wait", &gate.name])?.spawn()?;
        wait::eventually("holding", async || {
            ensure!(waits.printed("busy"), "{:?}", waits.lines());
            Ok(())
        })
        .await?;
        app.set(json!({"busy": false})).await?;
        waits.wait().await?.ok()?;
        gate.until(is::open()).await?;
        Ok(())
    });
}

/// `kubectl wait` would sit out its timeout.
#[test]
fn a_bad_end_is_told_at_once_with_its_outcome() {
    scenario(async |test| {
        let Stage { gate, .. } = phases::reach(test, Phase::Draining).await?;
        let waits = cli::command(test, &["wait", &gate.name])?.spawn()?;
        gate.act("Cancel").await?;
        let ended = waits.wait().await?.exits(1)?.says("Cancelled")?;
        ensure!(ended.stderr().contains("error: "), "{}", ended.stderr());
        // And again, after the end.
        run(test, &["wait", &gate.name]).await?.exits(1)?.says("Cancelled")?;
        Ok(())
    });
}

/// A gate that was used is no permission for another upgrade.
#[test]
fn a_gate_that_ended_well_is_not_open() {
    scenario(async |test| {
        let Stage { gate, .. } = phases::reach(test, Phase::Finished).await?;
        gate.until(is::finished(Outcome::Completed)).await?;
        run(test, &["wait", &gate.name]).await?.exits(1)?.says("Completed")?;
        Ok(())
    });
}

#[test]
fn a_timeout_says_what_holds_and_cancels_nothing() {
    scenario(async |test| {
        let Stage { gate, .. } = phases::reach(test, Phase::Draining).await?;
        run(test, &["wait", &gate.name, "--timeout", "1s"]).await?.exits(1)?.says("1 operation running")?;
        gate.never(&is::phase(Phase::Resuming))?;
        ensure!(gate.status().outcome.is_none(), "what somebody else requested was cancelled");
        Ok(())
    });
}

#[test]
fn a_missing_gate_is_bad_usage() {
    scenario(async |test| {
        run(test, &["wait", "nobody"]).await?.exits(2)?.says("nobody")?;
        Ok(())
    });
}

/// Helm 4 was seen to apply onto an object that was being deleted, which then vanished.
#[test]
fn trap_17_a_gate_that_is_being_deleted_is_refused() {
    scenario(async |test| {
        let Stage { app, gate, .. } = phases::reach(test, Phase::Open).await?;
        // Held in its deletion by members that refuse to resume.
        app.set(json!({"resume": {"status": 500}})).await?;
        gate.delete().await?;
        gate.until(is::being_deleted()).await?;
        run(test, &["wait", &gate.name]).await?.exits(1)?.says("deleted")?;
        run(test, &["request", "--like", &gate.name, "--name", &gate.name]).await?.fails()?;
        Ok(())
    });
}

#[test]
fn status_shows_one_gate_and_all() {
    scenario(async |test| {
        let Stage { gate, .. } = phases::reach(test, Phase::Draining).await?;
        let one = run(test, &["status", &gate.name]).await?.ok()?;
        for part in ["Deployment/app", "Draining", "busy", "1 operation running", "Deadline"] {
            ensure!(one.stdout().contains(part), "{part:?} is not in {}", one.stdout());
        }
        let all = run(test, &["status"]).await?.ok()?.stdout();
        ensure!(all.contains("gate") && all.contains("Draining"), "{all}");
        run(test, &["status", "nobody"]).await?.exits(2)?;
        Ok(())
    });
}
