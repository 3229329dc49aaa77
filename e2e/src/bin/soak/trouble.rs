//! What is wrong with the members of a run, until they heal.

use anyhow::{Result, ensure};
use fastrand::Rng;
use k8s_openapi::api::core::v1::Pod;
use serde_json::json;
use upgradegate_e2e::{
    fault_app::{CONTAINER, FaultApp},
    pods, wait,
};

/// What is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// Nothing.
    None,
    /// The probe is answered with an error.
    ProbeFails,
    /// The probe is never answered.
    ProbeHangs,
    /// The probe is answered with more than anybody reads.
    ProbeFloods,
    /// The drain is refused, so that a lease may run out.
    DrainRefused,
    /// Drains take effect after their caller gave up.
    DrainLate,
    /// A member crashes.
    Crash,
    /// A member is deleted.
    Deleted,
}

impl Trouble {
    const ALL: [Trouble; 8] = [
        Trouble::None,
        Trouble::ProbeFails,
        Trouble::ProbeHangs,
        Trouble::ProbeFloods,
        Trouble::DrainRefused,
        Trouble::DrainLate,
        Trouble::Crash,
        Trouble::Deleted,
    ];

    /// One of them. Where the only member is away, there is none, and nothing to wait for: that is another story.
    pub fn any(rng: &mut Rng, replicas: u32) -> Self {
        let away = |trouble: &Trouble| matches!(trouble, Trouble::Crash | Trouble::Deleted);
        let possible: Vec<_> = Self::ALL.into_iter().filter(|trouble| replicas > 1 || !away(trouble)).collect();
        rng.choice(possible).unwrap_or(Trouble::None)
    }

    /// It begins.
    ///
    /// # Errors
    /// If a member can't be told.
    pub async fn strikes(self, app: &FaultApp<'_>) -> Result<()> {
        match self {
            Trouble::None => Ok(()),
            Trouble::ProbeFails => app.set(json!({"probe": {"status": 500}})).await,
            Trouble::ProbeHangs => app.set(json!({"probe": {"body": "hang"}})).await,
            Trouble::ProbeFloods => app.set(json!({"probe": {"body": {"bytes": 50_000_000}}})).await,
            Trouble::DrainRefused => app.set(json!({"drain": {"status": 503}})).await,
            Trouble::DrainLate => app.set(json!({"drain": {"lateMillis": 1500}})).await,
            Trouble::Crash => {
                app.crash(&first(app).await?).await;
                Ok(())
            }
            Trouble::Deleted => app.delete_pod(&first(app).await?).await,
        }
    }

    /// It is over. New members have the script that the application was deployed with.
    ///
    /// # Errors
    /// If a member can't be told.
    pub async fn heals(self, app: &FaultApp<'_>, replicas: u32) -> Result<()> {
        // One that has crashed looks for a while as if it ran.
        wait::eventually("all there and told", async || {
            let there = app.names().await?.len();
            ensure!(there == replicas as usize, "{there} of {replicas} members run");
            ensure!(self != Trouble::Crash || restarted(app).await?, "the member that crashed has not come back");
            app.set(json!({"probe": null, "drain": null})).await
        })
        .await
    }
}

async fn restarted(app: &FaultApp<'_>) -> Result<bool> {
    let again = |pod: &Pod| pods::container(pod, CONTAINER).is_some_and(|container| container.restart_count > 0);
    Ok(app.pods().await?.iter().any(again))
}

async fn first(app: &FaultApp<'_>) -> Result<String> {
    Ok(app.names().await?.swap_remove(0))
}
