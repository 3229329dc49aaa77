//! What cannot be done, in words: what happened, to which object, what to do.

use anyhow::{Context, Result, ensure};
use k8s_openapi::api::{authentication::v1::TokenRequest, core::v1::ServiceAccount};
use kube::{Config, api::PostParams, config::KubeConfigOptions};
use serde_json::{Value, json};
use upgradegate_crds::Outcome;
use upgradegate_e2e::{GateBuilder, Test, cli, env, is, phases, scenario};

use super::{file, run};

#[test]
fn a_missing_target_is_refused_with_its_outcome() {
    scenario(async |test| {
        let file = file(test, [GateBuilder::new("nobody")])?;
        let ended = run(test, &["request", "-f", &file, "--wait"]).await?.exits(1)?;
        ended.says("TargetNotFound")?.says("Deployment nobody")?;
        Ok(())
    });
}

#[test]
fn a_deadline_is_refused_with_the_blockers() {
    scenario(async |test| {
        let app = phases::app()?.script(&json!({"busy": true})).deploy(test).await?;
        let file = file(test, [phases::builder().deadline(5)])?;
        let ended = run(test, &["request", "-f", &file, "--wait"]).await?.exits(1)?;
        let blocker = app.names().await?.remove(0);
        ended.says("DeadlineExceeded")?.says(&blocker)?.says("1 operation running")?;
        app.until_resumed().await
    });
}

#[test]
fn a_bad_manifest_is_bad_usage() {
    scenario(async |test| {
        let path = env::scratch()?.join(format!("{}-bad.yaml", test.namespace));
        let path_text = path.to_string_lossy().into_owned();
        for (text, words) in [
            ("kind: [", "yaml"),
            ("", "no "),
            ("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\n", "ConfigMap"),
            ("apiVersion: upgradegate.dev/v1alpha1\nkind: UpgradeGate\nmetadata: {name: x}\nspec: {}\n", "spec"),
        ] {
            std::fs::write(&path, text)?;
            let ended = run(test, &["request", "-f", &path_text]).await?.exits(2)?;
            let said = ended.stderr().to_lowercase();
            ensure!(said.contains("error: ") && said.contains(&words.to_lowercase()), "{text:?}: {said}");
        }
        run(test, &["request", "-f", "/nonexistent.yaml"]).await?.exits(2)?.says("/nonexistent.yaml")?;
        run(test, &["request", "--env", "NO_SUCH_VARIABLE"]).await?.exits(2)?.says("NO_SUCH_VARIABLE")?;
        run(test, &["request"]).await?.exits(2)?;
        ensure!(test.gates.all().is_empty());
        Ok(())
    });
}

#[test]
fn what_the_api_server_refuses_is_told_with_its_path() {
    scenario(async |test| {
        let file = file(test, [GateBuilder::new("app").min_ready("101%")])?;
        run(test, &["request", "-f", &file]).await?.exits(2)?.says("spec.minReady")?.says("must be a number from 1")?;
        Ok(())
    });
}

#[test]
fn a_name_that_is_taken_is_refused() {
    scenario(async |test| {
        let gate = GateBuilder::new("nobody").create(test).await?;
        gate.until(is::finished(Outcome::TargetNotFound)).await?;
        let file = file(test, [GateBuilder::new("nobody")])?;
        run(test, &["request", "-f", &file]).await?.exits(2)?.says("already exists")?;
        Ok(())
    });
}

/// A kubeconfig for a service account that may do nothing.
async fn powerless(test: &Test) -> Result<String> {
    let token = TokenRequest::default();
    let token = test.api::<ServiceAccount>().create_token_request("default", &PostParams::default(), &token).await?;
    let token = token.status.context("no token")?.token;
    let config = Config::from_kubeconfig(&KubeConfigOptions::default()).await?;
    let path = env::scratch()?.join(format!("{}.kubeconfig", test.namespace));
    let content = json!({
        "apiVersion": "v1", "kind": "Config", "current-context": "c",
        "clusters": [{"name": "c", "cluster": {"server": config.cluster_url.to_string(), "insecure-skip-tls-verify": true}}],
        "users": [{"name": "u", "user": {"token": token}}],
        "contexts": [{"name": "c", "context": {"cluster": "c", "user": "u"}}],
    });
    std::fs::write(&path, content.to_string())?;
    Ok(path.to_string_lossy().into_owned())
}

#[test]
fn what_is_not_allowed_is_told_with_the_permission_that_lacks() {
    scenario(async |test| {
        let kubeconfig = powerless(test).await?;
        let file = file(test, [GateBuilder::new("app")])?;
        for args in [vec!["request", "-f", &file], vec!["wait", "gate"], vec!["cancel", "gate"], vec!["status"]] {
            let ended = cli::command(test, &args)?.env("KUBECONFIG", &kubeconfig).run().await?.exits(2)?;
            let said = ended.stderr();
            ensure!(said.contains("error: ") && said.contains("upgradegates"), "{args:?}: {said}");
            ensure!(said.contains("forbidden") || said.contains("not allowed"), "{args:?}: {said}");
        }
        Ok(())
    });
}

/// An API server answers so when the CustomResourceDefinition is not there: 404, and no word about gates.
#[test]
fn a_missing_api_is_told_with_how_to_install_it() {
    scenario(async |test| {
        let mut kubeconfig: Value = serde_saphyr::from_str(&std::fs::read_to_string(env::var("KUBECONFIG")?)?)?;
        let server = &mut kubeconfig["clusters"][0]["cluster"]["server"];
        *server = json!(format!("{}/elsewhere", server.as_str().context("no server")?));
        let path = env::scratch()?.join(format!("{}.kubeconfig", test.namespace));
        std::fs::write(&path, kubeconfig.to_string())?;
        let file = file(test, [GateBuilder::new("app")])?;
        for args in [vec!["request", "-f", &file], vec!["status"]] {
            let ended = cli::command(test, &args)?.env("KUBECONFIG", &path).run().await?.exits(2)?;
            let said = ended.stderr();
            ensure!(said.contains("error: ") && said.contains("install"), "{args:?}: {said}");
        }
        Ok(())
    });
}

#[test]
fn no_cluster_is_told_with_how_to_name_one() {
    scenario(async |test| {
        let ended = cli::command(test, &["status"])?.env("KUBECONFIG", "/nonexistent").run().await?.exits(2)?;
        ended.says("KUBECONFIG")?;
        Ok(())
    });
}
