//! Upgrades that fail, and what is left of a release.

use anyhow::{Context, ensure};
use jiff::SignedDuration;
use k8s_openapi::api::{
    apps::v1::Deployment,
    batch::v1::Job,
    core::v1::{Namespace, Pod, Service, ServiceAccount},
    rbac::v1::{Role, RoleBinding},
};
use kube::{
    Api, ResourceExt,
    api::{DeleteParams, ListParams},
};
use upgradegate_crds::{Outcome, Phase};
use upgradegate_e2e::{
    helm::{Helm, Release},
    is, scenario, wait,
};

use super::{all_are, app, back_at_work, next_gate, none_cut_off, with_each_helm};

/// How long after the gate's deadline Helm may fail.
const LATE: SignedDuration = SignedDuration::from_secs(5);

with_each_helm!(
    trap_29_at_the_deadline_helm_fails_and_names_the_blockers,
    a_failing_rollout_is_rolled_back_on_failure,
    a_failing_rollout_leaves_the_old_pods_at_work,
    uninstall_leaves_nothing_behind,
    uninstalled_while_draining,
    trap_11_a_namespace_deleted_while_draining_goes,
);

/// The gate's verdict comes first, then the Job's deadline, then Helm's: else nobody would see why.
fn trap_29_at_the_deadline_helm_fails_and_names_the_blockers(helm: Helm) {
    scenario(async |test| {
        let release = Release::new(test, helm)?.set("replicas=2").set("upgrade-gate.timeoutSeconds=180");
        release.install().await?;
        let app = app(test, &release);
        let busy = app.names().await?.remove(0);
        app.start(&busy, 75.0).await?;
        let upgrade = release.upgrade("2", &["--timeout", "180s"])?.spawn()?;
        let gate = next_gate(test, &[]).await?;
        let job = test.api::<Job>().get("rel-upgrade-gate-pre").await?;
        let job_deadline = job.spec.and_then(|spec| spec.active_deadline_seconds);
        ensure!(job_deadline == Some(120), "the Job's deadline is {job_deadline:?}");
        let deadline = gate.until(is::busy(1)).await?.deadline.context("no deadline")?.0;
        let ended = upgrade.wait().await?.fails()?;
        let late = ended.ended.duration_since(deadline);
        ensure!(late >= SignedDuration::ZERO && late < LATE, "Helm failed {late} after the deadline");
        let ended = ended.says("DeadlineExceeded")?.says(&busy)?.says("busy since")?.says("1 operation running")?;
        println!("{}", ended.output());
        gate.until(is::finished(Outcome::DeadlineExceeded)).await?;
        back_at_work(&app).await?;
        all_are(&app, "1").await?;
        // The next upgrade works, and waits for what still runs.
        release.upgrade("3", &[])?.run().await?.ok()?;
        next_gate(test, &[&gate]).await?.until(is::finished(Outcome::Completed)).await?;
        all_are(&app, "3").await?;
        none_cut_off(test)
    });
}

fn a_failing_rollout_is_rolled_back_on_failure(helm: Helm) {
    scenario(async |test| {
        let release = Release::new(test, helm)?.set("replicas=2").set("progressDeadlineSeconds=600");
        release.install().await?;
        let app = app(test, &release);
        let before = app.names().await?;
        let broken = ["--set", "image.tag=none", "--set", "image.pullPolicy=Never", "--timeout", "20s"];
        let upgrade = release.upgrade("2", &[&broken[..], &[helm.rollback_on_failure()]].concat())?.spawn()?;
        let gate = next_gate(test, &[]).await?;
        gate.until(is::phase(Phase::RollingOut)).await?;
        upgrade.wait().await?.fails()?;
        gate.until(is::finished(Outcome::RolledBack)).await?;
        wait::eventually("as before", async || {
            let now = app.names().await?;
            ensure!(before.iter().all(|pod| now.contains(pod)), "{before:?} became {now:?}");
            Ok(())
        })
        .await?;
        back_at_work(&app).await
    });
}

