//! The status of a gate: the record of its run. It holds points in time, never durations, so nothing is written only
//! because time passed.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::{Condition, Time};
use kube::KubeSchema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::ActionType;

/// What the operator knows and did.
#[derive(KubeSchema, Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UpgradeGateStatus {
    /// Generation of the spec that this status answers. -1 until the operator saw the gate.
    #[serde(default = "unseen")]
    pub observed_generation: i64,

    /// Where the run is: `Waiting` (for an older gate), `Draining`, `Open`, `RollingOut`, `Resuming`, `Finished`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phase: Option<Phase>,

    /// How the run ended; set once. Good: `Completed` (rolled out), `Unchanged` (no new template came). Bad before it was open:
    /// `DeadlineExceeded`, `Cancelled`, `Superseded` (a newer gate took over), `Expired` (first seen after its deadline), `Bypassed` (a new
    /// template came all the same), `Invalid`, `TargetNotFound`. Bad after: `NotUsed` (nobody came), `RolledBack`, `RolloutFailed`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<Outcome>,

    /// What is going on, in a sentence.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub message: String,

    /// Number of this run, sent with every drain. It grows from gate to gate of a target.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub epoch: Option<i64>,

    /// The target as it was when the run began.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<TargetStatus>,

    /// When the operator began the run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started_at: Option<Time>,

    /// When the gate must be open.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deadline: Option<Time>,

    /// When the gate first opened.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub opened_at: Option<Time>,

    /// What opened it, as of the last time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub opened_by: Option<OpenedBy>,

    /// Until when an open gate waits for the upgrade to come.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub open_until: Option<Time>,

    /// When the rollout counts as failed if it makes no progress before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub progress_deadline: Option<Time>,

    /// Until when members are told to resume; after it their drain is over by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resume_until: Option<Time>,

    /// When the run was over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finished_at: Option<Time>,

    /// The last action that the operator acted on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub action: Option<ActedOn>,

    /// The rollout, once a new template came.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rollout: Option<RolloutCounts>,

    /// Counts over all members.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pods: Option<PodCounts>,

    /// Members, those that hold the gate first; at most 10. The counts in `pods` are always whole.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 10))]
    #[x_kube(merge_strategy = ListMerge::Map(vec!["uid".into()]))]
    pub members: Vec<MemberStatus>,

    /// `Ready` while the gate is open; `Complete` or `Failed` once the run ended; `Stalled` together with `Failed`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[x_kube(merge_strategy = ListMerge::Map(vec!["type".into()]))]
    pub conditions: Vec<Condition>,
}

fn unseen() -> i64 {
    -1
}

/// Where a run is.
#[derive(JsonSchema, Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Phase {
    /// An older gate of the target is not finished yet.
    Waiting,
    /// Members are drained and probed.
    Draining,
    /// The upgrade may come.
    Open,
    /// The upgrade came; the target rolls out.
    RollingOut,
    /// The outcome is known; drained members are put back to work.
    Resuming,
    /// The run is over.
    Finished,
}

/// How a run ended.
#[derive(JsonSchema, Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Outcome {
    /// The target rolled out.
    Completed,
    /// The upgrade was over and brought no new template.
    Unchanged,
    /// The deadline passed before the gate was open.
    DeadlineExceeded,
    /// Called off by an action, or by deleting the gate.
    Cancelled,
    /// A newer gate of the same target took over.
    Superseded,
    /// First seen after its deadline, or restored from a backup.
    Expired,
    /// A new template came though the gate had never been open.
    Bypassed,
    /// The spec can't be run.
    Invalid,
    /// The target does not exist.
    TargetNotFound,
    /// The gate was open, and nobody came.
    NotUsed,
    /// The target went back to its baseline.
    RolledBack,
    /// The rollout failed or made no progress.
    RolloutFailed,
}

impl Outcome {
    /// Whether the run ended well.
    pub fn is_good(self) -> bool {
        matches!(self, Outcome::Completed | Outcome::Unchanged)
    }
}

/// The target as it was when the run began.
#[derive(JsonSchema, Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct TargetStatus {
    /// UID of the target; empty when it did not exist.
    pub uid: String,
    /// Hash of its pod template: how a new one is recognised.
    pub baseline: String,
}

/// What opened the gate.
#[derive(JsonSchema, Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OpenedBy {
    /// Kind of the cause.
    #[serde(rename = "type")]
    pub type_: OpenedByType,
    /// The reason that the action gave.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// Kind of the cause that opened a gate.
#[derive(JsonSchema, Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum OpenedByType {
    /// The quorum of members is ready.
    Quorum,
    /// The target has no members that could hold it.
    NoMembers,
    /// The deadline passed, and `onDeadline` is `Proceed`.
    Deadline,
    /// The action `Open`.
    Action,
}

/// An action that the operator acted on.
#[derive(JsonSchema, Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ActedOn {
    /// What was ordered.
    #[serde(rename = "type")]
    pub type_: ActionType,
    /// Why, as the action said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// When the operator acted on it.
    pub at: Time,
}

/// The rollout in counts, as the target reports them.
#[derive(JsonSchema, Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct RolloutCounts {
    /// Pods that the target wants.
    pub desired: i32,
    /// Pods of the new template.
    pub updated: i32,
    /// Pods of the new template and of older ones.
    pub current: i32,
    /// Pods that are available.
    pub available: i32,
    /// Pods of older templates that are terminating.
    pub terminating: i32,
}

/// Counts over all members.
#[derive(JsonSchema, Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PodCounts {
    /// Members ready, of those that count: `2/3`.
    pub summary: String,
    /// Members that count for the quorum: running, and not terminating.
    pub total: u32,
    /// Members that must be ready for the gate to open.
    pub required: u32,
    /// Members that have not acknowledged the drain yet.
    pub draining: u32,
    /// Members ready to be upgraded.
    pub ready: u32,
    /// Members that answer that they are not ready.
    pub busy: u32,
    /// Members that do not answer, or not in a way that can be understood.
    pub unreachable: u32,
}

/// A member and what is known of it.
#[derive(JsonSchema, Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct MemberStatus {
    /// Name of the pod.
    pub name: String,
    /// UID of the pod.
    pub uid: String,
    /// What it is doing: `Draining` (not acknowledged yet), `Busy`, `Ready`, or `Unreachable` (no usable answer).
    pub state: MemberState,
    /// Since when it does that.
    pub since: Time,
    /// What it said, or why it can't be understood; on one line and cut.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub message: String,
}

/// What a member is doing.
#[derive(JsonSchema, Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum MemberState {
    /// It does not answer, or not in a way that can be understood.
    Unreachable,
    /// It has not acknowledged the drain yet.
    Draining,
    /// It answers that it is not ready.
    Busy,
    /// It is ready to be upgraded.
    Ready,
}
