//! The parts of `kubectl-upgradegate`: what a person types, and what the Helm hook runs.
//!
//! Pure parts: [`manifest`] and [`plan`] (text to gates), [`verdict`] (what was seen to what it means), [`order`],
//! [`view`], [`table`] and [`describe`] (gates to lines). The rest is calls to the API server and their order.

#![warn(clippy::print_stdout, clippy::print_stderr)]

pub mod api;
mod api_error;
pub mod args;
mod cmd;
pub mod describe;
pub mod duration;
mod error;
mod exit;
mod feed;
pub mod gate;
pub mod manifest;
mod mine;
mod naming;
pub mod order;
pub mod plan;
mod say;
mod stop;
pub mod table;
mod termination;
#[cfg(test)]
mod testing;
pub mod verdict;
pub mod view;
mod wait;

use std::process::ExitCode;

use clap::Parser;

/// Does what the command line says.
pub async fn run() -> ExitCode {
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
