//! `make bench`: figures and ratios, never a verdict on time.
//!
//! Everything is measured on the cluster in use, in namespaces that are gone afterwards. The table goes to standard output,
//! what is being done to standard error.

mod app;
mod cut_off;
mod handover;
mod idle;
mod images;
mod lag;
mod memory;
mod operator;
mod ready;
mod spread;
mod table;

use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, ValueEnum};
use k8s_openapi::api::core::v1::Namespace;
use kube::{
    Api, ResourceExt,
    api::{DeleteParams, ListParams},
};
use tokio::{signal::ctrl_c, task::spawn_blocking};
use upgradegate_e2e::{LABEL, Test, connect};

use crate::table::Row;

/// How names of the benchmark's namespaces begin.
const NAMESPACES: &str = "e2e-bench-";

/// Exit code after Ctrl-C, as shells have it.
const INTERRUPTED: u8 = 130;

/// Measures figures of UpgradeGate, and of the shell hook that it replaces.
#[derive(Debug, Parser)]
struct Args {
    /// What to measure; all of it if nothing is named.
    #[arg(value_enum)]
    figures: Vec<Figure>,
    /// Shorter operations, fewer rounds: to see that it works. The ratios stay, the figures are worth less.
    #[arg(long)]
    quick: bool,
}

/// What can be measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Figure {
    /// From the end of an operation to the end of helm upgrade.
    Lag,
    /// Operations that an upgrade cuts off.
    CutOff,
    /// From the last member turning ready to Ready=True.
    Ready,
    /// Memory and requests of an idle operator.
    Idle,
    /// From SIGTERM of the leader to its successor.
    Handover,
    /// Sizes of the images.
    Images,
}

impl Figure {
    /// Whether gates are guarded by the operator that the whole cluster shares.
    fn needs_operator(self) -> bool {
        matches!(self, Self::Lag | Self::CutOff | Self::Ready | Self::Idle)
    }

    async fn measure(self, quick: bool) -> Result<Vec<Row>> {
        match self {
            Self::Lag => Box::pin(lag::measure(quick)).await,
            Self::CutOff => cut_off::measure(quick).await,
            Self::Ready => ready::measure(quick).await,
            Self::Idle => idle::measure(quick).await,
            Self::Handover => handover::measure(quick).await,
            Self::Images => images::measure().await,
        }
    }
}

#[tokio::main]
async fn main() -> ExitCode {
    let args = Args::parse();
    let measured = tokio::select! {
        measured = measure(&args) => measured,
        _ = ctrl_c() => {
            eprintln!("interrupted");
            if let Err(error) = delete_namespaces().await {
                eprintln!("error: namespaces {NAMESPACES}* are left: {error:#}");
            }
            return ExitCode::from(INTERRUPTED);
        }
    };
    match measured {
        Ok(rows) => {
            print!("{}", table::render(&rows));
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("error: the benchmark failed: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn measure(args: &Args) -> Result<Vec<Row>> {
    let figures = if args.figures.is_empty() { Figure::value_variants() } else { &args.figures };
    if figures.iter().any(|figure| figure.needs_operator()) {
        spawn_blocking(upgradegate_e2e::operator::ensure).await??;
    }
    let mut rows = Vec::new();
    for figure in figures {
        rows.extend(figure.measure(args.quick).await?);
    }
    Ok(rows)
}

/// Runs a measurement in a namespace of its own, and deletes that.
async fn in_namespace<T>(what: &str, body: impl AsyncFnOnce(&Test) -> Result<T>) -> Result<T> {
    let test = Test::begin(&format!("bench-{what}")).await?;
    let measured = body(&test).await;
    test.delete_namespace().await?;
    measured
}

/// Deletes what an interrupted benchmark leaves.
async fn delete_namespaces() -> Result<()> {
    let namespaces = Api::<Namespace>::all(connect().await?);
    for namespace in namespaces.list(&ListParams::default().labels(LABEL)).await?.items {
        let name = namespace.name_any();
        if name.starts_with(NAMESPACES) {
            namespaces.delete(&name, &DeleteParams::background()).await?;
        }
    }
    Ok(())
}
