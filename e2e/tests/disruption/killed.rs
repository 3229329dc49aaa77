//! The operator is killed in each phase: another replica, or itself once restarted, goes on where it was.

use anyhow::{Result, ensure};
use serde_json::json;
use upgradegate_crds::{Outcome, Phase};
use upgradegate_e2e::{
    Test, is, kill, operator,
    phases::{self, Stage, back_at_work},
};

use crate::alone;

/// Kills every replica at the same time.
async fn kill_all(test: &Test) -> Result<()> {
    for pod in operator::pods(&test.client).await? {
        kill::pod(&pod).await?;
    }
    Ok(())
}

#[test]
fn killed_while_draining() {
    alone(async |test| {
        let Stage { app, gate, .. } = phases::reach(test, Phase::Draining).await?;
        let epoch = gate.status().epoch;
        kill_all(test).await?;
        app.set(json!({"busy": false})).await?;
        let status = gate.until(is::open()).await?;
        ensure!(status.epoch == epoch, "another run began: {epoch:?}, {:?}", status.epoch);
        app.until_drained().await?;
        app.upgrade("2").await?;
        gate.until(is::finished(Outcome::Completed)).await?;
        Ok(())
    });
}

#[test]
fn killed_while_open() {
    alone(async |test| {
        let Stage { app, gate, .. } = phases::reach(test, Phase::Open).await?;
        kill_all(test).await?;
        // The upgrade comes while nobody looks.
        app.upgrade("2").await?;
        app.until_complete().await?;
        gate.until(is::finished(Outcome::Completed)).await?;
        back_at_work(&app).await
    });
}

#[test]
fn killed_while_open_it_stays_open_and_keeps_its_members_drained() {
    alone(async |test| {
        let Stage { app, gate, .. } = phases::reach(test, Phase::Open).await?;
        let name = app.names().await?.remove(0);
        let renewals = async || -> Result<usize> {
            Ok(app.orders(&name).await?.iter().filter(|call| call.method == "POST").count())
        };
        let before = renewals().await?;
        kill_all(test).await?;
        app.until_all("renewed", |state| {
            state.calls.iter().filter(|call| call.method == "POST").count() > before && state.lease.is_some()
        })
        .await?;
        gate.until(is::open().and(is::ready(1))).await?;
        gate.act("Cancel").await?;
        gate.until(is::finished(Outcome::Cancelled)).await?;
        app.until_resumed().await
    });
}

#[test]
fn killed_while_resuming() {
    alone(async |test| {
        let Stage { app, gate, .. } = phases::reach(test, Phase::Resuming).await?;
        kill_all(test).await?;
        app.set(json!({"resume": null})).await?;
        gate.until(is::finished(Outcome::Cancelled)).await?;
        back_at_work(&app).await
    });
}

#[test]
fn killed_while_rolling_out() {
    alone(async |test| {
        let Stage { app, gate, .. } = phases::reach(test, Phase::RollingOut).await?;
        kill_all(test).await?;
        app.upgrade_to_own_image("2").await?;
        gate.until(is::finished(Outcome::Completed)).await?;
        back_at_work(&app).await
    });
}

/// A member that was drained before the crash and is nobody's business after it: still owed a resume.
#[test]
fn killed_while_draining_and_cancelled_before_it_is_back() {
    alone(async |test| {
        let Stage { app, gate, .. } = phases::reach(test, Phase::Draining).await?;
        app.until_drained().await?;
        kill_all(test).await?;
        gate.act("Cancel").await?;
        gate.until(is::finished(Outcome::Cancelled)).await?;
        app.until_resumed().await
    });
}
