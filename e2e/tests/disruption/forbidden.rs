//! What the operator may not see must not look as if there were nothing.

use anyhow::{Context, Result, ensure};
use k8s_openapi::api::rbac::v1::ClusterRole;
use kube::{
    Api,
    api::{Patch, PatchParams},
};
use serde_json::json;
use upgradegate_crds::{OpenedByType, Outcome};
use upgradegate_e2e::{Test, is, operator, phases};

use crate::alone;

/// Takes a permission of the operator away, and gives it back at the end whatever happens in between.
async fn without(test: &Test, resource: &str, body: impl AsyncFnOnce() -> Result<()>) -> Result<()> {
    let roles = Api::<ClusterRole>::all(test.client.clone());
    let role = roles.get(operator::OBJECT).await.context("the operator's ClusterRole")?;
    let mut rules = role.rules.clone().unwrap_or_default();
    for rule in &mut rules {
        if let Some(resources) = &mut rule.resources {
            resources.retain(|name| name != resource);
        }
    }
    rules.retain(|rule| rule.resources.as_ref().is_none_or(|resources| !resources.is_empty()));
    let patch = Patch::Merge(json!({"rules": rules}));
    roles.patch(operator::OBJECT, &PatchParams::default(), &patch).await?;
    let result = body().await;
    let patch = Patch::Merge(json!({"rules": role.rules}));
    roles.patch(operator::OBJECT, &PatchParams::default(), &patch).await?;
    result
}

/// A watch that is not allowed looks like "no members" to whoever does not ask for complete lists.
#[test]
fn trap_18_a_forbidden_watch_on_pods_does_not_open_the_gate() {
    alone(async |test| {
        let app = phases::app()?.script(&json!({"busy": true})).deploy(test).await?;
        without(test, "pods", async || {
            let gate = phases::builder().deadline(8).create(test).await?;
            gate.until(is::finished(Outcome::DeadlineExceeded)).await?;
            gate.never(&is::open())
        })
        .await?;
        // Allowed again, everything goes on by itself.
        app.set(json!({"busy": false})).await?;
        let next = phases::builder().named("next").create(test).await?;
        next.until(is::open().and(is::opened_by(OpenedByType::Quorum))).await?;
        Ok(())
    });
}

/// The owner of a pod cannot be resolved: it counts as a member.
#[test]
fn trap_18_an_owner_that_cannot_be_read_does_not_excuse_its_pods() {
    alone(async |test| {
        let app = phases::app()?.script(&json!({"busy": true})).deploy(test).await?;
        without(test, "replicasets", async || {
            let gate = phases::builder().deadline(8).create(test).await?;
            gate.until(is::finished(Outcome::DeadlineExceeded)).await?;
            gate.never(&is::open())
        })
        .await?;
        phases::back_at_work(&app).await
    });
}

/// Events are for people: that they cannot be written is no reason to stop.
#[test]
fn without_permission_for_events_everything_works() {
    alone(async |test| {
        let app = phases::app()?.deploy(test).await?;
        without(test, "events", async || {
            let gate = phases::builder().create(test).await?;
            gate.until(is::open()).await?;
            app.upgrade("2").await?;
            gate.until(is::finished(Outcome::Completed)).await?;
            Ok(())
        })
        .await
    });
}

/// RBAC that can be checked by hand: this list is the whole of it.
#[test]
fn the_operator_may_do_this_and_no_more() {
    alone(async |test| {
        let account = format!("system:serviceaccount:{}:{}", operator::NAMESPACE, operator::OBJECT);
        for (verb, resource, allowed) in [
            ("watch", "upgradegates.upgradegate.dev", "yes"),
            ("patch", "upgradegates.upgradegate.dev/status", "yes"),
            ("watch", "pods", "yes"),
            ("watch", "replicasets.apps", "yes"),
            ("watch", "deployments.apps", "yes"),
            ("create", "upgradegates.upgradegate.dev", "no"),
            ("delete", "pods", "no"),
            ("create", "pods/exec", "no"),
            ("patch", "deployments.apps", "no"),
            ("get", "secrets", "no"),
            ("get", "configmaps", "no"),
            ("list", "nodes", "no"),
            ("update", "leases.coordination.k8s.io", "no"),
        ] {
            let args = ["auth", "can-i", verb, resource, "--as", &account];
            let said = upgradegate_e2e::cli::kubectl(test, &args).run().await?.stdout();
            ensure!(said.trim() == allowed, "{verb} {resource}: {said}");
        }
        Ok(())
    });
}
