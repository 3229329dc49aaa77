//! Orders that a person or a hook gives to a gate.

use kube::KubeSchema;
use serde::{Deserialize, Serialize};

/// An order to the gate. It moves only forward: `Open`, then `Finish`, then `Cancel`.
#[derive(KubeSchema, Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = Rule::new("self.type != 'Open' || (has(self.reason) && self.reason.size() > 0)").message("Open needs a reason: it lets the upgrade through although the application did not agree").field_path(".reason"))]
pub struct Action {
    /// What to do. `Open` lets the upgrade through now (break-glass); `Finish` says that the upgrade is over;
    /// `Cancel` calls the upgrade off and resumes every drained member.
    #[serde(rename = "type")]
    pub type_: ActionType,

    /// Why, in a sentence. Required for `Open`; it is kept in the status as the record.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 512))]
    pub reason: Option<String>,
}

/// What an action orders, in the only order in which it may change.
#[derive(schemars::JsonSchema, Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum ActionType {
    /// Break-glass: open now, whatever the members say.
    Open,
    /// The upgrade is over.
    Finish,
    /// The upgrade is called off.
    Cancel,
}
