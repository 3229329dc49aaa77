//! The operator of UpgradeGate.

use std::{error::Error, process::ExitCode, sync::Arc};

use kube::{Api, Client, api::ListParams};
use tokio::time::{Duration, sleep};
use tokio_util::sync::CancellationToken;
use upgradegate_crds::UpgradeGate;
use upgradegate_operator::{
    admin::{Admin, Health},
    client::{self, within},
    config::Config,
    controller::{self, Outside},
    lease::{Election, Leadership},
    metrics::Metrics,
    run::http::MemberClient,
    shutdown, telemetry,
};

/// From one look for the API of gates to the next, until it is there.
const LOOK_EVERY: Duration = Duration::from_secs(2);

#[tokio::main]
async fn main() -> ExitCode {
    let config = Config::load();
    match operate(config).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Runs until a signal. The order of the end: stop acting, release the Lease, stop answering.
async fn operate(config: Config) -> Result<(), Box<dyn Error>> {
    telemetry::init(config.log_format, &config.log_filter)?;
    let stop = shutdown::on_signals()?;
    let metrics = Arc::new(Metrics::new());
    let health = Health::new(&["gates"]);
    let last = CancellationToken::new();
    let admin = Admin::listen(config.listen, health.clone(), Arc::clone(&metrics)).await?;
    let admin = tokio::spawn(admin.serve(last.clone()));

    let cluster = client::config().await?;
    let members = MemberClient::new(client::api_server_addresses(&cluster));
    let client = client::connect(cluster, &metrics)?;
    let outside = Outside {
        client: client.clone(),
        members,
        metrics: Arc::clone(&metrics),
        namespace: config.namespace.clone(),
        identity: config.identity.clone(),
    };

    let release = CancellationToken::new();
    let alive = health.alive("election");
    let (leadership, mut election) = match config.lease() {
        Some(lease) => {
            let election = Election::new(client.clone(), lease);
            (election.leadership(), tokio::spawn(election.run(release.clone())))
        }
        None => (Leadership::always(), tokio::spawn(release.clone().cancelled_owned())),
    };
    let work = async {
        await_api(&client, config.namespace.as_deref(), &health).await;
        lead(&leadership, &outside).await;
    };
    tokio::select! {
        () = stop.cancelled() => {}
        // Without an election nothing may act, so nothing is left to do.
        ended = &mut election => return Err(format!("the election ended: {ended:?}").into()),
        () = work => {}
    }
    alive.finish();
    release.cancel();
    election.await?;
    last.cancel();
    admin.await??;
    Ok(())
}

/// Reconciles whenever this replica holds the Lease, and stops at once when it does not.
async fn lead(leadership: &Leadership, outside: &Outside) {
    loop {
        let tenure = leadership.held().await;
        tracing::info!("this replica acts");
        outside.metrics.leader(true);
        tokio::select! {
            () = tenure.lost() => tracing::warn!("this replica no longer acts"),
            () = controller::run(outside.clone()) => tracing::error!("the controller ended; it starts anew"),
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
