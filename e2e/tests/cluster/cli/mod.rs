//! The CLI as a person, a script and a hook use it.

mod orders;
mod refusals;
mod requests;
mod waits;

use anyhow::Result;
use upgradegate_crds::UpgradeGate;
use upgradegate_e2e::{GateBuilder, Test, cli, env, process::Ended};

/// Writes gates into a file of the test, as YAML documents, and returns its path.
fn file(test: &Test, gates: impl IntoIterator<Item = GateBuilder>) -> Result<String> {
    let documents: Vec<UpgradeGate> = gates.into_iter().map(GateBuilder::build).collect();
    let content = documents.iter().map(serde_saphyr::to_string).collect::<Result<Vec<_>, _>>()?.join("---\n");
    let path = env::scratch()?.join(format!("{}.yaml", test.namespace));
    std::fs::write(&path, content)?;
    Ok(path.to_string_lossy().into_owned())
}

/// Runs the CLI in the test's namespace.
async fn run(test: &Test, args: &[&str]) -> Result<Ended> {
    cli::command(test, args)?.run().await
}
