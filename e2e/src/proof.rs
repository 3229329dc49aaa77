//! Each test is a proof run: what was recorded of it is read against the rules that hold always, and against the model.

use std::{collections::BTreeSet, fs::OpenOptions, io::Write, path::PathBuf};

use anyhow::{Context, Result, ensure};
use k8s_openapi::api::core::v1::Pod;
use kube::{ResourceExt, api::ListParams};
use tokio::task::spawn_blocking;
use upgradegate_proof::{Event, History, Replayed, Slack, Violation, What};

use crate::{
    Test, env,
    fault_app::{self, CONTAINER},
    logs::calls,
    pods, wait,
};

/// A file with one line for each history of a gate that was checked: how many events, calls and written statuses it had, of how many of its
/// pods every call is known, and of which test.
const COUNTED: &str = "proof.txt";

/// All that was recorded of a test until now. The logs of applications that still run are awaited.
///
/// # Errors
/// If the API server does not answer, or a log does not catch up in time.
pub async fn history(test: &Test) -> Result<History> {
    catch_up(test).await?;
    let gates = test.gates.all().into_iter().map(|seen| {
        let mut gate = Box::new(seen.gate);
        gate.metadata.managed_fields = None;
        Event { at: seen.at, what: What::Gate { gate, gone: seen.gone } }
    });
    let mut events: Vec<Event> = gates.chain(test.recorder.events()).collect();
    let recorded = recorded(&events, &test.logs.torn());
    events.extend(calls::of(&test.logs.lines()));
    events.sort_by_key(|event| event.at);
    Ok(History { events, recorded, gaps: test.gates.gaps() })
}

/// A history that was read against the rules and the model.
#[derive(Debug)]
pub struct Proof {
    /// What was recorded.
    pub history: History,
    /// Written statuses that were held against the model.
    pub steps: usize,
    /// What is broken; empty if all is well.
    pub violations: Vec<Violation>,
}

/// Reads the history of a test against the rules that hold always, and against the model.
///
/// # Errors
/// If there is no history.
pub async fn examine(test: &Test, slack: Slack) -> Result<Proof> {
    let history = history(test).await?;
    // It may take seconds: in the thread of the watches, what other tests record would seem to come late.
    let read = move || {
        let mut violations = upgradegate_proof::check_within(&history, slack);
        let Replayed { steps, violations: no_steps } = upgradegate_proof::replay_within(&history, slack);
        violations.extend(no_steps);
        Proof { history, steps, violations }
    };
    spawn_blocking(read).await.context("read the history")
}

/// Checks the history of a test, and counts it. One that breaks a rule is kept as a file.
///
/// # Errors
/// If a rule is broken, with a line for each; or if there is no history.
pub async fn prove(test: &Test, slack: Slack) -> Result<()> {
    let Proof { history, steps, violations } = examine(test, slack).await?;
    count(test, &history, steps)?;
    let keep = !violations.is_empty() || std::env::var_os("E2E_KEEP").is_some();
    let kept = if keep { Some(keep_history(test, &history)?) } else { None };
    ensure!(violations.is_empty(), "{}\nhistory: {}", told(&violations), kept.unwrap_or_default().display());
    Ok(())
}

/// Says how much was read. A test without a gate has its history elsewhere, or none.
fn count(test: &Test, history: &History, steps: usize) -> Result<()> {
    let (mut gates, mut calls, mut pods) = (0, 0, BTreeSet::new());
    for event in &history.events {
        match &event.what {
            What::Gate { .. } => gates += 1,
            What::Call(_) => calls += 1,
            What::Pod { pod, .. } => {
                pods.insert(pod.uid());
            }
            What::Deployment { .. } | What::ReplicaSet { .. } => {}
        }
    }
    if gates == 0 {
        return Ok(());
    }
    let (events, known, pods) = (history.events.len(), history.recorded.len(), pods.len());
    let of_pods = format!("of {known} of {pods} pods");
    let line = format!("{events} events, {calls} calls, {steps} steps {of_pods} in {}", test.namespace);
    println!("proof: {line}");
    let mut counted = OpenOptions::new().create(true).append(true).open(env::scratch()?.join(COUNTED))?;
    Ok(writeln!(counted, "{line}")?)
}

fn told(violations: &[Violation]) -> String {
    violations.iter().map(|violation| format!("- {violation}")).collect::<Vec<_>>().join("\n")
}

/// Writes a history to a file, so that it can be looked at.
///
/// # Errors
/// If it can't be written.
pub fn keep_history(test: &Test, history: &History) -> Result<PathBuf> {
    let path = env::scratch()?.join(format!("{}.history.json", test.namespace));
    std::fs::write(&path, serde_json::to_vec_pretty(history)?).with_context(|| format!("write {}", path.display()))?;
    Ok(path)
}

/// Pods of which every call is known: the misbehaving application runs in them, and their logs were read whole.
fn recorded(events: &[Event], torn: &BTreeSet<String>) -> BTreeSet<String> {
    let of_pods = events.iter().filter_map(|event| match &event.what {
        What::Pod { pod, .. } if prints_calls(pod) => pod.uid(),
        _ => None,
    });
    of_pods.filter(|uid| !torn.contains(uid)).collect()
}

/// Whether the application that prints its calls runs in a pod.
fn prints_calls(pod: &Pod) -> bool {
    let containers = pod.spec.iter().flat_map(|spec| &spec.containers);
    containers.into_iter().any(|container| {
        let serves = container.args.iter().flatten().next().is_none_or(|command| command == "serve");
        let ours = container.image.as_deref().is_some_and(|image| image.contains("upgradegate/fault-app:"));
        container.name == CONTAINER && ours && serves
    })
}

/// Waits until the logs hold every call that the applications that still run have got.
async fn catch_up(test: &Test) -> Result<()> {
    let all = test.api::<Pod>().list(&ListParams::default()).await?;
    let alive = |pod: &&Pod| prints_calls(pod) && pods::is_running(pod, CONTAINER) && !pods::is_terminating(pod);
    for pod in all.items.iter().filter(alive) {
        // Who does not answer may be about to end, or plays dead.
        let Ok(state) = fault_app::state(test, &pod.name_any()).await else { continue };
        let Some(id) = pods::container(pod, CONTAINER).and_then(|status| status.container_id.clone()) else { continue };
        wait::eventually("in the log", async || {
            let printed = calls::count(&test.logs.lines(), &id);
            ensure!(printed >= state.printed, "{printed} of {} lines of {}", state.printed, pod.name_any());
            Ok(())
        })
        .await?;
    }
    Ok(())
}
