//! Many plans: which there are, and how they are run at once.

mod crowd;
mod generate;
mod tally;

use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use tokio::task::JoinSet;
use tokio::time::interval;

use self::crowd::{BEAT, Crowd};

use crate::fault::Plan;
use crate::run::{self, Report};
use crate::scenario;
use crate::world::Cluster;

pub use generate::{Points, crashes, points, random};
pub use tally::Tally;

/// Times that a plan is run whose fault did not strike: how often a member is asked depends on time.
const TRIES: usize = 4;

/// How often each scenario is run without faults.
const PLAIN_RUNS: usize = 3;

/// Every scenario without faults, several times. Their calls are where faults can strike.
pub fn plain() -> Vec<Plan> {
    let all = scenario::all();
    all.iter().flat_map(|scenario| vec![Plan::plain(scenario.name); PLAIN_RUNS]).collect()
}

/// Runs these plans, so many at once at most, and tells `tally` of each; failures are printed as they come. Returns what the good ones showed, without
/// their histories.
///
/// # Errors
/// When a world can't be built.
pub async fn run_all(
    cluster: &Arc<Cluster>,
    plans: Vec<Plan>,
    at_once: usize,
    tally: &mut Tally,
) -> Result<Vec<Report>> {
    let mut crowd = Crowd::new(at_once);
    let mut waiting = plans.into_iter();
    let mut runs = JoinSet::new();
    let (all, mut beat, mut minute) = (waiting.len(), interval(BEAT), interval(Duration::from_mins(1)));
    minute.reset();
    let mut good = Vec::new();
    loop {
        while crowd.has_room(runs.len())
            && let Some(plan) = waiting.next()
        {
            runs.spawn(run_until_struck(Arc::clone(cluster), plan));
        }
        tokio::select! {
            report = runs.join_next() => match report {
                Some(report) => good.extend(judge(report??, tally)),
                None => return Ok(good),
            },
            _ = minute.tick() => println!("  {} of {all} plans, {} at once", tally.plans, runs.len()),
            _ = beat.tick() => crowd.beat(cluster.is_calm(), runs.len()),
        }
    }
}

/// Counts a run, and prints it if it failed. A good one is returned, without its history.
fn judge(mut report: Report, tally: &mut Tally) -> Option<Report> {
    tally.count(&report);
    if report.is_good() {
        report.history.events = Vec::new();
        return Some(report);
    }
    println!("{report}");
    match keep(&report) {
        Ok(file) => println!("  history: {}", file.display()),
        Err(error) => println!("  its history could not be kept: {error}"),
    }
    None
}

async fn run_until_struck(cluster: Arc<Cluster>, plan: Plan) -> Result<Report> {
    let mut report = run::run(&cluster, plan).await?;
    for _ in 1..TRIES {
        // Of several faults not all need to strike: one may keep the run from reaching the next.
        let enough = report.is_spent() || report.plan.faults.len() > 1 && report.struck > 0;
        if enough || !report.is_good() {
            break;
        }
        report = run::run(&cluster, report.plan).await?;
    }
    Ok(report)
}

/// Keeps what was recorded of a plan that failed.
fn keep(report: &Report) -> Result<PathBuf> {
    let folder = std::env::temp_dir().join("upgradegate-plans-failed");
    std::fs::create_dir_all(&folder)?;
    let mut hasher = DefaultHasher::new();
    report.plan.to_string().hash(&mut hasher);
    let file = folder.join(format!("{}-{:08x}.json", report.plan.scenario, hasher.finish() >> 32));
    std::fs::write(&file, serde_json::to_vec(&report.history)?)?;
    Ok(file)
}
