//! Targets that are missing, empty, replaced or renamed.

use anyhow::ensure;
use kube::api::DeleteParams;
use serde_json::json;
use upgradegate_crds::{OnMissingTarget, OpenedByType, Outcome, Phase};
use upgradegate_e2e::{
    GateBuilder,
    fault_app::NAME,
    is,
    phases::{self, Stage},
    scenario, wait,
};

#[test]
fn a_missing_target_fails_and_is_named() {
    scenario(async |test| {
        let gate = GateBuilder::new("nobody").create(test).await?;
        let status = gate.until(is::finished(Outcome::TargetNotFound)).await?;
        for part in ["Deployment nobody", test.namespace.as_str(), "spec.targetRef"] {
            ensure!(status.message.contains(part), "{}", status.message);
        }
        Ok(())
    });
}

/// The first sync of a GitOps tool runs its hooks before the target exists.
#[test]
fn trap_20_a_missing_target_may_open_and_its_arrival_is_the_rollout() {
    scenario(async |test| {
        let gate = phases::builder().spec(|spec| spec.on_missing_target = OnMissingTarget::Open).create(test).await?;
        gate.until(is::open().and(is::opened_by(OpenedByType::NoMembers))).await?;
        phases::app()?.deploy(test).await?;
        gate.until(is::finished(Outcome::Completed)).await?;
        Ok(())
    });
}

#[test]
fn zero_replicas_open_at_once() {
    scenario(async |test| {
        let app = phases::app()?.replicas(0).deploy(test).await?;
        let gate = phases::builder().create(test).await?;
        gate.until(is::open().and(is::opened_by(OpenedByType::NoMembers))).await?;
        app.upgrade("2").await?;
        gate.until(is::finished(Outcome::Completed)).await?;
        Ok(())
    });
}

/// `helm upgrade --force` replaces the target; a new UID is the new template.
#[test]
fn trap_12_a_target_of_a_new_uid_is_the_rollout() {
    scenario(async |test| {
        let Stage { app, gate, .. } = phases::reach(test, Phase::Open).await?;
        app.deployments().delete(NAME, &DeleteParams::foreground()).await?;
        gate.until(is::phase(Phase::RollingOut)).await?;
        wait::until_gone(&app.deployments(), NAME).await?;
        phases::app()?.deploy(test).await?;
        gate.until(is::finished(Outcome::Completed)).await?;
        Ok(())
    });
}

/// No ownerReference ties a gate to its target: renaming the target in an upgrade must not delete the running gate.
#[test]
fn trap_30_a_gate_outlives_its_target() {
    scenario(async |test| {
        let Stage { app, gate, .. } = phases::reach(test, Phase::Open).await?;
        ensure!(gate.seen().iter().all(|seen| seen.gate.metadata.owner_references.is_none()), "it has an owner");
        app.deployments().delete(NAME, &DeleteParams::foreground()).await?;
        wait::until_gone(&app.deployments(), NAME).await?;
        let status = gate.until(is::phase(Phase::RollingOut)).await?;
        ensure!(status.progress_deadline.is_some());
        gate.act("Cancel").await?;
        gate.until(is::finished(Outcome::Cancelled)).await?;
        Ok(())
    });
}

#[test]
fn deleted_while_draining_the_target_takes_the_gate_along() {
    scenario(async |test| {
        let Stage { app, gate, .. } = phases::reach(test, Phase::Draining).await?;
        app.deployments().delete(NAME, &DeleteParams::background()).await?;
        gate.until(is::finished(Outcome::Bypassed)).await?;
        Ok(())
    });
}

#[test]
fn a_port_that_no_container_has_is_named() {
    scenario(async |test| {
        phases::app()?.deploy(test).await?;
        let gate = phases::builder().deadline(3).spec(|spec| {
            spec.probe.http_get.port = k8s_openapi::apimachinery::pkg::util::intstr::IntOrString::String("web".into());
        });
        let status = gate.create(test).await?.until(is::finished(Outcome::DeadlineExceeded)).await?;
        ensure!(status.message.contains("no container port named web"), "{}", status.message);
        Ok(())
    });
}

#[test]
fn an_expression_that_is_no_cel_is_invalid_and_says_why() {
    scenario(async |test| {
        let app = phases::app()?.deploy(test).await?;
        let gate =
            phases::builder().spec(|spec| spec.probe.ready = Some("response.body.(".into())).create(test).await?;
        let status = gate.until(is::finished(Outcome::Invalid)).await?;
        ensure!(status.message.contains("spec.probe.ready"), "{}", status.message);
        let names = app.names().await?;
        ensure!(app.snapshot(&names[0]).await?.calls.is_empty(), "a pod was called: {}", json!(names));
        Ok(())
    });
}
