//! All rights of the operator on the cluster are revoked, and given back: what it cannot see or write does not happen.

use anyhow::Result;
use k8s_openapi::api::rbac::v1::ClusterRoleBinding;
use kube::Api;
use serde_json::json;
use upgradegate_crds::Phase;
use upgradegate_e2e::{
    control_plane::{PHASES, all_end_well, in_places, taken},
    is, operator,
    phases::{self, back_at_work},
};
use upgradegate_proof::Slack;

use crate::alone;

#[test]
fn rbac_revoked_and_restored_in_each_phase() {
    alone(async |test| {
        in_places(&PHASES, Slack::DISTURBED, async |places| -> Result<()> {
            let bindings = Api::<ClusterRoleBinding>::all(test.client.clone());
            let restored = taken::away(&bindings, operator::OBJECT).await?;
            let draining = places.iter().find(|place| place.phase == Phase::Draining).unwrap();
            let (app, gate) = (&draining.stage.app, &draining.stage.gate);
            // It could be let through now, and that cannot be written: within a lease or two it is left to itself.
            app.set(json!({"busy": false})).await?;
            back_at_work(app).await?;
            // Nor does a gate get anywhere that is created now.
            let late = phases::builder().named("late").create(test).await?;
            gate.never(&is::open())?;
            restored.now().await?;
            late.until(is::over()).await?;
            all_end_well(places).await
        })
        .await
    });
}
