//! Spec walks: from every phase, every field of the spec is changed; what is defined comes of it, and the run comes to its end.
//! `UPGRADEGATE_WALKS_SEED` says which walks, `_ONLY` runs the one with this number, `_AT_ONCE` says how many walk at once.

use std::env::var;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context, Result, ensure};
use futures::{StreamExt, stream};
use tokio::time::Instant;
use upgradegate_plans::walks::{Schema, Tally, Walk, all, is_immutable};
use upgradegate_plans::world::Cluster;

/// How many walk at once: they mostly wait.
const AT_ONCE: usize = 24;

/// Phases of a gate, and that of a gate that nobody has looked at.
const PHASES: usize = 7;

/// Transitions from spec to spec that a run has to make at least, beside those that are refused.
const LEAST: usize = 200;

/// Immutable fields that have one good value only: another one is refused before it is compared.
const ONE_VALUE: [&str; 4] = ["targetRef.apiVersion", "targetRef.kind", "probe.httpGet.scheme", "drain.http.scheme"];

#[tokio::main]
async fn main() -> Result<ExitCode> {
    let seed = number("UPGRADEGATE_WALKS_SEED")?.map_or_else(|| fastrand::u64(..1_000_000), |seed| seed as u64);
    let only = number("UPGRADEGATE_WALKS_ONLY")?;
    let at_once = number("UPGRADEGATE_WALKS_AT_ONCE")?.unwrap_or(AT_ONCE);
    let schema = Arc::new(Schema::read()?);
    let cluster = Cluster::start().await?;
    let began = Instant::now();

    let walks: Vec<Walk> = all(seed).into_iter().filter(|walk| only.is_none_or(|only| only == walk.number)).collect();
    let count = walks.len();
    ensure!(count > 0, "there is no such walk: UPGRADEGATE_WALKS_ONLY is {}", only.unwrap_or_default());
    let runs = walks.into_iter().map(|walk| {
        let (cluster, schema) = (Arc::clone(&cluster), Arc::clone(&schema));
        tokio::spawn(async move { walk.run(&cluster, &schema).await })
    });
    // Each is spawned when its turn comes.
    let mut runs = stream::iter(runs).buffer_unordered(at_once);
    let (mut tally, mut failed) = (Tally::default(), 0);
    while let Some(report) = runs.next().await {
        let report = match report? {
            Ok(report) => report,
            Err(error) => {
                println!("a walk could not begin: {error:#}");
                failed += 1;
                continue;
            }
        };
        if only.is_some() {
            println!("{}: {}", report.walk.start, report.steps.join(", then "));
        }
        if !report.is_good() {
            println!("{report}");
            failed += 1;
        }
        tally.add(report.tally);
    }

    let seconds = began.elapsed().as_secs();
    let (specs, metadata) = (tally.specs(), tally.metadata());
    println!(
        "{count} walks, seed {seed}, in {seconds} s: {specs} transitions from spec to spec, {metadata} of the metadata, {failed} failed"
    );
    print!("{tally}");
    let missing = if only.is_none() { missing(&schema, &tally)? } else { Vec::new() };
    for what in &missing {
        println!("{what}");
    }
    let good = failed == 0 && missing.is_empty();
    let passed = count - failed;
    println!("test result: {}. {passed} passed; {failed} failed; 0 ignored", if good { "ok" } else { "FAILED" });
    Ok(if good { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The number that this variable holds, if it is set.
fn number(name: &str) -> Result<Option<usize>> {
    let read = |text: String| text.parse::<usize>().with_context(|| format!("{name} is no number: {text:?}"));
    var(name).ok().map(read).transpose()
}

/// What a whole run has to show, and this one did not.
fn missing(schema: &Schema, tally: &Tally) -> Result<Vec<String>> {
    let mut missing = Vec::new();
    if tally.specs() < LEAST || tally.phases() < PHASES {
        missing.push(format!(
            "fewer than {LEAST} transitions from spec to spec, or not from every one of {PHASES} phases"
        ));
    }
    for field in schema.fields() {
        let (name, Some(first)) = (field.path.join("."), field.path.first()) else { continue };
        if is_immutable(first)? && !ONE_VALUE.contains(&name.as_str()) && !tally.immutable.contains(&name) {
            missing.push(format!("no good value of spec.{name} was refused as immutable; walks/values.rs has none"));
        }
    }
    Ok(missing)
}
