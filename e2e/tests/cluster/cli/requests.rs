//! `request`: what it creates, and what becomes of it.

use anyhow::{Context, ensure};
use kube::{ResourceExt, api::ListParams};
use serde_json::json;
use upgradegate_crds::{Outcome, Phase, UpgradeGate};
use upgradegate_e2e::{
    Gate, GateBuilder, cli, env, is,
    phases::{self, Stage},
    process::{Channel, Program},
    scenario, wait,
};

use super::{file, run};

#[test]
fn request_waits_and_prints_a_line_a_change() {
    scenario(async |test| {
        let app = phases::app()?.script(&json!({"busy": true})).deploy(test).await?;
        let file = file(test, [phases::builder()])?;
        let request = cli::command(test, &["request", "-f", &file, "--wait"])?.spawn()?;
        wait::eventually("the blocker printed", async || {
            ensure!(request.printed("busy since") && request.printed("1 operation running"), "{:?}", request.lines());
            Ok(())
        })
        .await?;
        app.set(json!({"busy": false})).await?;
        let ended = request.wait().await?.ok()?.says("gate/gate")?.says("open")?;
        let printed: Vec<&str> = ended.lines.iter().map(|line| line.text.as_str()).collect();
        let mut distinct = printed.clone();
        distinct.dedup();
        ensure!(printed == distinct, "a line twice: {printed:?}");
        ensure!(ended.lines.iter().all(|line| line.channel == Channel::Stdout), "{printed:?}");
        let created = test.api::<UpgradeGate>().get("gate").await?;
        ensure!(created.spec.ttl_seconds_after_finished == Some(86_400), "the record would stay for ever");
        Ok(())
    });
}

/// In a pod: the name is made of the target and the pod's UID, so that no two upgrades share a gate.
#[test]
fn trap_02_names_are_made_of_the_target_and_the_pods_uid() {
    scenario(async |test| {
        phases::app()?.deploy(test).await?;
        let manifest = phases::builder().change(|gate| gate.metadata.name = None).build();
        let request = cli::command(test, &["request", "--env", "GATES"])?
            .env("GATES", serde_saphyr::to_string(&manifest)?)
            .env("POD_UID", "3f9c2a1b-0000-4000-8000-000000000000");
        request.run().await?.ok()?.says("app-3f9c2a1b")?;
        test.api::<UpgradeGate>().get("app-3f9c2a1b").await?;
        let anonymous = cli::command(test, &["request", "--env", "GATES"])?;
        anonymous.env("GATES", serde_saphyr::to_string(&manifest)?).run().await?.ok()?;
        let gates = test.api::<UpgradeGate>().list(&ListParams::default()).await?;
        let names: Vec<String> = gates.iter().map(ResourceExt::name_any).collect();
        ensure!(names.iter().filter(|name| name.starts_with("app-")).count() == 2, "{names:?}");
        Ok(())
    });
}

#[test]
fn request_like_copies_another_gate_without_its_action() {
    scenario(async |test| {
        let Stage { app, gate, .. } = phases::reach(test, Phase::Finished).await?;
        ensure!(gate.status().outcome == Some(Outcome::Completed));
        let opened = phases::builder().named("opened").change(|gate| {
            gate.metadata.labels = Some([("upgradegate.dev/release".to_owned(), "rel".to_owned())].into());
        });
        let opened = opened.create(test).await?;
        opened.act("Open").await?;
        opened.until(is::open()).await?;
        run(test, &["request", "--like", "opened", "--name", "copy", "--wait"]).await?.ok()?;
        let copy = test.api::<UpgradeGate>().get("copy").await?;
        let original = test.api::<UpgradeGate>().get("opened").await?;
        ensure!(copy.spec.action.is_none(), "the action was copied");
        ensure!(copy.spec.probe == original.spec.probe && copy.spec.drain == original.spec.drain);
        ensure!(copy.labels().get("upgradegate.dev/release").map(String::as_str) == Some("rel"));
        app.upgrade("9").await?;
        Gate::of(test, &copy)?.until(is::finished(Outcome::Completed)).await?;
        Ok(())
    });
}

