//! What people do in a run, and how it ends.

use anyhow::Result;
use fastrand::Rng;
use serde_json::json;
use upgradegate_crds::{Outcome, Phase};
use upgradegate_e2e::{Gate, Test, fault_app::FaultApp, is, phases};

use crate::Soak;

/// Seconds for whoever does not want to see the deadline, outages included.
const LONG: u32 = 180;

/// Seconds for whoever does.
const SHORT: u32 = 15;

/// What people do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Plot {
    /// The upgrade comes, and is complete.
    Upgrade,
    /// The upgrade can't start, and is taken back.
    RollBack,
    /// The upgrade brings nothing new.
    Finish,
    /// The gate is called off while it drains.
    Cancel,
    /// The gate is deleted while it drains.
    Delete,
    /// Members are busy for too long.
    Deadline,
    /// A newer gate comes.
    Second,
}

impl Plot {
    const ALL: [Plot; 7] =
        [Plot::Upgrade, Plot::RollBack, Plot::Finish, Plot::Cancel, Plot::Delete, Plot::Deadline, Plot::Second];

    /// One of them; every second one is an upgrade.
    pub fn any(rng: &mut Rng) -> Self {
        if rng.bool() { Plot::Upgrade } else { rng.choice(Plot::ALL).unwrap_or(Plot::Upgrade) }
    }

    /// The deadline of its gate, in seconds.
    pub fn deadline(self) -> u32 {
        if self == Plot::Deadline { SHORT } else { LONG }
    }

    /// Tells it to its end. The members are in trouble until they heal.
    ///
    /// # Errors
    /// If it does not end as it has to.
    pub async fn unfold(
        self,
        soak: &Soak,
        test: &Test,
        app: &FaultApp<'_>,
        gate: &Gate<'_>,
        heals: impl Future<Output = Result<()>>,
    ) -> Result<()> {
        let newer = self.begin(soak, test, gate).await?;
        soak.calm.step(heals).await?;
        match self {
            Plot::Cancel => gate.until(is::finished(Outcome::Cancelled)).await.map(drop),
            Plot::Delete => gate.until_gone().await,
            Plot::Deadline => gate.until(is::finished(Outcome::DeadlineExceeded)).await.map(drop),
            Plot::Upgrade => upgrade(soak, app, gate).await,
            Plot::Second => {
                gate.until(is::finished(Outcome::Superseded)).await?;
                upgrade(soak, app, newer.as_ref().unwrap_or(gate)).await
            }
            Plot::Finish => {
                open(soak, app, gate).await?;
                soak.calm.step(gate.act("Finish")).await?;
                gate.until(is::finished(Outcome::Unchanged)).await.map(drop)
            }
            Plot::RollBack => {
                open(soak, app, gate).await?;
                soak.calm.step(app.upgrade_to_missing_image()).await?;
                gate.until(is::phase(Phase::RollingOut)).await?;
                soak.calm.step(app.upgrade_to_own_image("")).await?;
                gate.until(is::finished(Outcome::RolledBack)).await.map(drop)
            }
        }
    }

    /// What happens while the members are in trouble; the newer gate, if one comes.
    async fn begin<'t>(self, soak: &Soak, test: &'t Test, gate: &Gate<'_>) -> Result<Option<Gate<'t>>> {
        match self {
            Plot::Cancel => soak.calm.step(gate.act("Cancel")).await?,
            Plot::Delete => soak.calm.step(gate.delete()).await?,
            Plot::Deadline => {
                gate.until(is::phase(Phase::Resuming).or(is::over())).await?;
            }
            Plot::Second => {
                let newer = phases::builder().named("newer").deadline(LONG);
                return soak.calm.step(newer.create(test)).await.map(Some);
            }
            Plot::Upgrade | Plot::RollBack | Plot::Finish => {}
        }
        Ok(None)
    }
}

/// The members have ended their work.
async fn open(soak: &Soak, app: &FaultApp<'_>, gate: &Gate<'_>) -> Result<()> {
    soak.calm.step(app.set(json!({"busy": false}))).await?;
    gate.until(is::open()).await.map(drop)
}

/// The gate opens, and the upgrade comes.
async fn upgrade(soak: &Soak, app: &FaultApp<'_>, gate: &Gate<'_>) -> Result<()> {
    open(soak, app, gate).await?;
    soak.calm.step(app.upgrade_to_own_image("2")).await?;
    gate.until(is::finished(Outcome::Completed)).await.map(drop)
}
