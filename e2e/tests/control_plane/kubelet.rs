//! The kubelet is away: a member that dies is reported by nobody, and looks as if it ran.

use anyhow::{Result, ensure};
use upgradegate_crds::Phase;
use upgradegate_e2e::{
    control_plane::{all_end_well, component, in_places},
    is, kill, pods, wait,
};
use upgradegate_proof::Slack;

use crate::{alone, held_by_pod};

#[test]
fn killed_while_the_kubelet_is_stopped_a_member_holds_the_gate() {
    alone(async |_| {
        in_places(&[Phase::Draining, Phase::Open], Slack::DISTURBED, async |places| -> Result<()> {
            // Both would be let through: what holds them is that nobody answers.
            places[0].stage.gate.until(is::busy(1)).await?;
            let stopped = component::stop(component::KUBELET).await?;
            for place in places {
                let pod = place.stage.app.pods().await?.remove(0);
                kill::pod(&pod).await?;
                let unreachable = |status: &upgradegate_crds::UpgradeGateStatus| {
                    status.pods.as_ref().is_some_and(|pods| pods.unreachable == 1)
                };
                let held = held_by_pod(pod.metadata.name.as_deref().unwrap(), unreachable);
                place.stage.gate.until(held.and(is::phase(Phase::Draining))).await?;
                let seen = place.stage.app.pods().await?.remove(0);
                ensure!(pods::is_running(&seen, "app"), "the API shows that it ended: this proves nothing");
            }
            places[0].stage.gate.never(&is::open())?;
            stopped.now().await?;
            for place in places {
                wait::eventually("started again", async || {
                    let pods = place.stage.app.pods().await?;
                    let again =
                        pods.iter().filter_map(|pod| pods::container(pod, "app")).any(|app| app.restart_count > 0);
                    ensure!(again, "{} pods run", pods.len());
                    Ok(())
                })
                .await?;
            }
            all_end_well(places).await
        })
        .await
    });
}