#[test]
fn several_gates_are_awaited_together() {
    scenario(async |test| {
        phases::app()?.deploy(test).await?;
        let two = phases::app()?.named("two").script(&json!({"busy": true})).deploy(test).await?;
        let file = file(test, [phases::builder(), GateBuilder::new("two").named("two")])?;
        let mut request = cli::command(test, &["request", "-f", &file, "--wait"])?.spawn()?;
        wait::eventually("the second one holding", async || {
            ensure!(request.printed("gate/two") && request.printed("busy since"), "{:?}", request.lines());
            Ok(())
        })
        .await?;
        ensure!(request.is_running()?, "one of two is open, and it ended");
        two.set(json!({"busy": false})).await?;
        request.wait().await?.ok()?;
        ensure!(test.gates.latest().iter().all(|gate| is::open().holds(gate)));
        Ok(())
    });
}

/// The hook's pod is deleted, or a person presses Ctrl-C.
#[test]
fn a_signal_cancels_what_was_requested() {
    scenario(async |test| {
        for signal in ["TERM", "INT"] {
            let app = phases::app()?.named(&signal.to_lowercase()).script(&json!({"busy": true})).deploy(test).await?;
            let name = signal.to_lowercase();
            let file = file(test, [GateBuilder::new(&name).named(&name)])?;
            let request = cli::command(test, &["request", "-f", &file, "--wait"])?.spawn()?;
            wait::eventually("holding", async || {
                ensure!(request.printed("busy since"), "{:?}", request.lines());
                Ok(())
            })
            .await?;
            request.signal(signal).await?;
            request.wait().await?.exits(1)?;
            let gate = Gate::of(test, &test.api::<UpgradeGate>().get(&name).await?)?;
            gate.until(is::finished(Outcome::Cancelled)).await?;
            app.until_resumed().await?;
        }
        Ok(())
    });
}

/// There is no hook after a failure in any Helm: whoever requested has to cancel.
#[test]
fn trap_14_a_timeout_cancels_what_was_requested() {
    scenario(async |test| {
        let app = phases::app()?.script(&json!({"busy": true})).deploy(test).await?;
        let file = file(test, [phases::builder()])?;
        let ended = run(test, &["request", "-f", &file, "--wait", "--timeout", "3s"]).await?.exits(1)?;
        ensure!(ended.stderr().contains("error: "), "{}", ended.stderr());
        ended.says("1 operation running")?;
        let gate = Gate::of(test, &test.api::<UpgradeGate>().get("gate").await?)?;
        gate.until(is::finished(Outcome::Cancelled)).await?;
        app.until_resumed().await
    });
}

/// One of two cannot be created: the other one must not hold members for nobody.
#[test]
fn a_failure_in_the_middle_cancels_what_was_created() {
    scenario(async |test| {
        let app = phases::app()?.deploy(test).await?;
        let bad = GateBuilder::new("Bad_Name").named("bad");
        let file = file(test, [phases::builder(), bad])?;
        run(test, &["request", "-f", &file, "--wait"]).await?.exits(2)?.says("spec.targetRef.name")?;
        wait::eventually("nothing running", async || {
            for gate in test.gates.latest() {
                ensure!(is::over().holds(&gate), "{} runs", gate.name_any());
            }
            Ok(())
        })
        .await?;
        phases::back_at_work(&app).await
    });
}

/// Own patches go under an own name: Flux takes over what managers called `kubectl…` own.
#[test]
fn trap_22_orders_have_a_field_manager_of_their_own() {
    scenario(async |test| {
        let Stage { gate, .. } = phases::reach(test, Phase::Draining).await?;
        run(test, &["cancel", &gate.name, "--reason", "not today"]).await?.ok()?;
        let stored = test.api::<UpgradeGate>().get(&gate.name).await?;
        let managers = stored.metadata.managed_fields.context("no managers")?;
        let mine = managers.iter().find(|entry| entry.manager.as_deref() == Some("upgradegate-cli"));
        let fields = mine.and_then(|entry| entry.fields_v1.clone()).context("upgradegate-cli owns nothing")?;
        ensure!(fields.0.to_string().contains("f:action"), "{:?}", fields.0);
        Ok(())
    });
}

#[test]
fn a_manifest_is_read_from_standard_input() {
    scenario(async |test| {
        phases::app()?.deploy(test).await?;
        let file = file(test, [phases::builder()])?;
        let binary = env::target().join("debug/kubectl-upgradegate");
        let script = format!("cat {file} | {} -n {} request -f - --wait", binary.display(), test.namespace);
        Program::new("sh").args(["-c", &script]).run().await?.ok()?;
        Ok(())
    });
}
