//! Two gates of one target: the newer one takes over.

use anyhow::{Result, ensure};
use serde_json::json;
use upgradegate_crds::{Outcome, Phase};
use upgradegate_e2e::{
    GateBuilder, Test,
    fault_app::NAME,
    is,
    phases::{self, Stage},
    scenario,
};

/// A gate in a phase is superseded by another, which then opens and is used.
async fn supersede(test: &Test, phase: Phase) -> Result<()> {
    let Stage { app, gate, older } = phases::reach(test, phase).await?;
    let newest = phases::builder().named("newest").create(test).await?;
    if phase == Phase::Resuming {
        gate.until(is::finished(Outcome::Cancelled)).await?;
    } else {
        let status = gate.until(is::finished(Outcome::Superseded)).await?;
        ensure!(status.message.contains("newest"), "{}", status.message);
    }
    if let Some(older) = older {
        older.until(is::over()).await?;
    }
    app.set(json!({"busy": false})).await?;
    let epoch = newest.until(is::open()).await?.epoch;
    ensure!(epoch > gate.status().epoch, "the epoch does not grow: {epoch:?}");
    app.upgrade_to_own_image("2").await?;
    newest.until(is::finished(Outcome::Completed)).await?;
    Ok(())
}

#[test]
fn superseded_while_waiting() {
    scenario(async |test| supersede(test, Phase::Waiting).await);
}

#[test]
fn superseded_while_draining() {
    scenario(async |test| supersede(test, Phase::Draining).await);
}

#[test]
fn superseded_while_open() {
    scenario(async |test| supersede(test, Phase::Open).await);
}

#[test]
fn superseded_while_rolling_out() {
    scenario(async |test| supersede(test, Phase::RollingOut).await);
}

#[test]
fn a_newer_gate_waits_for_one_that_is_resuming() {
    scenario(async |test| supersede(test, Phase::Resuming).await);
}

#[test]
fn a_gate_that_cannot_run_supersedes_nobody() {
    scenario(async |test| {
        let Stage { app, gate, .. } = phases::reach(test, Phase::Draining).await?;
        let invalid = phases::builder().named("invalid").spec(|spec| spec.probe.ready = Some("((".into()));
        invalid.create(test).await?.until(is::finished(Outcome::Invalid)).await?;
        let restored = phases::builder().named("restored").change(|gate| {
            gate.metadata.annotations =
                Some([(upgradegate_crds::UID_ANNOTATION.to_owned(), "other".to_owned())].into());
        });
        restored.create(test).await?.until(is::finished(Outcome::Expired)).await?;
        gate.never(&is::phase(Phase::Resuming))?;
        app.set(json!({"busy": false})).await?;
        gate.until(is::open()).await?;
        Ok(())
    });
}

/// Gates of one second share a creation time; their order must be the same for all that look.
#[test]
fn trap_31_of_four_gates_at_once_one_runs_and_all_others_end() {
    scenario(async |test| {
        let app = phases::app()?.deploy(test).await?;
        let names = ["a", "b", "c", "d"];
        let gates = names.map(|name| phases::builder().named(name).create(test));
        let gates = futures::future::try_join_all(gates).await?;
        let mut superseded = 0;
        let mut winner = None;
        for gate in &gates {
            let status = gate.until(is::open().or(is::over())).await?;
            if status.outcome == Some(Outcome::Superseded) {
                superseded += 1;
            } else if gate.status().outcome.is_none() {
                winner = Some(gate);
            }
        }
        let Some(winner) = winner else { anyhow::bail!("no gate is left") };
        // One that was open for a moment may end after it was looked at.
        for gate in gates.iter().filter(|gate| gate.uid != winner.uid) {
            gate.until(is::finished(Outcome::Superseded)).await?;
        }
        println!("{superseded} were superseded before they were open");
        app.upgrade("2").await?;
        winner.until(is::finished(Outcome::Completed)).await?;
        Ok(())
    });
}

#[test]
fn gates_of_two_targets_do_not_touch_each_other() {
    scenario(async |test| {
        let one = phases::app()?.script(&json!({"busy": true})).deploy(test).await?;
        let two = phases::app()?.named("two").deploy(test).await?;
        let gate_one = GateBuilder::new(NAME).create(test).await?;
        let gate_two = GateBuilder::new("two").named("two").create(test).await?;
        gate_two.until(is::open()).await?;
        gate_one.until(is::busy(1)).await?;
        two.upgrade("2").await?;
        gate_two.until(is::finished(Outcome::Completed)).await?;
        gate_one.never(&is::open())?;
        one.set(json!({"busy": false})).await?;
        gate_one.until(is::open()).await?;
        Ok(())
    });
}
