//! The Pod Security Standard "restricted", enforced: the product runs where nothing may that asks for more.

use anyhow::{Context, Result, ensure};
use k8s_openapi::api::core::v1::{Namespace, Pod};
use kube::{
    Api,
    api::{Patch, PatchParams, PostParams},
};
use serde_json::json;
use upgradegate_crds::Outcome;
use upgradegate_e2e::{
    Gate, Test, alone,
    demo_app::DemoApp,
    helm::{Helm, Release},
    is, operator,
};

/// Sets or removes the level that a namespace enforces.
async fn enforce(test: &Test, namespace: &str, level: Option<&str>) -> Result<()> {
    let patch = Patch::Merge(json!({"metadata": {"labels": {"pod-security.kubernetes.io/enforce": level}}}));
    let namespaces = Api::<Namespace>::all(test.client.clone());
    namespaces.patch(namespace, &PatchParams::default(), &patch).await.map(drop).context("label the namespace")
}

/// A pod that asks for nothing special, and so gets more than "restricted" allows, is refused.
async fn refuses_others(test: &Test, namespace: &str) -> Result<()> {
    let pod: Pod = serde_json::from_value(json!({
        "metadata": {"name": "plain"},
        "spec": {"containers": [{"name": "plain", "image": "plain"}]},
    }))?;
    let pods = Api::<Pod>::namespaced(test.client.clone(), namespace);
    let params = PostParams { dry_run: true, ..PostParams::default() };
    let refusal = pods.create(&params, &pod).await.err().context("a plain pod is let in")?.to_string();
    ensure!(refusal.contains("violates PodSecurity \"restricted"), "{refusal}");
    Ok(())
}

async fn an_upgrade(test: &Test) -> Result<()> {
    for namespace in [operator::NAMESPACE, &test.namespace] {
        enforce(test, namespace, Some("restricted")).await?;
        refuses_others(test, namespace).await?;
    }
    operator::restart(&test.client).await?;
    operator::until_whole(&test.client).await?;
    let release = Release::new(test, Helm::Four)?;
    release.install().await?;
    let app = DemoApp::new(test.client.clone(), &test.namespace, &release.name);
    app.start(&app.names().await?[0], 3.0).await?;
    release.upgrade("2", &[])?.run().await?.ok()?;
    let gate = test.gates.latest().pop().context("no gate")?;
    Gate::of(test, &gate)?.until(is::finished(Outcome::Completed)).await?;
    Ok(())
}

#[test]
fn operator_hooks_and_demo_run_where_pods_are_restricted() {
    alone(async |test| {
        let result = an_upgrade(test).await;
        enforce(test, operator::NAMESPACE, None).await?;
        result
    });
}
