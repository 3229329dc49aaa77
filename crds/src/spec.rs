//! The spec of a gate: what is asked of whom, and for how long.

use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;
use kube::{CustomResource, KubeSchema};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Action, Drain, Probe, TargetRef, UpgradeGateStatus};

/// One upgrade of one target: created for an upgrade, it drains and probes every member of the target, opens when they
/// are ready, and stays for a while as the record of what happened.
///
/// Immutable but for `deadlineSeconds`, `action` and `ttlSecondsAfterFinished`: another upgrade is another gate.
#[derive(CustomResource, KubeSchema, Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[kube(
    group = "upgradegate.dev",
    version = "v1alpha1",
    kind = "UpgradeGate",
    plural = "upgradegates",
    shortname = "ug",
    category = "all",
    category = "upgradegate",
    namespaced,
    status = "UpgradeGateStatus",
    derive = "PartialEq",
    doc = "One upgrade of one target: drain, then upgrade. The gate makes an upgrade wait until every pod of the target says that it can be upgraded.",
    printcolumn(
        name = "Target",
        type_ = "string",
        json_path = ".spec.targetRef.name",
        description = "The workload that the gate guards"
    ),
    printcolumn(name = "Phase", type_ = "string", json_path = ".status.phase", description = "Where the run is"),
    printcolumn(
        name = "Ready",
        type_ = "string",
        json_path = ".status.pods.summary",
        description = "Members ready to be upgraded, of all that count"
    ),
    printcolumn(name = "Outcome", type_ = "string", json_path = ".status.outcome", description = "How the run ended"),
    printcolumn(name = "Age", type_ = "date", json_path = ".metadata.creationTimestamp"),
    printcolumn(
        name = "Deadline",
        type_ = "string",
        json_path = ".status.deadline",
        priority = 1,
        description = "When the gate gives up"
    ),
    printcolumn(
        name = "Message",
        type_ = "string",
        json_path = ".status.message",
        priority = 1,
        description = "What is going on, in a sentence"
    )
)]
#[x_kube(
    validation = immutable("targetRef"),
    validation = immutable("onMissingTarget"),
    validation = immutable("probe"),
    validation = Rule::new("has(self.drain) == has(oldSelf.drain) && (!has(self.drain) || self.drain == oldSelf.drain)").message(immutable_message("drain").as_str()).field_path(".drain"),
    validation = immutable("minReady"),
    validation = immutable("onDeadline"),
    validation = immutable("progressSeconds"),
    validation = Rule::new(ACTION_LADDER).message("an action moves only forward: Open, then Finish, then Cancel; it can't be taken back").field_path(".action"),
    validation = Rule::new("!has(self.drain) || self.drain.leaseSeconds >= 3 * self.probe.timeoutSeconds").message("must be at least three times probe.timeoutSeconds, or a slow answer lets the drain run out").field_path(".drain.leaseSeconds")
)]
pub struct UpgradeGateSpec {
    /// The workload that the gate guards, in the same namespace.
    pub target_ref: TargetRef,

    /// What to do when the target does not exist: `Fail` (the default) ends the gate as TargetNotFound, `Open` opens it (the
    /// first sync of a GitOps tool).
    #[serde(default)]
    pub on_missing_target: OnMissingTarget,

    /// The question to every member: are you ready to be upgraded?
    pub probe: Probe,

    /// How members are told to take no new work. Without it they are only asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub drain: Option<Drain>,

    /// Quorum: how many members must be ready for the gate to open, as a percentage (rounded up, such as 75%) or a number (such as 3). A
    /// number above the count of members means all of them. Default 100%.
    #[serde(default = "all")]
    #[x_kube(validation = Rule::new("type(self) == int ? self >= 1 : self.matches('^(100|[1-9][0-9]?)%$')").message("must be a number from 1, or a percentage from 1% to 100%"))]
    pub min_ready: IntOrString,

    /// Seconds from the gate's creation until it must be open. With Helm: less than its --timeout (the chart computes it).
    #[schemars(range(min = 1, max = 2_592_000))]
    pub deadline_seconds: u32,

    /// What happens at the deadline: `Fail` (the default) ends the gate and resumes every member, `Proceed` opens it all the same.
    #[serde(default)]
    pub on_deadline: OnDeadline,

    /// Once open and used: seconds that the rollout may go without progress before the gate ends as RolloutFailed. 1 to 86400,
    /// default 600.
    #[serde(default = "ten_minutes")]
    #[schemars(range(min = 1, max = 86_400))]
    pub progress_seconds: u32,

    /// Seconds after its end when the gate is deleted. Without it the gate stays, as a Job does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0, max = 31_536_000))]
    pub ttl_seconds_after_finished: Option<u32>,

    /// An order to the gate: open now, finish, or cancel. It moves only forward.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub action: Option<Action>,
}

/// What to do when the target does not exist.
#[derive(JsonSchema, Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum OnMissingTarget {
    /// End the gate as `TargetNotFound`.
    #[default]
    Fail,
    /// Open the gate: there is nothing to drain yet.
    Open,
}

/// What happens at the deadline.
#[derive(JsonSchema, Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum OnDeadline {
    /// End the gate as `DeadlineExceeded` and resume every member.
    #[default]
    Fail,
    /// Open the gate all the same.
    Proceed,
}

/// A ladder: a write-once rule would leave a gate that was opened by hand without a way to be finished or cancelled.
const ACTION_LADDER: &str = "!has(oldSelf.action) || (has(self.action) && (self.action == oldSelf.action || [oldSelf.action.type, self.action.type] in [['Open', 'Finish'], ['Open', 'Cancel'], ['Finish', 'Cancel']]))";

fn immutable(field: &str) -> kube::core::Rule {
    kube::core::Rule::new(format!("self.{field} == oldSelf.{field}"))
        .message(immutable_message(field).as_str())
        .field_path(format!(".{field}"))
}

fn immutable_message(field: &str) -> String {
    format!("{field} is immutable: a gate is one upgrade; create another gate for another upgrade")
}

fn all() -> IntOrString {
    IntOrString::String("100%".into())
}

fn ten_minutes() -> u32 {
    600
}
