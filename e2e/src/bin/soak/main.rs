//! `make soak`: upgrades and faults, several at once, in a loop for as long as told; a line a minute, and a verdict.
//!
//! Every run has a namespace of its own on the cluster in use, a plot and a trouble, drawn from a seed that is printed. Its application is the
//! fault-app, and its gates are made and its upgrades done through the API: no Helm, no hook, no CLI. Whether the rules hold is read from the
//! recorded history of each run, as in the tests. Whether the operator leaks is read from the leader's own metrics: it is never killed here,
//! and after a change of leader the new one has to settle before anything is said of its memory. So the last part of a soak has no outage
//! that could change it.

mod calm;
mod leader;
mod meter;
mod plot;
mod run;
mod trouble;
mod verdict;
mod weather;

use std::{cell::RefCell, process::ExitCode, time::Duration};

use anyhow::{Result, bail};
use clap::Parser;
use fastrand::Rng;
use futures::future::join_all;
use jiff::SignedDuration;
use tokio::{task::spawn_blocking, time::Instant};
use upgradegate_e2e::connect;

use crate::{calm::Calm, meter::Meter, verdict::Tally};

/// Runs upgrades and faults in a loop, several at once.
#[derive(Debug, Parser)]
struct Args {
    /// For how long, such as 90s, 30m or 8h
    #[arg(long, default_value = "1h", value_parser = duration)]
    duration: Duration,
    /// How many runs at the same time
    #[arg(long, default_value_t = 4)]
    at_once: usize,
    /// What the runs are drawn from; the clock if absent
    #[arg(long)]
    seed: Option<u64>,
}

fn duration(text: &str) -> Result<Duration> {
    let parsed: SignedDuration = text.parse()?;
    let Ok(duration) = Duration::try_from(parsed) else { bail!("must not be negative") };
    Ok(duration)
}

/// After so long as leader memory is what it should stay; in a short soak, after a quarter of it.
const SETTLED: Duration = Duration::from_mins(5);

/// What all parts of a soak share.
struct Soak {
    end: Instant,
    /// How long a leader takes to settle.
    settles: Duration,
    calm: Calm,
    tally: RefCell<Tally>,
}

impl Soak {
    fn is_over(&self) -> bool {
        Instant::now() >= self.end
    }

    /// Whether a leader that begins now still has the time to settle, and as long again to stay as it is.
    fn may_change_leader(&self) -> bool {
        Instant::now() + 2 * self.settles < self.end
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    match Box::pin(soak(&Args::parse())).await {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: the soak came to no verdict: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn soak(args: &Args) -> Result<bool> {
    let seed = args.seed.unwrap_or_else(|| fastrand::u64(..));
    println!("soak of {:?}, {} runs at once, seed {seed}", args.duration, args.at_once);
    spawn_blocking(upgradegate_e2e::operator::ensure).await??;
    let client = connect().await?;
    let mut rng = Rng::with_seed(seed);
    let (end, settles) = (Instant::now() + args.duration, SETTLED.min(args.duration / 4));
    let soak = Soak { end, settles, calm: Calm::default(), tally: RefCell::default() };
    let meter = Meter::begin(&client, settles).await?;
    let runs = join_all((0..args.at_once.max(1)).map(|_| run::one_after_another(&soak, rng.fork())));
    let weather = weather::faults(&soak, &client, rng.fork());
    let (_, weather, meter) = tokio::join!(runs, weather, meter.read_on(&soak));
    weather?;
    meter?.verdict(&soak).await
}
