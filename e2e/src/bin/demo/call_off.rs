//! What Ctrl-C does to an upgrade that waits.

use anyhow::Result;
use k8s_openapi::api::batch::v1::Job;
use kube::{
    Api, ResourceExt,
    api::{DeleteParams, ListParams, Patch, PatchParams},
};
use serde_json::json;
use upgradegate_crds::{RELEASE_LABEL, UpgradeGate};
use upgradegate_e2e::{connect, is};

use crate::stage::NAME;

/// Cancels the gates that run, so that all pods work again, and ends the hook, which may be about to make one. Returns how
/// many gates ran.
///
/// # Errors
/// If the cluster refuses it.
pub async fn call_off() -> Result<usize> {
    let client = connect().await?;
    let gates = Api::<UpgradeGate>::namespaced(client.clone(), NAME);
    let cancel = Patch::Merge(json!({"spec": {"action": {"type": "Cancel", "reason": "the demo was interrupted"}}}));
    let mut cancelled = 0;
    for gate in gates.list(&ListParams::default()).await?.items.iter().filter(|gate| !is::over().holds(gate)) {
        gates.patch(&gate.name_any(), &PatchParams::default(), &cancel).await?;
        cancelled += 1;
    }
    let hooks = ListParams::default().labels(&format!("{RELEASE_LABEL}={NAME}"));
    Api::<Job>::namespaced(client, NAME).delete_collection(&DeleteParams::background(), &hooks).await?;
    Ok(cancelled)
}
