//! The definition of gates is deleted, and all gates with it; then it is there again.

use anyhow::{Context, Result, ensure};
use futures::future::try_join_all;
use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kube::Api;
use upgradegate_crds::{OpenedByType, Outcome, Phase};
use upgradegate_e2e::{
    control_plane::{PHASES, Place, in_places, taken},
    is, operator,
    phases::{self, back_at_work},
    pods, wait,
};
use upgradegate_proof::Slack;

use crate::alone;

/// Name of the definition.
const CRD: &str = "upgradegates.upgradegate.dev";

#[test]
fn crd_deleted_and_restored_in_each_phase() {
    alone(async |test| {
        in_places(&PHASES, Slack::DISTURBED, async |places| {
            let crds = Api::<CustomResourceDefinition>::all(test.client.clone());
            let restored = taken::away(&crds, CRD).await?;
            try_join_all(places.iter().map(gone_and_at_work)).await?;
            wait::until_gone(&crds, CRD).await?;
            restored.now().await?;
            try_join_all(places.iter().map(a_new_gate_works)).await?;
            for pod in operator::pods(&test.client).await? {
                ensure!(pods::is_ready(&pod), "{}", pods::line(&pod));
                let restarts = pods::container(&pod, operator::CONTAINER).context("no container")?.restart_count;
                ensure!(restarts == 0, "the operator was restarted: {}", pods::line(&pod));
            }
            Ok(())
        })
        .await
    });
}

async fn gone_and_at_work(place: &Place<'_>) -> Result<()> {
    let what = || format!("a gate that was {:?}", place.phase);
    if place.phase == Phase::RollingOut {
        // Its members wait for the end of the rollout, or for its progress deadline.
        place.stage.app.upgrade_to_own_image("2").await?;
    }
    place.stage.gate.until_gone().await.with_context(what)?;
    back_at_work(&place.stage.app).await.with_context(what)
}

async fn a_new_gate_works(place: &Place<'_>) -> Result<()> {
    place.stage.app.set(serde_json::json!({"busy": false, "resume": null})).await?;
    place.stage.app.until_complete().await?;
    let gate = wait::eventually("created", async || phases::builder().named("again").create(place.test).await).await?;
    gate.until(is::open().and(is::opened_by(OpenedByType::Quorum))).await?;
    place.stage.app.upgrade("3").await?;
    gate.until(is::finished(Outcome::Completed)).await?;
    back_at_work(&place.stage.app).await
}
