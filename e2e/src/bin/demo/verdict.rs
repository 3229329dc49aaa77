//! What must be true after the upgrade. All of it is checked, and said, before the demo fails.

use anyhow::{Context, Result, bail, ensure};
use k8s_openapi::api::core::v1::Pod;
use kube::ResourceExt;
use upgradegate_crds::Outcome;
use upgradegate_e2e::{is, pods, wait};

use crate::{
    books::{self, Count},
    clients::Answers,
    screen::Screen,
    stage::{REPLICAS, Stage},
    upgrade::Upgrade,
    work::Work,
};

/// Checks everything.
///
/// # Errors
/// If anything is not as it should be.
pub async fn check(stage: &Stage, work: &Work, upgrade: &Upgrade, version: u64, screen: Screen) -> Result<()> {
    let checks = [
        helm_succeeded(upgrade),
        gate_completed(upgrade),
        all_new(stage, work, version).await,
        waited(stage, work).await,
        nothing_cut_off(stage, work, &upgrade.answers).await,
        served(&upgrade.answers),
    ];
    let mut failed = 0;
    for check in checks {
        screen.check(check.is_ok(), &check.as_ref().map_or_else(|why| format!("{why:#}"), Clone::clone));
        failed += usize::from(check.is_err());
    }
    if failed > 0 {
        bail!("{failed} of the promises above did not hold");
    }
    Ok(())
}

fn helm_succeeded(upgrade: &Upgrade) -> Result<String> {
    ensure!(upgrade.helm.code == Some(0), "`helm upgrade` ended with {:?}", upgrade.helm.code);
    Ok("helm upgrade succeeded".into())
}

fn gate_completed(upgrade: &Upgrade) -> Result<String> {
    let gate = upgrade.gate().context("no gate was made")?;
    let name = gate.name_any();
    let status = gate.status.clone().unwrap_or_default();
    ensure!(
        is::finished(Outcome::Completed).holds(gate),
        "gate {name} did not complete, but ended in phase {:?} with outcome {:?}: {}",
        status.phase,
        status.outcome,
        status.message
    );
    Ok(format!("gate {name} opened when all members were ready, and ended as Completed"))
}

async fn all_new(stage: &Stage, work: &Work, version: u64) -> Result<String> {
    let pods = stage.app.pods().await?;
    ensure!(pods.len() == REPLICAS, "{} pods instead of {REPLICAS}", pods.len());
    for pod in &pods {
        let name = pod.name_any();
        ensure!(work.operations.iter().all(|old| old.pod != name), "pod {name} is an old one");
        ensure!(pods::is_ready(pod), "pod {name} is not ready");
        let found = stage.app.version(&name).await?;
        ensure!(found == version.to_string(), "pod {name} says that it is version {found}, not {version}");
    }
    Ok(format!("all {REPLICAS} pods are new, ready, and say that they are version {version}"))
}

/// That the rollout began after the last operation, to the second that Kubernetes records.
async fn waited(stage: &Stage, work: &Work) -> Result<String> {
    let until = work.until();
    let is_new = |pod: &Pod| work.operations.iter().all(|old| old.pod != pod.name_any());
    let created = |pod: Pod| pod.creation_timestamp().map(|at| at.0);
    let pods = stage.app.pods().await?;
    let first = pods.into_iter().filter(is_new).filter_map(created).min().context("no pod is new")?;
    ensure!(first.as_second() >= until.as_second(), "a new pod was created at {first}, an operation ran until {until}");
    Ok("no new pod was created before the last long operation had ended".into())
}

/// That every operation that a client got a promise of was done, as the pods count them.
async fn nothing_cut_off(stage: &Stage, work: &Work, answers: &Answers) -> Result<String> {
    let names = stage.app.names().await?;
    let old = work.operations.iter().map(|operation| &operation.pod).filter(|pod| !names.contains(pod));
    let last_words = async || books::of_the_ended(&stage.test.logs.lines(), old.clone());
    let ended: Count = wait::eventually("logged as stopped", last_words).await?.into_iter().sum();
    let living = wait::eventually("idle", async || {
        let living: Count = books::of_the_living(&stage.test, &stage.app).await?.into_values().sum();
        ensure!(living.started == living.finished + living.cut_off, "operations still run: {living:?}");
        Ok(living)
    });
    let all: Count = [ended, living.await?].into_iter().sum();
    let before: Count = work.before.values().copied().sum();
    let started = all.started.checked_sub(before.started).context("a pod lost count: its container restarted")?;
    let promised = answers.started() + work.operations.len();
    ensure!(all.cut_off == 0 && all.started == all.finished, "operations were cut off: {all:?}");
    // A request without an answer may have started one.
    let most = promised + answers.failures().len();
    let is_promised = usize::try_from(started).is_ok_and(|started| (promised..=most).contains(&started));
    ensure!(is_promised, "the pods count {started} operations, the clients {promised}");
    Ok(format!("no operation was cut off: clients started {promised}, the pods finished {promised}"))
}

fn served(answers: &Answers) -> Result<String> {
    let refused = answers.refused();
    ensure!(refused > 0, "no request for new work was refused, so nothing was drained");
    let others = match answers.failures().as_slice() {
        [] => String::new(),
        failures @ [.., last] => format!("; {} failed, the last one {last}", failures.len()),
    };
    Ok(format!("{refused} requests for new work were told to come back later (503){others}; new work is done again"))
}
