//! Fault plans: every scenario three times without faults, with the operator killed before and after every call that all three made, and with
//! random faults.
//!
//! `UPGRADEGATE_PLANS_SEED` and `_COUNT` say which random plans and how many, `_ONLY` runs the plans whose text holds it, `_AT_ONCE` says how
//! many run at once.

use std::env::var;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context, Result, ensure};
use upgradegate_plans::campaign::{self, Points, Tally};
use upgradegate_plans::fault::Plan;
use upgradegate_plans::run::Report;
use upgradegate_plans::world::Cluster;

/// Plans that once failed.
const REGRESSIONS: &str = include_str!("../regressions.txt");

/// How many random plans a run has.
const COUNT: u64 = 600;

/// How many plans run at once: they mostly wait.
const AT_ONCE: u64 = 48;

#[tokio::main]
async fn main() -> Result<ExitCode> {
    let at_once = usize::try_from(number("UPGRADEGATE_PLANS_AT_ONCE", AT_ONCE)?)?;
    let count = usize::try_from(number("UPGRADEGATE_PLANS_COUNT", COUNT)?)?;
    let seed = number("UPGRADEGATE_PLANS_SEED", fastrand::u64(..1_000_000))?;
    let cluster = Cluster::start().await?;
    let (mut ran, mut failed) = (0, Vec::new());

    let known = REGRESSIONS.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    let known: Vec<Plan> = known.map(str::parse).collect::<Result<_>>()?;
    let known = only(known);
    let mut chosen = known.len();
    let (_, mut idle) = act("plans that once failed", &cluster, known, at_once, &mut ran, &mut failed).await?;
    let (mut plain, _) =
        act("scenarios without faults", &cluster, campaign::plain(), at_once, &mut ran, &mut failed).await?;
    let points = campaign::points(&plain);

    let crashes = only(campaign::crashes(&points));
    let wanted = crashes.len();
    let (_, mut spared) =
        act("a crash before and after each call", &cluster, crashes, at_once, &mut ran, &mut failed).await?;
    if !spared.is_empty() {
        // Two writes may become one, and a slow machine asks less often: does a run without faults always make those calls?
        let again: Vec<Plan> = campaign::plain().into_iter().filter(|plain| is_of(plain, &spared)).collect();
        plain.extend(act("their scenarios again", &cluster, again, at_once, &mut ran, &mut failed).await?.0);
    }
    let made = campaign::points(&plain);
    let sometimes = spared.extract_if(.., |plan| !makes(&made, plan)).count();
    let all = wanted - sometimes;
    println!(
        "  {} of {all} crashes before or after a call struck; {sometimes} more are at calls that only some runs make",
        all - spared.len()
    );
    idle.retain(|plan| makes(&made, plan));
    idle.append(&mut spared);

    let random = only(campaign::random(&points, seed, count));
    chosen += wanted + random.len();
    ensure!(chosen > 0, "no plan has in it what UPGRADEGATE_PLANS_ONLY says");
    println!("random faults have the seed {seed}");
    idle.extend(act("random faults", &cluster, random, at_once, &mut ran, &mut failed).await?.1);
    for plan in &idle {
        println!("no fault of it struck: {plan}");
    }
    for plan in &failed {
        println!("failed: cargo run -q -p upgradegate-plans -- replay '{plan}'");
    }
    let good = failed.is_empty() && idle.is_empty();
    let passed = ran - failed.len();
    println!(
        "test result: {}. {passed} passed; {} failed; 0 ignored",
        if good { "ok" } else { "FAILED" },
        failed.len()
    );
    Ok(if good { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Runs these plans, and prints a line about them. What the good ones showed, and those of whose faults none struck.
async fn act(
    title: &str,
    cluster: &Arc<Cluster>,
    plans: Vec<Plan>,
    at_once: usize,
    ran: &mut usize,
    failed: &mut Vec<String>,
) -> Result<(Vec<Report>, Vec<Plan>)> {
    *ran += plans.len();
    let mut tally = Tally::begin();
    let reports = campaign::run_all(cluster, plans, at_once, &mut tally).await?;
    println!("{title}: {tally}");
    failed.append(&mut tally.failed);
    Ok((reports, tally.spared))
}

/// Whether this is the scenario of one of these plans.
fn is_of(plain: &Plan, plans: &[Plan]) -> bool {
    plans.iter().any(|plan| plan.scenario == plain.scenario)
}

/// Whether every run without faults makes the call that this plan strikes.
fn makes(points: &Points, plan: &Plan) -> bool {
    let calls = points.get(&plan.scenario);
    plan.faults.iter().all(|fault| calls.is_some_and(|calls| calls.contains(&fault.at)))
}

/// The number that this variable holds, or the usual one where it is not set.
fn number(name: &str, usual: u64) -> Result<u64> {
    let read = |text: String| text.parse::<u64>().with_context(|| format!("{name} is no number: {text:?}"));
    var(name).map_or(Ok(usual), read)
}

fn only(plans: Vec<Plan>) -> Vec<Plan> {
    let wanted = var("UPGRADEGATE_PLANS_ONLY").unwrap_or_default();
    plans.into_iter().filter(|plan| plan.to_string().contains(&wanted)).collect()
}
