//! The ladder of actions: Open, then Finish, then Cancel.

use anyhow::{Context, ensure};
use serde_json::{Value, json};
use upgradegate_e2e::scenario;

use super::{create, dry_patch, minimal, refusal};

fn action(type_: &str) -> Value {
    json!({"action": {"type": type_, "reason": "the test says so"}})
}

/// Write-once would leave a gate that was opened by hand without a way to be finished or cancelled.
#[test]
fn trap_26_an_action_moves_only_forward() {
    const LADDER: [&str; 3] = ["Open", "Finish", "Cancel"];
    scenario(async |test| {
        for (rank, old) in LADDER.iter().enumerate() {
            let name = old.to_lowercase();
            let mut gate = minimal();
            gate["metadata"]["name"] = json!(name);
            gate["spec"]["action"] = action(old)["action"].clone();
            create(test, &gate).await?;
            dry_patch(test, &name, action(old)).await.context("the same again")?;
            for (next_rank, next) in LADDER.iter().enumerate().filter(|(next, _)| *next != rank) {
                let patched = dry_patch(test, &name, action(next)).await;
                if next_rank > rank {
                    patched.with_context(|| format!("{old} to {next}"))?;
                } else {
                    let message = refusal(patched).with_context(|| format!("{old} to {next}"))?;
                    ensure!(message.contains("spec.action"), "{message}");
                    ensure!(message.contains("moves only forward: Open, then Finish, then Cancel"), "{message}");
                }
            }
            for change in [json!({"action": null}), json!({"action": {"reason": "another"}})] {
                let message = refusal(dry_patch(test, &name, change).await)?;
                ensure!(message.contains("can't be taken back"), "{message}");
            }
        }
        Ok(())
    });
}

#[test]
fn a_gate_without_an_action_takes_any() {
    scenario(async |test| {
        create(test, &minimal()).await?;
        for type_ in ["Open", "Finish", "Cancel"] {
            dry_patch(test, "gate", action(type_)).await.with_context(|| type_.to_owned())?;
        }
        dry_patch(test, "gate", json!({"action": {"type": "Cancel"}})).await.context("only Open needs a reason")?;
        Ok(())
    });
}
