//! Upgrades that go as they should.

use std::time::Duration;

use anyhow::{Context, ensure};
use k8s_openapi::api::batch::v1::Job;
use kube::{ResourceExt, api::ListParams};
use upgradegate_crds::{Outcome, RELEASE_LABEL, UpgradeGate};
use upgradegate_e2e::{
    cli,
    helm::{Helm, Release},
    is,
    load::Load,
    scenario, wait,
};

use super::{all_are, app, back_at_work, next_gate, none_cut_off, until_printed, with_each_helm};

with_each_helm!(
    busy_app_holds_the_upgrade_until_idle,
    three_replicas_under_load_lose_no_operation,
    an_app_that_is_unready_while_drained_is_upgraded,
    the_first_upgrade_that_brings_the_gate_is_gated,
    an_upgrade_that_changes_nothing_is_unchanged,
    several_targets_are_drained_together,
    trap_01_the_gates_hook_is_the_last_one,
    trap_03_an_open_by_hand_does_not_survive_into_the_next_upgrade,
    trap_06_the_chart_owns_no_gate,
    trap_15_the_record_outlives_the_hooks_job,
);

fn busy_app_holds_the_upgrade_until_idle(helm: Helm) {
    scenario(async |test| {
        let release = Release::new(test, helm)?;
        release.install().await?;
        let app = app(test, &release);
        let pod = app.names().await?.remove(0);
        app.start(&pod, 12.0).await?;
        let upgrade = release.upgrade("2", &[])?.spawn()?;
        let gate = next_gate(test, &[]).await?;
        gate.until(is::busy(1)).await?;
        ensure!(app.start(&pod, 1.0).await.is_err(), "a drained pod took new work");
        gate.until(is::open()).await?;
        // What the hook printed is what Helm prints.
        let ended = upgrade.wait().await?.ok()?.says("0/1 ready")?.says(&pod)?.says("1 operation running")?;
        gate.until(is::finished(Outcome::Completed)).await?;
        all_are(&app, "2").await?;
        none_cut_off(test)?;
        println!("{}", ended.output());
        back_at_work(&app).await
    });
}

/// The hook's Job is deleted as soon as it succeeds; as a hook resource the gate would go with it.
fn trap_15_the_record_outlives_the_hooks_job(helm: Helm) {
    scenario(async |test| {
        let release = Release::new(test, helm)?;
        release.install().await?;
        release.upgrade("2", &[])?.run().await?.ok()?;
        let gate = next_gate(test, &[]).await?;
        gate.until(is::finished(Outcome::Completed)).await?;
        let jobs = test.api::<Job>().list(&ListParams::default()).await?.items;
        ensure!(jobs.is_empty(), "{:?}", jobs.iter().map(ResourceExt::name_any).collect::<Vec<_>>());
        let stored = test.api::<UpgradeGate>().get(&gate.name).await?;
        let release = stored.labels().get(RELEASE_LABEL).map(String::as_str);
        ensure!(release == Some("rel"), "the record is of release {release:?}");
        Ok(())
    });
}

fn three_replicas_under_load_lose_no_operation(helm: Helm) {
    scenario(async |test| {
        let release = Release::new(test, helm)?.set("replicas=3").set("upgrade-gate.drain.leaseSeconds=10");
        release.install().await?;
        let app = app(test, &release);
        let load = Load::start(app.clone(), Duration::from_millis(400), 2.0);
        let more_than = async |count: usize| {
            wait::eventually("operations started", async || {
                ensure!(load.counts.accepted() > count, "{} operations", load.counts.accepted());
                Ok(())
            })
            .await
        };
        more_than(8).await?;
        release.upgrade("2", &[])?.run().await?.ok()?;
        let gate = next_gate(test, &[]).await?;
        gate.until(is::finished(Outcome::Completed)).await?;
        // Served again, also once the old pods are gone.
        more_than(load.counts.accepted() + 8).await?;
        let (counts, refused) = (load.counts.clone(), load.counts.refused());
        drop(load);
        all_are(&app, "2").await?;
        wait::eventually("finished, every operation that was started", async || {
            let (started, finished) = (counts.accepted(), test.logs.count("operation finished"));
            ensure!(finished >= started, "{finished} of {started} finished");
            Ok(())
        })
        .await?;
        println!("{} operations, {refused} refused while drained", counts.accepted());
        none_cut_off(test)
    });
}

/// Drained pods are out of the Service, and the rollout must not wait for them.
fn an_app_that_is_unready_while_drained_is_upgraded(helm: Helm) {
    scenario(async |test| {
        let release = Release::new(test, helm)?.set("replicas=2").set("unreadyWhileDraining=true");
        release.install().await?;
        let app = app(test, &release);
        app.start(&app.names().await?[0], 5.0).await?;
        release.upgrade("2", &[])?.run().await?.ok()?;
        next_gate(test, &[]).await?.until(is::finished(Outcome::Completed)).await?;
        all_are(&app, "2").await?;
        back_at_work(&app).await?;
        none_cut_off(test)
    });
}

