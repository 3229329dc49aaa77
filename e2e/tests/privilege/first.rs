//! The hook of the upgrade that brings the gate, told to end: it cancels its gate by its own account.

use anyhow::{Context, Result};
use k8s_openapi::api::core::v1::Pod;
use kube::{
    ResourceExt,
    api::{DeleteParams, ListParams},
};
use upgradegate_crds::{Outcome, UpgradeGate};
use upgradegate_e2e::{
    Gate,
    demo_app::DemoApp,
    helm::{Helm, Release},
    is, scenario, wait,
};

#[test]
fn the_first_hook_cancels_its_gate() {
    scenario(async |test| -> Result<()> {
        Release::new(test, Helm::Four)?.set("upgrade-gate.enabled=false").install().await?;
        let release = Release::new(test, Helm::Four)?;
        let app = DemoApp::new(test.client.clone(), &test.namespace, &release.name);
        app.start(&app.names().await?[0], 60.0).await?;
        let upgrade = release.upgrade("2", &["--timeout", "60s"])?.spawn()?;
        let gate: UpgradeGate =
            wait::eventually("a gate", async || test.gates.latest().pop().context("no gate")).await?;
        let gate = Gate::of(test, &gate)?;
        gate.until(is::busy(1)).await?;
        let pods = test.api::<Pod>();
        let hook = pods.list(&ListParams::default().labels("job-name=rel-upgrade-gate-pre")).await?;
        let hook = hook.items.first().context("no pod of the hook")?;
        pods.delete(&hook.name_any(), &DeleteParams::default()).await?;
        gate.until(is::finished(Outcome::Cancelled)).await?;
        upgrade.wait().await?.fails().map(drop)
    });
}
