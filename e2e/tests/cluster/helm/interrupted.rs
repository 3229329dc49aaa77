//! Hooks and Helms that are killed in the middle.

use anyhow::{Context, Result, ensure};
use k8s_openapi::api::{
    batch::v1::Job,
    core::v1::{Pod, Secret},
};
use kube::{
    ResourceExt,
    api::{DeleteParams, ListParams},
};
use upgradegate_crds::{Outcome, Phase};
use upgradegate_e2e::{
    Gate, Test,
    demo_app::DemoApp,
    helm::{Helm, Release},
    is, kill,
    process::Running,
    scenario,
};

use super::{all_are, app, back_at_work, next_gate, none_cut_off, with_each_helm};

const JOB: &str = "rel-upgrade-gate-pre";

with_each_helm!(
    trap_14_hook_job_deleted_cancels_its_gate,
    trap_32_hook_pod_deleted_cancels_and_is_not_retried,
    hook_pod_killed_hard_leaves_the_next_upgrade_free,
    trap_04_helm_killed_before_open_and_its_hook_ends_only_its_own_gate,
    helm_killed_when_open,
    helm_killed_while_rolling_out,
);

/// An upgrade that is held by an operation of so many seconds.
struct Held<'t> {
    release: Release<'t>,
    app: DemoApp,
    upgrade: Running,
    gate: Gate<'t>,
}

async fn held(test: &Test, helm: Helm, seconds: f64) -> Result<Held<'_>> {
    held_with(test, helm, seconds, &[]).await
}

/// The same, with more flags for Helm.
async fn held_with<'t>(test: &'t Test, helm: Helm, seconds: f64, flags: &[&str]) -> Result<Held<'t>> {
    let release = Release::new(test, helm)?;
    release.install().await?;
    let app = app(test, &release);
    app.start(&app.names().await?[0], seconds).await?;
    let upgrade = release.upgrade("2", flags)?.spawn()?;
    let gate = next_gate(test, &[]).await?;
    gate.until(is::busy(1)).await?;
    Ok(Held { release, app, upgrade, gate })
}

async fn hook_pod(test: &Test) -> Result<Pod> {
    let pods = test.api::<Pod>().list(&ListParams::default().labels(&format!("job-name={JOB}"))).await?;
    pods.items.into_iter().next().context("no pod of the hook")
}

fn trap_14_hook_job_deleted_cancels_its_gate(helm: Helm) {
    scenario(async |test| {
        let Held { app, upgrade, gate, .. } = held_with(test, helm, 40.0, &["--timeout", "20s"]).await?;
        test.api::<Job>().delete(JOB, &DeleteParams::background()).await?;
        let outcome = gate.until(is::phase(Phase::Finished)).await?.outcome;
        // Helm 3 may be faster with its new template than the hook's pod with its order to cancel.
        let may_be = outcome == Some(Outcome::Cancelled) || (helm == Helm::Three && outcome == Some(Outcome::Bypassed));
        ensure!(may_be, "{outcome:?}");
        match helm {
            // Helm 3 takes a Job that is gone for one that succeeded: a way around the gate.
            Helm::Three => upgrade.wait().await?.ok()?,
            // Helm 4 waits for it until its own timeout.
            Helm::Four => upgrade.wait().await?.fails()?,
        };
        all_are(&app, if helm == Helm::Three { "2" } else { "1" }).await?;
        back_at_work(&app).await
    });
}

fn trap_32_hook_pod_deleted_cancels_and_is_not_retried(helm: Helm) {
    scenario(async |test| {
        let Held { app, upgrade, gate, .. } = held(test, helm, 30.0).await?;
        test.api::<Pod>().delete(&hook_pod(test).await?.name_any(), &DeleteParams::default()).await?;
        gate.until(is::finished(Outcome::Cancelled)).await?;
        back_at_work(&app).await?;
        upgrade.wait().await?.fails()?;
        ensure!(test.gates.latest().len() == 1, "it was tried again");
        all_are(&app, "1").await
    });
}

/// Killed without a chance to cancel: its gate goes on, until another upgrade takes over.
fn hook_pod_killed_hard_leaves_the_next_upgrade_free(helm: Helm) {
    scenario(async |test| {
        let Held { release, app, upgrade, gate } = held(test, helm, 20.0).await?;
        kill::pod(&hook_pod(test).await?).await?;
        upgrade.wait().await?.fails()?;
        release.upgrade("3", &[])?.run().await?.ok()?;
        gate.until(is::finished(Outcome::Superseded)).await?;
        next_gate(test, &[&gate]).await?.until(is::finished(Outcome::Completed)).await?;
        all_are(&app, "3").await?;
        none_cut_off(test)
    });
}

/// Removes Helm's note of the upgrade that was killed, as its users do.
async fn forget_pending(test: &Test) -> Result<()> {
    let secrets = test.api::<Secret>();
    let pending = ListParams::default().labels("owner=helm,status=pending-upgrade");
    for secret in secrets.list(&pending).await?.items {
        secrets.delete(&secret.name_any(), &DeleteParams::default()).await?;
    }
    Ok(())
}

/// The same revision runs again, while the hook of the first one still waits, and is told to end when the second one runs.
fn trap_04_helm_killed_before_open_and_its_hook_ends_only_its_own_gate(helm: Helm) {
    scenario(async |test| {
        let Held { release, app, upgrade, gate } = held(test, helm, 15.0).await?;
        upgrade.signal("KILL").await?;
        upgrade.wait().await?;
        forget_pending(test).await?;
        release.upgrade("3", &[])?.run().await?.ok()?;
        let next = next_gate(test, &[&gate]).await?;
        ensure!(next.name != gate.name, "two upgrades share a gate");
        next.until(is::finished(Outcome::Completed)).await?;
        // Its hook was told to end, or the newer gate took over: whichever came first.
        let outcome = gate.until(is::over()).await?.outcome;
        ensure!(matches!(outcome, Some(Outcome::Superseded | Outcome::Cancelled)), "{outcome:?}");
        all_are(&app, "3").await?;
        none_cut_off(test)
    });
}

fn helm_killed_when_open(helm: Helm) {
    scenario(async |test| {
        let Held { release, app, upgrade, gate } = held(test, helm, 12.0).await?;
        gate.until(is::open()).await?;
        upgrade.signal("KILL").await?;
        upgrade.wait().await?;
        forget_pending(test).await?;
        release.upgrade("3", &[])?.run().await?.ok()?;
        next_gate(test, &[&gate]).await?.until(is::finished(Outcome::Completed)).await?;
        let outcome = gate.until(is::over()).await?.outcome;
        ensure!(matches!(outcome, Some(Outcome::Superseded | Outcome::Completed)), "{outcome:?}");
        all_are(&app, "3").await?;
        none_cut_off(test)
    });
}

/// Nobody finishes the gate, and it ends as it should all the same.
fn helm_killed_while_rolling_out(helm: Helm) {
    scenario(async |test| {
        let Held { app, upgrade, gate, .. } = held(test, helm, 12.0).await?;
        gate.until(is::phase(Phase::RollingOut)).await?;
        upgrade.signal("KILL").await?;
        upgrade.wait().await?;
        gate.until(is::finished(Outcome::Completed)).await?;
        all_are(&app, "2").await?;
        back_at_work(&app).await?;
        none_cut_off(test)
    });
}
