//! The API of `UpgradeGate`: `upgradegate.dev/v1alpha1`.
//!
//! One gate is one upgrade of one target. The types here are the single source of the schema: `crdgen` prints
//! the [`crd`] as the YAML that users apply, and every doc comment on a field is its `kubectl explain` text.

mod action;
mod crd;
mod probe;
// Printer columns repeat `type_`, which the lint takes for a duplicate.
#[allow(clippy::duplicated_attributes)]
mod spec;
mod status;
mod target;

pub use action::{Action, ActionType};
pub use crd::{crd, to_yaml};
pub use probe::{Drain, DrainHttp, HttpGet, Probe, Scheme};
pub use spec::{OnDeadline, OnMissingTarget, UpgradeGate, UpgradeGateSpec};
pub use status::{
    ActedOn, MemberState, MemberStatus, OpenedBy, OpenedByType, Outcome, Phase, PodCounts, RolloutCounts, TargetStatus,
    UpgradeGateStatus,
};
pub use target::TargetRef;

/// Finalizer of the operator: on a gate from its first drain until every drained member is back at work.
pub const FINALIZER: &str = "upgradegate.dev/resume";

/// Annotation that holds the gate's own UID, written before the first drain. A gate that carries another UID was
/// restored from a backup and ends as `Expired`.
pub const UID_ANNOTATION: &str = "upgradegate.dev/uid";

/// Label that holds the Helm release a gate belongs to: how `finish` finds the gates of its release.
pub const RELEASE_LABEL: &str = "upgradegate.dev/release";

/// The conditions of a gate.
pub mod condition {
    /// `True` exactly while the gate is open.
    pub const READY: &str = "Ready";
    /// `True` once the run ended well.
    pub const COMPLETE: &str = "Complete";
    /// `True` once the run ended badly.
    pub const FAILED: &str = "Failed";
    /// `True` together with `Failed`: what kstatus reads as a failure.
    pub const STALLED: &str = "Stalled";
}
