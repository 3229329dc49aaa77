//! Both replicas are killed at the same moment, with a gate in each phase.

use futures::future::try_join_all;
use upgradegate_crds::Phase;
use upgradegate_e2e::{
    control_plane::{PHASES, all_end_well, in_places},
    is, kill, operator,
};
use upgradegate_proof::Slack;

use crate::alone;

#[test]
fn both_replicas_killed_in_each_phase() {
    alone(async |test| {
        in_places(&PHASES, Slack::DISTURBED, async |places| {
            let pods = operator::pods(&test.client).await?;
            assert_eq!(pods.len(), 2);
            try_join_all(pods.iter().map(kill::pod)).await?;
            for place in places.iter().filter(|place| place.phase == Phase::Draining) {
                place.stage.app.until_drained().await?;
                place.stage.gate.never(&is::open())?;
            }
            all_end_well(places).await
        })
        .await
    });
}