fn a_failing_rollout_leaves_the_old_pods_at_work(helm: Helm) {
    scenario(async |test| {
        let release = Release::new(test, helm)?.set("replicas=2").set("progressDeadlineSeconds=8");
        release.install().await?;
        let app = app(test, &release);
        let broken = ["--set", "image.tag=none", "--set", "image.pullPolicy=Never", "--timeout", "25s"];
        release.upgrade("2", &broken)?.run().await?.fails()?;
        let gate = next_gate(test, &[]).await?;
        gate.until(is::finished(Outcome::RolloutFailed)).await?;
        wait::eventually("resumed", async || {
            for pod in app.pods().await?.iter().filter(|pod| upgradegate_e2e::pods::is_ready(pod)) {
                let answer = app.upgradeable(&pod.name_any()).await?;
                ensure!(answer["draining"] == false, "{answer}");
            }
            Ok(())
        })
        .await?;
        // The way out: a good version.
        release.upgrade("3", &[])?.run().await?.ok()?;
        all_are(&app, "3").await
    });
}

fn uninstall_leaves_nothing_behind(helm: Helm) {
    scenario(async |test| {
        let release = Release::new(test, helm)?;
        release.install().await?;
        release.upgrade("2", &[])?.run().await?.ok()?;
        let gate = next_gate(test, &[]).await?;
        gate.until(is::finished(Outcome::Completed)).await?;
        release.run(&["uninstall", "rel", "--wait"]).await?.ok()?;
        let all = ListParams::default();
        wait::eventually("gone", async || {
            let mut left: Vec<String> = Vec::new();
            let mut note =
                |kind: &str, names: Vec<String>| left.extend(names.iter().map(|name| format!("{kind}/{name}")));
            note("Deployment", names(&test.api::<Deployment>().list(&all).await?.items));
            note("Job", names(&test.api::<Job>().list(&all).await?.items));
            note("Pod", names(&test.api::<Pod>().list(&all).await?.items));
            note("Service", names(&test.api::<Service>().list(&all).await?.items));
            note("Role", names(&test.api::<Role>().list(&all).await?.items));
            note("RoleBinding", names(&test.api::<RoleBinding>().list(&all).await?.items));
            let accounts = names(&test.api::<ServiceAccount>().list(&all).await?.items);
            note("ServiceAccount", accounts.into_iter().filter(|name| name != "default").collect());
            ensure!(left.is_empty(), "left behind: {left:?}");
            Ok(())
        })
        .await?;
        // The record of the last upgrade goes by itself.
        let ttl = test.gates.latest().remove(0).spec.ttl_seconds_after_finished;
        ensure!(ttl == Some(86_400), "{ttl:?}");
        Ok(())
    });
}

fn names<K: kube::Resource>(items: &[K]) -> Vec<String> {
    items.iter().map(ResourceExt::name_any).collect()
}

fn uninstalled_while_draining(helm: Helm) {
    scenario(async |test| {
        let release = Release::new(test, helm)?;
        release.install().await?;
        let app = app(test, &release);
        app.start(&app.names().await?[0], 200.0).await?;
        let upgrade = release.upgrade("2", &[])?.spawn()?;
        let gate = next_gate(test, &[]).await?;
        gate.until(is::busy(1)).await?;
        upgrade.signal("KILL").await?;
        release.run(&["uninstall", "rel", "--wait"]).await?.ok()?;
        gate.until(is::over()).await?;
        Ok(())
    });
}

/// A finalizer must not hang the deletion of its namespace.
fn trap_11_a_namespace_deleted_while_draining_goes(helm: Helm) {
    scenario(async |test| {
        let release = Release::new(test, helm)?;
        release.install().await?;
        let app = app(test, &release);
        app.start(&app.names().await?[0], 200.0).await?;
        let _upgrade = release.upgrade("2", &[])?.spawn()?;
        let gate = next_gate(test, &[]).await?;
        gate.until(is::busy(1)).await?;
        let namespaces = Api::<Namespace>::all(test.client.clone());
        namespaces.delete(&test.namespace, &DeleteParams::default()).await?;
        wait::until_gone(&namespaces, &test.namespace).await
    });
}
