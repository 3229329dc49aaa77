//! An operator outside the cluster, whose clock is not that of everybody else.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use k8s_openapi::api::{
    authentication::v1::{TokenRequest, TokenRequestSpec},
    core::v1::ServiceAccount,
};
use kube::{Api, Config, api::PostParams, config::KubeConfigOptions};
use serde_json::json;

use crate::{
    Test, env, operator,
    process::{Program, Running},
    wait,
};

/// An operator that runs beside the cluster for one namespace, with the rights of the one inside. It ends when this is dropped.
pub struct Shifted {
    running: Running,
    clock: PathBuf,
}

/// Installs what is needed to shift the clock of a process.
///
/// # Errors
/// If it cannot be installed.
pub async fn prepare() -> Result<()> {
    Program::new(env::checkout("e2e/cluster/packages.sh")).run().await?.ok().map(drop)
}

/// Starts an operator for the namespace of this test whose clock is so many seconds ahead, or behind if negative. Its monotonic clock,
/// which has nothing to do with the time of day, is right.
///
/// # Errors
/// If it was not built, or does not become ready.
pub async fn operator(test: &Test, seconds: i64) -> Result<Shifted> {
    let binary = env::target().join("debug/upgradegate-operator");
    ensure!(binary.exists(), "{} does not exist: run `cargo build -p upgradegate-operator`", binary.display());
    let clock = env::scratch()?.join(format!("{}.clock", test.namespace));
    set(&clock, seconds)?;
    let arguments = ["--namespace", &test.namespace, "--leader-election=false", "--listen=127.0.0.1:0"];
    let running = Program::new(binary)
        .args(arguments)
        .args(["--log-format=text"])
        .env("KUBECONFIG", kubeconfig(test).await?)
        .env("LD_PRELOAD", library()?)
        .env("FAKETIME_TIMESTAMP_FILE", &clock)
        .env("FAKETIME_NO_CACHE", "1")
        .env("FAKETIME_DONT_FAKE_MONOTONIC", "1")
        .spawn()?;
    let shifted = Shifted { running, clock };
    wait::eventually("acting", async || {
        ensure!(shifted.running.printed("this replica acts"), "it printed: {:?}", shifted.running.lines());
        Ok(())
    })
    .await?;
    Ok(shifted)
}

impl Shifted {
    /// Makes its clock jump.
    ///
    /// # Errors
    /// If the file that it reads cannot be written.
    pub fn jump(&self, seconds: i64) -> Result<()> {
        set(&self.clock, seconds)
    }
}

/// Replaced as a whole, for it is read at any time.
fn set(clock: &Path, seconds: i64) -> Result<()> {
    let new = clock.with_extension("new");
    std::fs::write(&new, format!("{seconds:+}\n"))?;
    std::fs::rename(&new, clock).with_context(|| format!("write {}", clock.display()))
}

/// The library that shifts the clock of a program with threads.
fn library() -> Result<PathBuf> {
    let folders = std::fs::read_dir("/usr/lib")?.flatten().map(|entry| entry.path());
    let mut found = folders.map(|folder| folder.join("faketime/libfaketimeMT.so.1")).filter(|path| path.exists());
    found.next().context("libfaketimeMT.so.1 is not there: install the package faketime")
}

/// A kubeconfig with a token of the operator's `ServiceAccount`.
async fn kubeconfig(test: &Test) -> Result<PathBuf> {
    let accounts = Api::<ServiceAccount>::namespaced(test.client.clone(), operator::NAMESPACE);
    let request = TokenRequest {
        spec: TokenRequestSpec { expiration_seconds: Some(3600), ..TokenRequestSpec::default() },
        ..TokenRequest::default()
    };
    let token = accounts.create_token_request(operator::OBJECT, &PostParams::default(), &request).await?;
    let token = token.status.context("no token was given")?.token;
    let server = Config::from_kubeconfig(&KubeConfigOptions::default()).await?.cluster_url.to_string();
    // To a slow clock the certificate of a young cluster is not valid yet; whom the test trusts is not its question.
    let cluster = json!({"server": server, "insecure-skip-tls-verify": true});
    let config = json!({
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "outside",
        "contexts": [{"name": "outside", "context": {"cluster": "outside", "user": "outside"}}],
        "clusters": [{"name": "outside", "cluster": cluster}],
        "users": [{"name": "outside", "user": {"token": token}}],
    });
    let path = env::scratch()?.join(format!("{}.kubeconfig", test.namespace));
    std::fs::write(&path, config.to_string())?;
    Ok(path)
}
