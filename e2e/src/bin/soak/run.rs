//! One run: a namespace, an application, a gate, and what happens to them.

use anyhow::Result;
use fastrand::Rng;
use jiff::Timestamp;
use serde_json::json;
use upgradegate_crds::Phase;
use upgradegate_e2e::{Test, fault_app::FaultAppBuilder, is, phases, proof};
use upgradegate_proof::Slack;

use crate::{Soak, plot::Plot, trouble::Trouble};

/// Runs until the time is over; a run that has begun is ended.
pub async fn one_after_another(soak: &Soak, mut rng: Rng) {
    while !soak.is_over() {
        let (plot, replicas) = (Plot::any(&mut rng), rng.u32(1..=3));
        let trouble = Trouble::any(&mut rng, replicas);
        let what = format!("{plot:?} of {replicas} with {trouble:?}");
        let broken = match in_namespace(soak, plot, trouble, replicas).await {
            Ok(broken) => broken,
            Err(error) => vec![format!("{error:#}")],
        };
        for violation in &broken {
            println!("VIOLATION in {what}: {violation}");
        }
        soak.tally.borrow_mut().add(&broken);
    }
}

/// The rules that the run broke. The namespace goes away, whatever happened in it.
async fn in_namespace(soak: &Soak, plot: Plot, trouble: Trouble, replicas: u32) -> Result<Vec<String>> {
    let began = Timestamp::now();
    let test = soak.calm.step(Test::begin("soak")).await?;
    let mut broken = Vec::new();
    if let Err(error) = live(soak, &test, plot, trouble, replicas).await {
        broken.push(format!("{error:#}"));
    }
    // An outage delays what the operator has to do, and what is seen of it.
    let slack = Slack::DISTURBED.outage(soak.calm.outage_since(began));
    let proof = soak.calm.step(proof::examine(&test, slack)).await?;
    broken.extend(proof.violations.iter().map(ToString::to_string));
    if !broken.is_empty() {
        broken.push(format!("its history: {}", proof::keep_history(&test, &proof.history)?.display()));
    }
    soak.calm.step(test.delete_namespace()).await?;
    soak.tally.borrow_mut().held(proof.steps);
    Ok(broken)
}

/// All members are busy when the gate comes; in the end all work again, and no gate runs.
async fn live(soak: &Soak, test: &Test, plot: Plot, trouble: Trouble, replicas: u32) -> Result<()> {
    let app = FaultAppBuilder::new()?.replicas(replicas).script(&json!({"busy": true}));
    let app = soak.calm.step(app.deploy(test)).await?;
    let gate = soak.calm.step(phases::builder().deadline(plot.deadline()).create(test)).await?;
    gate.until(is::phase(Phase::Draining).and(is::busy(replicas)).or(is::over())).await?;
    soak.calm.step(trouble.strikes(&app)).await?;
    plot.unfold(soak, test, &app, &gate, trouble.heals(&app, replicas)).await?;
    soak.calm.step(phases::back_at_work(&app)).await
}
