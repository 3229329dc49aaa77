//! What is known at one moment: the only input of [`super::decide`].

use std::sync::Arc;

use jiff::Timestamp;
use upgradegate_crds::UpgradeGate;

use super::Member;

/// Everything that a decision may depend on.
#[derive(Clone, Debug)]
pub struct Observation {
    /// The moment of the observation.
    pub now: Timestamp,
    /// The gate, as it is stored.
    pub gate: Arc<UpgradeGate>,
    /// The other gates of the same target, finished ones among them.
    pub rivals: Vec<Arc<UpgradeGate>>,
    /// The target.
    pub target: Target,
    /// Its members.
    pub members: Members,
}

/// What is known of the target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// Nothing yet: not asked, or no answer.
    Unknown,
    /// It does not exist.
    Missing,
    /// It exists.
    Present(Workload),
}

/// The target as it stands, in what any workload has in common.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Workload {
    /// UID of the object.
    pub uid: String,
    /// Hash of its pod template, see [`super::template_hash`].
    pub template: String,
    /// `metadata.generation`.
    pub generation: i64,
    /// `status.observedGeneration`: counts of an older generation say nothing.
    pub observed_generation: i64,
    /// Pods that it wants.
    pub desired: i32,
    /// Pods of the wanted template.
    pub updated: i32,
    /// Pods of any template.
    pub current: i32,
    /// Available pods.
    pub available: i32,
    /// When it last came to the verdict that its rollout failed, if that verdict stands.
    pub failed_since: Option<Timestamp>,
}

/// The members, and whether that is all of them.
#[derive(Clone, Debug, Default)]
pub struct Members {
    /// Those that are known, by UID; also pods that were drained as members and have left the target since.
    pub known: Vec<Member>,
    /// Whether the lists of members are whole. Until then nothing may be concluded from who is missing.
    pub whole: bool,
    /// Whether every member was heard once since the operator (re)started. Until then nothing may be concluded from who is silent.
    pub heard: bool,
}
