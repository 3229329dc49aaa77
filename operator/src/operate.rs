//! One replica of the operator: the election, and the controller while it is won. The process around it (flags, logs, signals, the
//! server of health and metrics) is not in here, so that a test can run a replica beside others.

use kube::{Api, Client, api::ListParams};
use tokio::{
    task::JoinError,
    time::{Duration, sleep},
};
use tokio_util::sync::CancellationToken;
use upgradegate_crds::UpgradeGate;

use crate::{
    admin::Health,
    client::within,
    controller::{self, Outside},
    lease::{Election, Leadership, LeaseConfig},
};

/// From one look for the API of gates to the next, until it is there.
const LOOK_EVERY: Duration = Duration::from_secs(2);

/// Without an election nothing may act, so nothing is left to do.
#[derive(Debug, thiserror::Error)]
#[error("the election ended: {0:?}")]
pub struct ElectionEnded(Result<(), JoinError>);

/// Runs a replica until `stop`; it acts while it holds the Lease of `lease`, or always without one. Must be called within a Tokio runtime.
///
/// The order of the end: stop acting, then release the Lease.
pub async fn operate(
    outside: Outside,
    lease: Option<LeaseConfig>,
    health: Health,
    stop: CancellationToken,
) -> Result<(), ElectionEnded> {
    let release = CancellationToken::new();
    let alive = health.alive("election");
    let (leadership, mut election) = match lease {
        Some(lease) => {
            let election = Election::new(outside.client.clone(), lease);
            (election.leadership(), tokio::spawn(election.run(release.clone())))
        }
        None => (Leadership::always(), tokio::spawn(release.clone().cancelled_owned())),
    };
    let work = async {
        await_api(&outside.client, outside.namespace.as_deref(), &health).await;
        lead(&leadership, &outside).await;
    };
    tokio::select! {
        () = stop.cancelled() => {}
        ended = &mut election => return Err(ElectionEnded(ended)),
        () = work => {}
    }
    alive.finish();
    release.cancel();
    election.await.map_err(|error| ElectionEnded(Err(error)))
}

/// Reconciles whenever this replica holds the Lease, and stops at once when it does not.
async fn lead(leadership: &Leadership, outside: &Outside) {
    loop {
        let tenure = leadership.held().await;
        tracing::info!("this replica acts");
        outside.metrics.leader(true);
        tokio::select! {
            () = tenure.lost() => tracing::warn!("this replica no longer acts"),
            () = controller::run(outside.only_while(&tenure)) => tracing::error!("the controller ended; it starts anew"),
        }
        outside.metrics.leader(false);
    }
}

/// Waits until gates can be listed, and says on /readyz why they can't. A replica that stands by does not look again.
async fn await_api(client: &Client, namespace: Option<&str>, health: &Health) {
    let api: Api<UpgradeGate> = match namespace {
        Some(namespace) => Api::namespaced(client.clone(), namespace),
        None => Api::all(client.clone()),
    };
    while let Err(error) = within("list gates", api.list(&ListParams::default().limit(1))).await {
        let hint = if error.is_not_found() { "; install the UpgradeGate API: kubectl apply -f crds/" } else { "" };
        tracing::warn!(%error, "gates can't be listed{hint}");
        health.not_ready("gates", format!("{error}{hint}"));
        sleep(LOOK_EVERY).await;
    }
    health.now_ready("gates");
}
