//! A gate is one upgrade: what it asks of whom never changes.

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use upgradegate_e2e::{Test, scenario};

use super::{create, dry_patch, minimal, refusal};

const NAME: &str = "gate";

/// A gate with every optional field, whose target nobody has: it ends at once, and stays.
fn full() -> Value {
    let mut gate = minimal();
    gate["spec"]["drain"] = json!({"http": {"path": "/drain", "port": "http"}});
    gate["spec"]["probe"]["ready"] = json!("true");
    gate
}

async fn refused(test: &Test, spec: Value, path: &str, field: &str) -> Result<()> {
    let message = refusal(dry_patch(test, NAME, spec.clone()).await).with_context(|| spec.to_string())?;
    ensure!(message.contains(path), "{spec}: the refusal does not name {path}: {message}");
    let sentence = format!("{field} is immutable: a gate is one upgrade; create another gate for another upgrade");
    ensure!(message.contains(&sentence), "{spec}: {message}");
    Ok(())
}

#[test]
fn what_is_asked_of_whom_never_changes() {
    scenario(async |test| {
        create(test, &full()).await?;
        for (spec, field) in [
            (json!({"targetRef": {"name": "other"}}), "targetRef"),
            (json!({"onMissingTarget": "Open"}), "onMissingTarget"),
            (json!({"probe": {"httpGet": {"path": "/other"}}}), "probe"),
            (json!({"probe": {"ready": "false"}}), "probe"),
            (json!({"probe": {"periodSeconds": 2}}), "probe"),
            (json!({"drain": {"http": {"path": "/other"}}}), "drain"),
            (json!({"drain": {"leaseSeconds": 61}}), "drain"),
            (json!({"minReady": "50%"}), "minReady"),
            (json!({"onDeadline": "Proceed"}), "onDeadline"),
            (json!({"progressSeconds": 601}), "progressSeconds"),
        ] {
            refused(test, spec, &format!("spec.{field}"), field).await?;
        }
        Ok(())
    });
}

/// A rule on the field alone is dodged by taking the field away and putting it back.
#[test]
fn trap_36_an_optional_field_can_neither_be_added_nor_removed() {
    scenario(async |test| {
        create(test, &full()).await?;
        refused(test, json!({"drain": null}), "spec.drain", "drain").await?;
        refused(test, json!({"probe": {"ready": null}}), "spec.probe", "probe").await?;
        // Those with a default come back by themselves: removing them is a change only if they had another value.
        for field in ["minReady", "onDeadline", "onMissingTarget", "progressSeconds"] {
            dry_patch(test, NAME, json!({field: null})).await.with_context(|| field.to_owned())?;
        }
        let mut bare = minimal();
        bare["metadata"]["name"] = json!("bare");
        create(test, &bare).await?;
        let drain = json!({"drain": {"http": {"path": "/drain", "port": "http"}}});
        let message = refusal(dry_patch(test, "bare", drain).await)?;
        ensure!(message.contains("spec.drain") && message.contains("drain is immutable"), "{message}");
        Ok(())
    });
}

#[test]
fn deadline_and_time_to_live_may_change() {
    scenario(async |test| {
        create(test, &full()).await?;
        dry_patch(test, NAME, json!({"deadlineSeconds": 600})).await?;
        dry_patch(test, NAME, json!({"ttlSecondsAfterFinished": 5})).await?;
        let patched = dry_patch(test, NAME, json!({"ttlSecondsAfterFinished": null})).await?;
        ensure!(patched.data.pointer("/spec/ttlSecondsAfterFinished").is_none());
        let message = refusal(dry_patch(test, NAME, json!({"deadlineSeconds": 0})).await)?;
        ensure!(message.contains("spec.deadlineSeconds"), "{message}");
        Ok(())
    });
}
