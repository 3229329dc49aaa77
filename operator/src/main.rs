//! The operator of UpgradeGate.

use std::{error::Error, process::ExitCode, sync::Arc};

use tokio_util::sync::CancellationToken;
use upgradegate_operator::{
    admin::{Admin, Health},
    client,
    config::Config,
    controller::Outside,
    metrics::Metrics,
    operate::operate,
    run::http::MemberClient,
    shutdown, telemetry,
};

#[tokio::main]
async fn main() -> ExitCode {
    let config = Config::load();
    match run(config).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Runs until a signal. The order of the end: stop acting, release the Lease, stop answering.
async fn run(config: Config) -> Result<(), Box<dyn Error>> {
    telemetry::init(config.log_format, &config.log_filter)?;
    let stop = shutdown::on_signals()?;
    let metrics = Arc::new(Metrics::new());
    let health = Health::new(&["gates"]);
    let last = CancellationToken::new();
    let admin = Admin::listen(config.listen, health.clone(), Arc::clone(&metrics)).await?;
    let admin = tokio::spawn(admin.serve(last.clone()));

    let cluster = client::config().await?;
    let members = MemberClient::new(client::api_server_addresses(&cluster));
    let outside = Outside {
        client: client::connect(cluster, &metrics)?,
        members,
        metrics,
        namespace: config.namespace.clone(),
        identity: config.identity.clone(),
    };
    operate(outside, config.lease(), health, stop).await?;
    last.cancel();
    admin.await??;
    Ok(())
}
