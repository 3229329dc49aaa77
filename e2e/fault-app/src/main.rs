//! `fault-app [serve | crash | sleep | poll URL SECONDS]`.

use std::{env, io, net::Ipv4Addr, process::ExitCode, sync::Arc, time::Duration};

use anyhow::{Context, bail};
use tokio::{
    net::TcpListener,
    signal::unix::{SignalKind, signal},
    time::sleep,
};
use upgradegate_fault_app::{App, PORT, Script, serve};

mod poll;

/// Ends some time after SIGTERM, as the script says.
async fn terminated(app: &App) -> io::Result<()> {
    signal(SignalKind::terminate())?.recv().await;
    sleep(Duration::from_millis(app.script().linger_millis)).await;
    Ok(())
}

/// Environment variable with the script to begin with, as JSON.
const SCRIPT: &str = "FAULT_SCRIPT";

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<ExitCode> {
    let args: Vec<String> = env::args().skip(1).collect();
    match args.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [] | ["serve"] => {
            let script: Script = match env::var(SCRIPT) {
                Ok(text) => serde_json::from_str(&text).with_context(|| format!("environment variable {SCRIPT}"))?,
                Err(_) => Script::default(),
            };
            let listener = TcpListener::bind((Ipv4Addr::UNSPECIFIED, PORT)).await.context("listen")?;
            let app = Arc::new(App::new(script));
            tokio::select! {
                ended = serve(listener, app.clone()) => ended?,
                ended = terminated(&app) => ended?,
            }
            Ok(ExitCode::SUCCESS)
        }
        ["crash"] => Ok(ExitCode::FAILURE),
        ["sleep"] => {
            terminated(&App::default()).await?;
            Ok(ExitCode::SUCCESS)
        }
        ["poll", url, seconds] => {
            let seconds = seconds.parse().context("SECONDS is a whole number")?;
            poll::until_upgradeable(url, Duration::from_secs(seconds)).await?;
            Ok(ExitCode::SUCCESS)
        }
        _ => bail!("usage: fault-app [serve | crash | sleep | poll URL SECONDS]"),
    }
}
