//! `demo-app`: see the library for what it does.

use std::process::ExitCode;

use clap::Parser;
use upgradegate_demo_app::{config::Config, logging, server};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let config = Config::parse();
    logging::init(config.log_format, config.log_level);
    match server::run(config).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!(%error, "cannot go on");
            ExitCode::FAILURE
        }
    }
}
