//! `fault-app [serve|crash|poll URL SECONDS]`.

use std::{env, net::Ipv4Addr, process::ExitCode, sync::Arc};

use anyhow::{Context, bail};
use tokio::net::TcpListener;
use upgradegate_fault_app::{App, PORT, Script, serve};

mod poll;

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
            serve(listener, Arc::new(App::new(script))).await?;
            Ok(ExitCode::SUCCESS)
        }
        ["crash"] => Ok(ExitCode::FAILURE),
        ["poll", url, seconds] => {
            let seconds = seconds.parse().context("SECONDS is a whole number")?;
            poll::until_upgradeable(url, std::time::Duration::from_secs(seconds)).await?;
            Ok(ExitCode::SUCCESS)
        }
        _ => bail!("usage: fault-app [serve | crash | poll URL SECONDS]"),
    }
}
