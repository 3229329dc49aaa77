//! `open`, `finish`, `cancel`: orders to gates.

use anyhow::ensure;
use upgradegate_crds::{OpenedByType, Outcome, Phase, UpgradeGate};
use upgradegate_e2e::{
    is,
    phases::{self, Stage},
    scenario,
};

use super::run;

#[test]
fn open_needs_a_reason_and_keeps_it() {
    scenario(async |test| {
        let Stage { gate, .. } = phases::reach(test, Phase::Draining).await?;
        run(test, &["open", &gate.name]).await?.exits(2)?.says("--reason")?;
        run(test, &["open", &gate.name, "--reason", "pager: CVE fix"]).await?.ok()?;
        let status = gate.until(is::open().and(is::opened_by(OpenedByType::Action))).await?;
        ensure!(status.opened_by.and_then(|by| by.reason).as_deref() == Some("pager: CVE fix"));
        Ok(())
    });
}

#[test]
fn cancel_resumes_and_says_so() {
    scenario(async |test| {
        let Stage { app, gate, .. } = phases::reach(test, Phase::Open).await?;
        run(test, &["cancel", &gate.name, "--reason", "not today"]).await?.ok()?;
        let status = gate.until(is::finished(Outcome::Cancelled)).await?;
        ensure!(status.message.contains("not today"), "{}", status.message);
        app.until_resumed().await
    });
}

#[test]
fn finish_by_release_finds_running_gates_only() {
    scenario(async |test| {
        let app = phases::app()?.deploy(test).await?;
        let labelled = phases::builder().change(|gate| {
            gate.metadata.labels = Some([(upgradegate_crds::RELEASE_LABEL.to_owned(), "rel".to_owned())].into());
        });
        let gate = labelled.create(test).await?;
        gate.until(is::open()).await?;
        run(test, &["finish", "--release", "other"]).await?.ok()?;
        gate.never(&is::over())?;
        run(test, &["finish", "--release", "rel"]).await?.ok()?.says("gate")?;
        gate.until(is::finished(Outcome::Unchanged)).await?;
        let stored = async || test.api::<UpgradeGate>().get(&gate.name).await;
        let before = stored().await?.metadata.generation;
        run(test, &["finish", "--release", "rel"]).await?.ok()?;
        ensure!(stored().await?.metadata.generation == before, "a finished gate was told again");
        app.until_resumed().await
    });
}

/// The post-upgrade hook must never fail a release that is through.
#[test]
fn finish_with_best_effort_never_fails() {
    scenario(async |test| {
        run(test, &["finish", "nobody"]).await?.exits(2)?;
        run(test, &["finish", "nobody", "--best-effort"]).await?.ok()?;
        let Stage { gate, .. } = phases::reach(test, Phase::Finished).await?;
        run(test, &["finish", &gate.name, "--best-effort"]).await?.ok()?;
        run(test, &["--kubeconfig", "/nonexistent", "finish", "--release", "rel", "--best-effort"]).await?.ok()?;
        Ok(())
    });
}

#[test]
fn trap_26_orders_that_go_back_are_refused_in_words() {
    scenario(async |test| {
        let Stage { gate, .. } = phases::reach(test, Phase::Resuming).await?;
        run(test, &["open", &gate.name, "--reason", "late"]).await?.exits(1)?.says("Cancelled")?;
        gate.until(is::finished(Outcome::Cancelled)).await?;
        run(test, &["open", &gate.name, "--reason", "late"]).await?.exits(1)?.says("Cancelled")?;
        Ok(())
    });
}