fn the_first_upgrade_that_brings_the_gate_is_gated(helm: Helm) {
    scenario(async |test| {
        let without = Release::new(test, helm)?.set("upgrade-gate.enabled=false");
        without.install().await?;
        let release = Release::new(test, helm)?;
        let app = app(test, &release);
        app.start(&app.names().await?[0], 4.0).await?;
        release.upgrade("2", &[])?.run().await?.ok()?;
        let gate = next_gate(test, &[]).await?;
        gate.until(is::finished(Outcome::Completed)).await?;
        none_cut_off(test)
    });
}

fn an_upgrade_that_changes_nothing_is_unchanged(helm: Helm) {
    scenario(async |test| {
        let release = Release::new(test, helm)?;
        release.install().await?;
        let app = app(test, &release);
        let before = app.names().await?;
        release.upgrade("1", &[])?.run().await?.ok()?;
        let gate = next_gate(test, &[]).await?;
        gate.until(is::finished(Outcome::Unchanged)).await?;
        ensure!(app.names().await? == before, "pods were replaced");
        back_at_work(&app).await
    });
}

/// A second Deployment in the same release's namespace, gated by the same hook.
fn several_targets_are_drained_together(helm: Helm) {
    scenario(async |test| {
        let other = Release { name: "other".into(), ..Release::new(test, helm)? };
        other.install().await?;
        let release = Release::new(test, helm)?
            .set("upgrade-gate.target=")
            .set("upgrade-gate.gates[0].target=rel-app")
            .set("upgrade-gate.gates[1].target=other-app");
        release.install().await?;
        let second = app(test, &other);
        second.start(&second.names().await?[0], 5.0).await?;
        let upgrade = release.upgrade("2", &[])?.spawn()?;
        let one = next_gate(test, &[]).await?;
        let two = next_gate(test, &[&one]).await?;
        upgrade.wait().await?.ok()?;
        // One of them was not changed: `finish` says so for it.
        let outcomes = [one.until(is::over()).await?.outcome, two.until(is::over()).await?.outcome];
        ensure!(outcomes.contains(&Some(Outcome::Completed)), "{outcomes:?}");
        ensure!(outcomes.contains(&Some(Outcome::Unchanged)), "{outcomes:?}");
        none_cut_off(test)?;
        back_at_work(&second).await
    });
}

/// Hooks run one after another: one behind ours would use up the time that the gate is open.
fn trap_01_the_gates_hook_is_the_last_one(helm: Helm) {
    scenario(async |test| {
        let release = Release::new(test, helm)?;
        release.install().await?;
        let hooks = release.run(&["get", "hooks", "rel"]).await?.ok()?.stdout();
        let pre = hooks.split("\n---").find(|hook| hook.contains("kind: Job") && hook.contains("pre-upgrade"));
        let pre = pre.context("no pre-upgrade Job")?;
        ensure!(pre.contains("helm.sh/hook-weight: \"1000000\""), "{pre}");
        ensure!(pre.contains("backoffLimit: 0"), "a retry would find a cancelled gate: {pre}");
        Ok(())
    });
}

/// An order on a standing object would be there for the next upgrade too.
fn trap_03_an_open_by_hand_does_not_survive_into_the_next_upgrade(helm: Helm) {
    scenario(async |test| {
        let release = Release::new(test, helm)?.set("terminationGracePeriodSeconds=20");
        release.install().await?;
        let app = app(test, &release);
        app.start(&app.names().await?[0], 12.0).await?;
        let upgrade = release.upgrade("2", &[])?.spawn()?;
        let gate = next_gate(test, &[]).await?;
        gate.until(is::busy(1)).await?;
        cli::command(test, &["open", &gate.name, "--reason", "pager: a fix"])?.run().await?.ok()?;
        upgrade.wait().await?.ok()?;
        gate.until(is::finished(Outcome::Completed)).await?;
        app.start(&app.names().await?[0], 12.0).await?;
        let upgrade = release.upgrade("3", &[])?.spawn()?;
        let next = next_gate(test, &[&gate]).await?;
        next.until(is::busy(1)).await?;
        upgrade.wait().await?.ok()?;
        next.until(is::finished(Outcome::Completed)).await?;
        Ok(())
    });
}

/// A gate that the chart owned under a name that a hook uses too would be taken over, or refused.
fn trap_06_the_chart_owns_no_gate(helm: Helm) {
    scenario(async |test| {
        let release = Release::new(test, helm)?;
        release.install().await?;
        for part in ["manifest", "hooks"] {
            let text = release.run(&["get", part, "rel"]).await?.ok()?.stdout();
            let owned = text.lines().any(|line| line == "kind: UpgradeGate");
            ensure!(!owned, "the chart owns a gate: {text}");
        }
        let upgrade = release.upgrade("2", &[])?.spawn()?;
        until_printed(&upgrade, "open").await?;
        upgrade.wait().await?.ok()?;
        Ok(())
    });
}
