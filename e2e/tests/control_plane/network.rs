//! The network between the operator and a member is cut: silence is no answer (S4).

use anyhow::{Context, Result};
use futures::future::try_join_all;
use upgradegate_crds::{Phase, UpgradeGateStatus};
use upgradegate_e2e::{
    control_plane::{Place, in_places, network},
    is,
    phases::back_at_work,
};
use upgradegate_proof::Slack;

use crate::{alone, held_by_pod};

/// How the network is cut.
#[derive(Clone, Copy, Debug)]
enum Cut {
    /// For other pods alone.
    Dropped,
    /// For everybody.
    Unplugged,
}

#[test]
fn network_to_members_cut() {
    alone(async |_| {
        in_places(&[Phase::Draining, Phase::Open, Phase::Draining, Phase::Open], Slack::DISTURBED, async |places| {
            let cuts = [Cut::Dropped, Cut::Dropped, Cut::Unplugged, Cut::Unplugged];
            try_join_all(places.iter().zip(cuts).map(async |(place, cut)| {
                holds_and_heals(place, cut).await.with_context(|| format!("{cut:?} in {:?}", place.phase))
            }))
            .await
            .map(drop)
        })
        .await
    });
}

async fn holds_and_heals(place: &Place<'_>, cut: Cut) -> Result<()> {
    let (app, gate) = (&place.stage.app, &place.stage.gate);
    let pod = app.pods().await?.remove(0);
    let name = pod.metadata.name.clone().unwrap_or_default();
    let cut_off = match cut {
        Cut::Dropped => network::cut(&pod).await?,
        Cut::Unplugged => network::unplug(&pod).await?,
    };
    let unreachable = |status: &UpgradeGateStatus| status.pods.as_ref().is_some_and(|pods| pods.unreachable == 1);
    gate.until(held_by_pod(&name, unreachable).and(is::phase(Phase::Draining))).await?;
    if let Cut::Dropped = cut {
        // Nobody can renew its drain.
        back_at_work(app).await?;
    }
    if place.phase == Phase::Draining {
        gate.never(&is::open())?;
    }
    cut_off.now().await?;
    place.ends_well().await
}
