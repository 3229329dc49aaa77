//! What stays of a run: events, the record, and for how long.

use anyhow::ensure;
use serde_json::json;
use upgradegate_crds::{Outcome, Phase, UpgradeGate};
use upgradegate_e2e::{
    cli, is,
    phases::{self, Stage},
    scenario, wait,
};

#[test]
fn events_tell_the_run() {
    scenario(async |test| {
        let Stage { app, gate, .. } = phases::reach(test, Phase::Draining).await?;
        app.set(json!({"busy": false})).await?;
        gate.until(is::open()).await?;
        app.set(json!({"busy": true})).await?;
        gate.until(is::phase(Phase::Draining)).await?;
        app.set(json!({"busy": false})).await?;
        gate.until(is::open()).await?;
        app.upgrade("2").await?;
        gate.until(is::finished(Outcome::Completed)).await?;
        let pod = app.name.clone();
        wait::eventually("all there", async || {
            let events = gate.events().await?;
            for reason in ["Draining", "Opened", "Closed", "RollingOut", "Completed"] {
                ensure!(events.iter().any(|(found, _)| found == reason), "no event {reason}: {events:?}");
            }
            let closed = events.iter().find(|(reason, _)| reason == "Closed").cloned().unwrap_or_default().1;
            ensure!(closed.contains(&pod) && closed.contains("busy"), "the blocker is not named: {closed}");
            Ok(())
        })
        .await
    });
}

#[test]
fn a_finished_gate_goes_after_its_time() {
    scenario(async |test| {
        let Stage { gate, .. } = phases::reach(test, Phase::Finished).await?;
        gate.patch(json!({"ttlSecondsAfterFinished": 1})).await?;
        gate.until_gone().await
    });
}

#[test]
fn a_finished_gate_without_a_time_stays() {
    scenario(async |test| {
        let Stage { gate, .. } = phases::reach(test, Phase::Finished).await?;
        // The finalizer goes after the end.
        gate.until(is::without_finalizer()).await?;
        let before = gate.seen().len();
        // Another whole run passes, and the record is as it was.
        let next = phases::builder().named("next").create(test).await?;
        next.until(is::open()).await?;
        ensure!(gate.seen().len() == before, "the finished gate was written again");
        Ok(())
    });
}

/// A second use must not pass on an old answer, and must not drain anybody.
#[test]
fn the_same_file_applied_again_after_the_end_changes_nothing() {
    scenario(async |test| {
        let app = phases::app()?.deploy(test).await?;
        let mut manifest = phases::builder().build();
        manifest.metadata.namespace = Some(test.namespace.clone());
        let file = upgradegate_e2e::env::scratch()?.join(format!("{}.yaml", test.namespace));
        std::fs::write(&file, serde_saphyr::to_string(&manifest)?)?;
        let file = file.to_string_lossy().into_owned();
        cli::kubectl(test, &["apply", "-f", &file]).run().await?.ok()?;
        let created = test.api::<UpgradeGate>().get("gate").await?;
        let gate = upgradegate_e2e::Gate::of(test, &created)?;
        let wait = ["wait", "--for=condition=Ready", "ug/gate", "--timeout=30s"];
        cli::kubectl(test, &wait).run().await?.ok()?;
        app.upgrade("2").await?;
        gate.until(is::finished(Outcome::Completed)).await?;
        cli::kubectl(test, &["apply", "-f", &file]).run().await?.ok()?.says("unchanged")?;
        let wait = ["wait", "--for=condition=Ready", "ug/gate", "--timeout=1s"];
        cli::kubectl(test, &wait).run().await?.fails()?;
        let pods = app.names().await?;
        ensure!(app.orders(&pods[0]).await?.is_empty(), "a pod was drained for a finished gate");
        Ok(())
    });
}

/// A deleted gate of the same name is another gate, with another UID.
#[test]
fn a_name_used_again_is_another_gate() {
    scenario(async |test| {
        let Stage { app, gate, .. } = phases::reach(test, Phase::Finished).await?;
        gate.delete().await?;
        gate.until_gone().await?;
        let again = phases::builder().create(test).await?;
        ensure!(again.uid != gate.uid);
        again.until(is::open()).await?;
        app.upgrade("3").await?;
        again.until(is::finished(Outcome::Completed)).await?;
        Ok(())
    });
}

/// etcd pays for every byte of every write: few members are listed, and all are counted.
#[test]
fn trap_24_of_many_members_ten_are_listed_and_all_are_counted() {
    scenario(async |test| {
        let app = phases::app()?.replicas(12).script(&json!({"busy": true})).deploy(test).await?;
        let gate = phases::builder().create(test).await?;
        gate.until(is::total(12).and(is::busy(12))).await?;
        let idle = app.names().await?.remove(3);
        app.set_pod(&idle, &json!({"busy": false})).await?;
        let status = gate.until(is::ready(1).and(is::busy(11))).await?;
        ensure!(status.members.len() == 10, "{} members are listed", status.members.len());
        ensure!(status.members.iter().all(|member| member.name != idle), "one that holds nothing is listed");
        ensure!(status.message.contains("and 8 more"), "{}", status.message);
        app.set(json!({"busy": false})).await?;
        gate.until(is::open().and(is::ready(12))).await?;
        app.until_drained().await?;
        gate.act("Cancel").await?;
        gate.until(is::finished(Outcome::Cancelled)).await?;
        app.until_resumed().await
    });
}

#[test]
fn trap_24_thousand_words_of_a_member_stay_short_in_the_status() {
    scenario(async |test| {
        let words = json!({"isUpgradeable": false, "message": "busy ".repeat(1500)}).to_string();
        let script = json!({"probe": {"body": {"text": words}}});
        let app = phases::app()?.replicas(3).script(&script).deploy(test).await?;
        let gate = phases::builder().create(test).await?;
        let status = gate.until(is::busy(3)).await?;
        for member in &status.members {
            ensure!(member.message.chars().count() <= 256, "{} characters", member.message.chars().count());
        }
        // Nothing is written because time passed: five more probes of each member write nothing.
        let before = gate.seen().len();
        let probes =
            |state: &upgradegate_fault_app::Snapshot| state.calls.iter().filter(|call| call.method == "GET").count();
        let names = app.names().await?;
        let begin = probes(&app.snapshot(&names[0]).await?);
        app.until_all("probed five times more", |state| probes(state) >= begin + 5).await?;
        ensure!(gate.seen().len() == before, "{} writes while nothing changed", gate.seen().len() - before);
        Ok(())
    });
}
