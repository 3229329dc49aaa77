//! Nobody is there for a while.

use anyhow::{Context, ensure};
use jiff::{SignedDuration, Timestamp};
use kube::{
    ResourceExt,
    api::{Patch, PatchParams, PostParams},
};
use serde_json::json;
use upgradegate_crds::{Outcome, Phase, UpgradeGate};
use upgradegate_e2e::{
    Gate, cli, env, is, operator,
    phases::{self, Stage, back_at_work},
    wait,
};

use crate::alone;

#[test]
fn scaled_to_zero_while_draining_the_lease_heals_and_back_it_goes_on() {
    alone(async |test| {
        let Stage { app, gate, .. } = phases::reach(test, Phase::Draining).await?;
        app.until_drained().await?;
        operator::scale(&test.client, 0).await?;
        operator::until_gone(&test.client).await?;
        // Nobody renews: the application goes back to work by itself.
        back_at_work(&app).await?;
        operator::scale(&test.client, operator::REPLICAS).await?;
        app.until_drained().await?;
        app.set(json!({"busy": false})).await?;
        gate.until(is::open()).await?;
        app.upgrade("2").await?;
        gate.until(is::finished(Outcome::Completed)).await?;
        Ok(())
    });
}

#[test]
fn deleted_while_nobody_is_there_a_gate_waits_for_its_finalizer() {
    alone(async |test| {
        let Stage { app, gate, .. } = phases::reach(test, Phase::Draining).await?;
        operator::scale(&test.client, 0).await?;
        operator::until_gone(&test.client).await?;
        gate.delete().await?;
        gate.until(is::being_deleted()).await?;
        operator::scale(&test.client, operator::REPLICAS).await?;
        gate.until_gone().await?;
        back_at_work(&app).await
    });
}

/// An operator that finds the run neither marked nor going on still resumes whom the one before it drained.
#[test]
fn ended_and_without_its_finalizer_while_nobody_was_there_a_gate_forgets_nobody() {
    alone(async |test| {
        let Stage { app, gate, .. } = phases::reach(test, Phase::Draining).await?;
        app.until_drained().await?;
        operator::scale(&test.client, 0).await?;
        operator::until_gone(&test.client).await?;
        let cancelled = json!({"action": {"type": "Cancel", "reason": "by hand"}});
        let patch = Patch::Merge(json!({"metadata": {"finalizers": null}, "spec": cancelled}));
        test.api::<UpgradeGate>().patch(&gate.name, &PatchParams::default(), &patch).await?;
        operator::scale(&test.client, operator::REPLICAS).await?;
        gate.until(is::finished(Outcome::Cancelled)).await?;
        for name in app.names().await? {
            let calls = app.snapshot(&name).await?.calls;
            ensure!(calls.iter().any(|call| call.method == "DELETE"), "{name} was not told to resume");
        }
        back_at_work(&app).await
    });
}

#[test]
fn no_operator_is_told_with_exit_code_3() {
    alone(async |test| {
        let app = phases::app()?.deploy(test).await?;
        operator::scale(&test.client, 0).await?;
        operator::until_gone(&test.client).await?;
        let path = env::scratch()?.join(format!("{}.yaml", test.namespace));
        std::fs::write(&path, serde_saphyr::to_string(&phases::builder().build())?)?;
        let file = path.to_string_lossy().into_owned();
        let request = ["request", "-f", &file, "--wait", "--operator-timeout", "2s"];
        let ended = cli::command(test, &request)?.run().await?.exits(3)?;
        ensure!(ended.stderr().contains("operator"), "{}", ended.stderr());
        let wait = ["wait", "gate", "--operator-timeout", "1s"];
        cli::command(test, &wait)?.run().await?.exits(3)?;
        let gate = Gate::of(test, &test.api::<UpgradeGate>().get("gate").await?)?;
        // It was cancelled on the way out, so that nobody is drained for it later.
        operator::scale(&test.client, operator::REPLICAS).await?;
        gate.until(is::finished(Outcome::Cancelled)).await?;
        let name = app.names().await?.remove(0);
        ensure!(app.snapshot(&name).await?.calls.is_empty(), "a pod was called");
        Ok(())
    });
}

/// An operator that comes late must not start an old upgrade.
#[test]
fn trap_23_a_gate_first_seen_after_its_deadline_is_expired() {
    alone(async |test| {
        let app = phases::app()?.deploy(test).await?;
        operator::scale(&test.client, 0).await?;
        operator::until_gone(&test.client).await?;
        let gate = phases::builder().deadline(1).build();
        let created: UpgradeGate = test.api().create(&PostParams::default(), &gate).await?;
        // An operator may come to life within a second.
        let deadline = created.creation_timestamp().context("no creation time")?.0 + SignedDuration::from_secs(1);
        wait::eventually("past the deadline", async || {
            ensure!(Timestamp::now() > deadline, "{deadline}");
            Ok(())
        })
        .await?;
        operator::scale(&test.client, operator::REPLICAS).await?;
        let gate = Gate::of(test, &created)?;
        let status = gate.until(is::finished(Outcome::Expired)).await?;
        ensure!(status.message.contains("had passed"), "{}", status.message);
        let name = app.names().await?.remove(0);
        ensure!(app.snapshot(&name).await?.calls.is_empty(), "a pod was called");
        Ok(())
    });
}

#[test]
fn past_its_deadline_while_nobody_was_there_a_run_ends() {
    alone(async |test| {
        let app = phases::app()?.script(&json!({"busy": true})).deploy(test).await?;
        let gate = phases::builder().deadline(5).create(test).await?;
        gate.until(is::busy(1)).await?;
        operator::scale(&test.client, 0).await?;
        operator::until_gone(&test.client).await?;
        back_at_work(&app).await?;
        operator::scale(&test.client, operator::REPLICAS).await?;
        gate.until(is::finished(Outcome::DeadlineExceeded)).await?;
        back_at_work(&app).await
    });
}
