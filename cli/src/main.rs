//! `kubectl-upgradegate`: what a person types, and what the Helm hook runs.
//!
//! Pure parts: [`manifest`] and [`plan`] (text to gates), [`verdict`] (what was seen to what it means), [`order`],
//! [`view`], [`table`] and [`describe`] (gates to lines). The rest is calls to the API server and their order.

#![warn(clippy::print_stdout, clippy::print_stderr)]

mod api;
mod api_error;
mod args;
mod cmd;
mod describe;
mod duration;
mod error;
mod exit;
mod feed;
mod gate;
mod manifest;
mod mine;
mod naming;
mod order;
mod plan;
mod say;
mod stop;
mod table;
mod termination;
#[cfg(test)]
mod testing;
mod verdict;
mod view;
mod wait;

use std::process::ExitCode;

use clap::Parser;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let cli = args::Cli::parse();
    // A provider that is there already would do as well.
    let _ = rustls::crypto::ring::default_provider().install_default();
    match cmd::run(&cli).await {
        Ok(()) => ExitCode::from(exit::DONE),
        Err(error) => {
            error.each().iter().for_each(|e| say::err(format_args!("error: {e}")));
            ExitCode::from(error.exit_code())
        }
    }
}
