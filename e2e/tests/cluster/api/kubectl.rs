//! Gates as a person with kubectl sees them.

use anyhow::{Result, ensure};
use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kube::{
    Api,
    api::{Patch, PatchParams},
};
use serde_json::{Value, json};
use upgradegate_crds::Outcome;
use upgradegate_e2e::{
    GateBuilder, Test, cli, env, is,
    process::{Ended, Program},
    scenario,
};

use super::dry_create;

async fn kubectl(test: &Test, args: &[&str]) -> Result<Ended> {
    cli::kubectl(test, args).run().await?.ok()
}

#[test]
fn columns_short_name_and_categories() {
    scenario(async |test| {
        let gate = GateBuilder::new("nobody").create(test).await?;
        gate.until(is::finished(Outcome::TargetNotFound)).await?;
        let narrow = kubectl(test, &["get", "ug"]).await?.stdout();
        let head: Vec<&str> = narrow.lines().next().unwrap_or_default().split_whitespace().collect();
        ensure!(head == ["NAME", "TARGET", "PHASE", "READY", "OUTCOME", "AGE"], "{narrow}");
        ensure!(narrow.contains("nobody") && narrow.contains("TargetNotFound"), "{narrow}");
        let wide = kubectl(test, &["get", "upgradegate", "-o", "wide"]).await?.stdout();
        ensure!(wide.contains("DEADLINE") && wide.contains("MESSAGE"), "{wide}");
        kubectl(test, &["get", "all"]).await?.says("upgradegate.upgradegate.dev/gate")?;
        kubectl(test, &["describe", "ug", "gate"]).await?.says("TargetNotFound")?;
        Ok(())
    });
}

#[test]
fn explain_has_a_text_for_every_field() {
    scenario(async |test| {
        for field in ["", ".spec", ".spec.probe", ".spec.drain", ".spec.action", ".status", ".status.members"] {
            let explained = kubectl(test, &["explain", &format!("upgradegates{field}")]).await?.stdout();
            ensure!(!explained.contains("<no description>"), "{explained}");
        }
        kubectl(test, &["explain", "ug.spec.deadlineSeconds"]).await?.says("Seconds from the gate's creation")?;
        Ok(())
    });
}

#[test]
fn the_definition_of_the_checkout_is_the_one_that_is_served() {
    scenario(async |test| {
        let definitions = Api::<CustomResourceDefinition>::all(test.client.clone());
        let file = std::fs::read_to_string(env::checkout("crds/upgradegates.yaml"))?;
        let file: Value = serde_saphyr::from_str(&file)?;
        let name = file["metadata"]["name"].as_str().unwrap_or_default();
        let params = PatchParams { dry_run: true, ..PatchParams::apply("upgradegate-e2e").force() };
        let applied = definitions.patch(name, &params, &Patch::Apply(&file)).await?;
        let served = definitions.get(name).await?;
        ensure!(applied.spec == served.spec, "the cluster serves another definition than crds/upgradegates.yaml");
        Ok(())
    });
}

/// The operator without Helm: every object of it is taken by the API server.
#[test]
fn the_operator_without_helm_can_be_applied() {
    scenario(async |_| {
        let config = env::checkout("config");
        let apply = Program::new(env::kubectl()).args(["apply", "--dry-run=server", "-k"]).args([config]);
        apply.run().await?.ok()?.says("deployment.apps/upgradegate-operator")?;
        Ok(())
    });
}

/// Names that the server makes up do not go with apply: what is documented to be applied has a name.
#[test]
fn trap_37_samples_have_names_and_are_valid() {
    scenario(async |test| {
        let samples = env::checkout("config/samples");
        let mut count = 0;
        for entry in std::fs::read_dir(&samples)? {
            let text = std::fs::read_to_string(entry?.path())?;
            for document in text.split("\n---").filter(|document| document.contains("\nkind: UpgradeGate")) {
                let mut gate: Value = serde_saphyr::from_str(document)?;
                ensure!(gate["metadata"]["name"].is_string(), "{gate} has no name");
                gate["metadata"]["namespace"] = json!(test.namespace);
                dry_create(test, &gate).await?;
                count += 1;
            }
        }
        ensure!(count > 0, "no sample of a gate in {}", samples.display());
        Ok(())
    });
}
