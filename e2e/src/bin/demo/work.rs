//! The long operations that the upgrade must not cut off: one in each pod, of different lengths.

use std::collections::BTreeMap;

use anyhow::{Result, ensure};
use jiff::{SignedDuration, Timestamp};
use upgradegate_e2e::{demo_app::DemoApp, wait};

use crate::{
    books::{self, Count},
    screen::Screen,
    stage::{REPLICAS, Stage},
};

/// An operation in a pod.
#[derive(Clone, Debug)]
pub struct Operation {
    /// The pod.
    pub pod: String,
    /// When it began.
    pub from: Timestamp,
    /// When it ends, unless it is cut off.
    pub until: Timestamp,
}

/// What the pods worked on when the upgrade came.
#[derive(Clone, Debug)]
pub struct Work {
    /// One a pod.
    pub operations: Vec<Operation>,
    /// What the pods had counted before.
    pub before: BTreeMap<String, Count>,
}

impl Work {
    /// When the last operation ends.
    pub fn until(&self) -> Timestamp {
        self.operations.iter().map(|operation| operation.until).max().unwrap_or_default()
    }
}

/// Starts an operation in each pod, the longest of `seconds`.
///
/// # Errors
/// If a pod takes none.
pub async fn start(stage: &Stage, seconds: u32, screen: Screen) -> Result<Work> {
    wait::eventually("at work, all pods", async || at_work(&stage.app).await).await?;
    let before = books::of_the_living(&stage.test, &stage.app).await?;
    let pods = stage.app.names().await?;
    ensure!(pods.len() == REPLICAS, "{} pods instead of {REPLICAS}: {pods:?}", pods.len());
    let mut operations = Vec::new();
    for (pod, share) in pods.into_iter().zip([2, 3, 4]) {
        let length = seconds * share / 4;
        stage.app.start(&pod, length.into()).await?;
        let from = Timestamp::now();
        screen.line(&format!("{pod} works on an operation of {length} s"));
        operations.push(Operation { pod, from, until: from + SignedDuration::from_secs(length.into()) });
    }
    Ok(Work { operations, before })
}

/// That no pod is drained: one whose upgrade was called off a moment ago may be.
async fn at_work(app: &DemoApp) -> Result<()> {
    for pod in app.names().await? {
        let answer = app.upgradeable(&pod).await?;
        ensure!(answer["draining"] == false, "{pod} is drained: {answer}");
    }
    Ok(())
}
