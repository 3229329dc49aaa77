//! etcd restarts, and is away for a while: reads of the API server go on from its cache, no write does.

use std::time::Duration;

use kube::api::ListParams;
use tokio::time::sleep;
use upgradegate_crds::{Phase, UpgradeGate};
use upgradegate_e2e::{
    control_plane::{all_end_well, component, in_places},
    is, wait,
};
use upgradegate_proof::Slack;

use crate::alone;

/// Longer than a leader acts without a renewal of its Lease.
const AWAY: Duration = Duration::from_secs(15);

#[test]
fn etcd_restarted_and_then_stopped_for_15_seconds() {
    alone(async |_| {
        in_places(&[Phase::Draining, Phase::Open, Phase::RollingOut], Slack::CUT_OFF, async |places| {
            component::restart(component::ETCD).await?;
            for place in places {
                // All that was stored is there.
                wait::eventually("readable", async || {
                    let gates = place.test.api::<UpgradeGate>().list(&ListParams::default()).await?;
                    anyhow::ensure!(gates.items.len() == 1, "{} gates", gates.items.len());
                    Ok(())
                })
                .await?;
                place.stage.gate.until(is::phase(place.phase)).await?;
            }
            let stopped = component::stop(component::ETCD).await?;
            // The fault itself: so long it lasts.
            sleep(AWAY).await;
            stopped.now().await?;
            places[0].stage.gate.never(&is::open())?;
            all_end_well(places).await
        })
        .await
    });
}
