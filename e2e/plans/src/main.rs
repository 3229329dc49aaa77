//! Runs fault plans by hand.

use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};
use upgradegate_plans::fault::Plan;
use upgradegate_plans::run;
use upgradegate_plans::world::Cluster;

/// Fault plans: whole upgrades against a real API server, with a fault at a chosen call
#[derive(Parser)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run one plan, with the logs of the operator; set `RUST_LOG` for less of them
    Replay {
        /// The plan, as a failing run prints it
        plan: Plan,
        /// Print what was recorded, as JSON
        #[arg(long)]
        history: bool,
    },
}

#[tokio::main]
async fn main() -> Result<ExitCode> {
    let Command::Replay { plan, history } = Cli::parse().command;
    let filter = std::env::var("RUST_LOG").unwrap_or_else(|_| "info".into());
    tracing_subscriber::fmt().with_writer(std::io::stderr).with_env_filter(filter).init();
    let cluster = Cluster::start().await?;
    let report = run::run(&cluster, plan).await?;
    if history {
        println!("{}", serde_json::to_string(&report.history)?);
    }
    let (lives, took) = (report.lives, report.took.as_secs_f64());
    println!("{} calls, {lives} lives, {took:.1} s, struck: {}", report.calls.len(), report.struck);
    if report.is_good() {
        println!("ok: {}", report.plan);
        return Ok(ExitCode::SUCCESS);
    }
    println!("{report}");
    Ok(ExitCode::FAILURE)
}
