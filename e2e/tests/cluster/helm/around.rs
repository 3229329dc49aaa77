//! Ways around the gate, and what each does.

use anyhow::{Context, ensure};
use upgradegate_crds::Outcome;
use upgradegate_e2e::{
    helm::{Helm, Release},
    is, scenario,
};

use super::{all_are, app, back_at_work, next_gate, none_cut_off, with_each_helm};

with_each_helm!(
    a_first_install_is_not_gated,
    no_hooks_means_no_gate,
    a_rollback_is_not_gated_by_default,
    a_rollback_is_gated_by_switch,
    trap_02_a_rollback_and_its_upgrade_share_no_gate,
    trap_12_force_replaces_the_target_and_the_gate_follows,
);

fn a_first_install_is_not_gated(helm: Helm) {
    scenario(async |test| {
        let release = Release::new(test, helm)?;
        release.upgrade("1", &["--install"])?.run().await?.ok()?;
        all_are(&app(test, &release), "1").await?;
        ensure!(test.gates.all().is_empty(), "there is a gate");
        Ok(())
    });
}

fn no_hooks_means_no_gate(helm: Helm) {
    scenario(async |test| {
        let release = Release::new(test, helm)?;
        release.install().await?;
        release.upgrade("2", &["--no-hooks"])?.run().await?.ok()?;
        all_are(&app(test, &release), "2").await?;
        ensure!(test.gates.all().is_empty(), "there is a gate");
        Ok(())
    });
}

fn a_rollback_is_not_gated_by_default(helm: Helm) {
    scenario(async |test| {
        let release = Release::new(test, helm)?;
        release.install().await?;
        release.upgrade("2", &[])?.run().await?.ok()?;
        let gate = next_gate(test, &[]).await?;
        gate.until(is::finished(Outcome::Completed)).await?;
        release.run(&["rollback", "rel", "1", "--wait"]).await?.ok()?;
        all_are(&app(test, &release), "1").await?;
        ensure!(test.gates.latest().len() == 1, "the rollback made a gate");
        Ok(())
    });
}

fn a_rollback_is_gated_by_switch(helm: Helm) {
    scenario(async |test| {
        let release = Release::new(test, helm)?.set("upgrade-gate.preRollback=true");
        release.install().await?;
        let app = app(test, &release);
        release.upgrade("2", &[])?.run().await?.ok()?;
        let gate = next_gate(test, &[]).await?;
        gate.until(is::finished(Outcome::Completed)).await?;
        app.start(&app.names().await?[0], 4.0).await?;
        release.run(&["rollback", "rel", "1", "--wait"]).await?.ok()?;
        let back = next_gate(test, &[&gate]).await?;
        back.until(is::finished(Outcome::Completed)).await?;
        all_are(&app, "1").await?;
        back_at_work(&app).await?;
        none_cut_off(test)
    });
}

/// A rollback renders the hooks of the revision that it goes back to; revision 1 would come twice.
fn trap_02_a_rollback_and_its_upgrade_share_no_gate(helm: Helm) {
    scenario(async |test| {
        let release = Release::new(test, helm)?.set("upgrade-gate.preRollback=true");
        release.install().await?;
        release.upgrade("2", &[])?.run().await?.ok()?;
        release.run(&["rollback", "rel", "1", "--wait"]).await?.ok()?;
        release.run(&["rollback", "rel", "2", "--wait"]).await?.ok()?;
        let gates = test.gates.latest();
        ensure!(gates.len() == 3, "{} gates for three upgrades", gates.len());
        for gate in gates {
            let outcome = gate.status.context("no status")?.outcome;
            ensure!(outcome == Some(Outcome::Completed), "{outcome:?}");
        }
        Ok(())
    });
}

fn trap_12_force_replaces_the_target_and_the_gate_follows(helm: Helm) {
    scenario(async |test| {
        let release = Release::new(test, helm)?;
        release.install().await?;
        let app = app(test, &release);
        app.start(&app.names().await?[0], 3.0).await?;
        release.upgrade("2", helm.force())?.run().await?.ok()?;
        next_gate(test, &[]).await?.until(is::finished(Outcome::Completed)).await?;
        all_are(&app, "2").await?;
        none_cut_off(test)
    });
}
