//! Upgrades by Helm: every scenario with Helm 3 and with Helm 4.

mod around;
mod endings;
mod interrupted;
mod upgrades;

use anyhow::{Result, ensure};
use kube::ResourceExt;
use upgradegate_crds::UpgradeGate;
use upgradegate_e2e::{Gate, Test, demo_app::DemoApp, helm::Release, process::Running, wait};

/// Makes a test of each scenario, with each Helm.
macro_rules! with_each_helm {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {
        mod helm3 {
            $($(#[$doc])* #[test] fn $name() { super::$name(upgradegate_e2e::helm::Helm::Three); })*
        }
        mod helm4 {
            $($(#[$doc])* #[test] fn $name() { super::$name(upgradegate_e2e::helm::Helm::Four); })*
        }
    };
}
use with_each_helm;

/// The application of a release.
fn app(test: &Test, release: &Release<'_>) -> DemoApp {
    DemoApp::new(test.client.clone(), &test.namespace, &release.name)
}

/// Waits for a gate beyond those that are known, and returns it.
async fn next_gate<'t>(test: &'t Test, known: &[&Gate<'_>]) -> Result<Gate<'t>> {
    wait::eventually("a new gate", async || {
        let is_new = |gate: &UpgradeGate| known.iter().all(|known| Some(&known.uid) != gate.uid().as_ref());
        let new = test.gates.latest().into_iter().find(is_new);
        Gate::of(test, &new.ok_or_else(|| anyhow::anyhow!("no new gate"))?)
    })
    .await
}

/// Waits until a program has printed this.
async fn until_printed(program: &Running, text: &str) -> Result<()> {
    wait::eventually(&format!("{text:?} printed"), async || {
        ensure!(program.printed(text), "it printed {:?}", program.lines());
        Ok(())
    })
    .await
}

/// Waits until every pod of the application says that it is not drained, and no other is left.
async fn back_at_work(app: &DemoApp) -> Result<()> {
    wait::eventually("back at work", async || {
        for pod in app.names().await? {
            let answer = app.upgradeable(&pod).await?;
            ensure!(answer["draining"] == false, "{pod}: {answer}");
        }
        Ok(())
    })
    .await
}

/// Asserts that every pod is of this version.
async fn all_are(app: &DemoApp, version: &str) -> Result<()> {
    let pods = app.names().await?;
    ensure!(!pods.is_empty(), "no pod");
    for pod in pods {
        let found = app.version(&pod).await?;
        ensure!(found == version, "{pod} is of version {found}, not {version}");
    }
    Ok(())
}

/// Asserts that no operation was cut off, as the application itself says.
fn none_cut_off(test: &Test) -> Result<()> {
    let cut_off: Vec<_> =
        test.logs.lines().into_iter().filter(|line| line.text.contains("operation cut off")).collect();
    ensure!(cut_off.is_empty(), "{cut_off:?}");
    Ok(())
}
