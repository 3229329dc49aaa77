//! Runs fault plans by hand.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};
use upgradegate_plans::fault::Plan;
use upgradegate_plans::run;
use upgradegate_plans::world::Cluster;
use upgradegate_proof::Slack;

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
    /// Read a history that was kept of a failed plan against the rules and the model, as of a run without faults
    Check {
        /// The file
        history: PathBuf,
    },
}

#[tokio::main]
async fn main() -> Result<ExitCode> {
    match Cli::parse().command {
        Command::Replay { plan, history } => replay(plan, history).await,
        Command::Check { history } => check(&history),
    }
}

fn check(history: &Path) -> Result<ExitCode> {
    let history = serde_json::from_slice(&std::fs::read(history)?)?;
    let violations = run::read(&history, Slack::USUAL);
    for violation in &violations {
        println!("{violation}");
    }
    println!("{} violations", violations.len());
    Ok(if violations.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn replay(plan: Plan, history: bool) -> Result<ExitCode> {
    let filter = std::env::var("RUST_LOG").unwrap_or_else(|_| "info".into());
    tracing_subscriber::fmt().with_writer(std::io::stderr).with_env_filter(filter).init();
    let cluster = Cluster::start().await?;
    let report = run::run(&cluster, plan).await?;
    if history {
        println!("{}", serde_json::to_string(&report.history)?);
    }
    let (lives, took) = (report.lives, report.took.as_secs_f64());
    println!(
        "{} calls, {lives} lives, {took:.1} s, {} of {} faults struck",
        report.calls.len(),
        report.struck,
        report.plan.faults.len()
    );
    if report.is_good() {
        println!("ok: {}", report.plan);
        return Ok(ExitCode::SUCCESS);
    }
    println!("{report}");
    Ok(ExitCode::FAILURE)
}
