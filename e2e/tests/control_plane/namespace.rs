//! A namespace is deleted with a gate in each phase: it goes away, and the operator does not stumble over it.

use anyhow::{Result, ensure};
use futures::future::try_join_all;
use jiff::Timestamp;
use k8s_openapi::api::core::v1::Namespace;
use kube::Api;
use upgradegate_crds::{Outcome, Phase};
use upgradegate_e2e::{
    control_plane::{PHASES, Place, in_places},
    is, operator,
    phases::reach,
    wait,
};
use upgradegate_proof::Slack;

use crate::alone;

#[test]
fn trap_11_namespace_deleted_in_each_phase() {
    alone(async |test| {
        in_places(&PHASES, Slack::DISTURBED, async |places| {
            try_join_all(places.iter().map(async |place| place.test.delete_namespace().await)).await?;
            try_join_all(places.iter().map(gone)).await?;
            let gone = Timestamp::now();
            // The operator does its work, and does not come back to what is gone.
            let other = reach(test, Phase::Open).await?;
            other.app.upgrade("2").await?;
            other.gate.until(is::finished(Outcome::Completed)).await?;
            let logs = operator::logs_since(&test.client, gone).await?;
            for place in places {
                let lines: Vec<_> = logs.lines().filter(|line| line.contains(&place.test.namespace)).collect();
                ensure!(lines.is_empty(), "after {:?} was gone, the operator says {lines:#?}", place.phase);
            }
            Ok(())
        })
        .await
    });
}

/// Waits until a namespace is gone: within the bound of a step, however the gate in it was.
async fn gone(place: &Place<'_>) -> Result<()> {
    wait::until_gone(&Api::<Namespace>::all(place.test.client.clone()), &place.test.namespace).await
}
