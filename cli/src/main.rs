//! `kubectl-upgradegate`.

use std::process::ExitCode;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    upgradegate_cli::run().await
}
