//! Small questions to a gate that several parts ask.

use std::fmt;

use kube::ResourceExt;
use serde::Serialize;
use upgradegate_crds::{Outcome, UpgradeGate, UpgradeGateStatus};

/// Where a gate is found.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key {
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
}

impl Key {
    /// The key of a gate that has a name and a namespace.
    pub fn of(gate: &UpgradeGate) -> Self {
        Key { namespace: gate.namespace().unwrap_or_default(), name: gate.name_any() }
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} in namespace {}", title(&self.name), self.namespace)
    }
}

/// How messages call a gate: `gate/NAME`.
pub fn title(name: &str) -> String {
    format!("gate/{name}")
}

/// How kubectl calls a gate when something was done to it: `upgradegate.upgradegate.dev/NAME`.
pub fn resource(name: &str) -> String {
    format!("upgradegate.upgradegate.dev/{name}")
}

/// The status, once an operator wrote one.
pub fn answered(gate: &UpgradeGate) -> Option<&UpgradeGateStatus> {
    gate.status.as_ref().filter(|status| status.observed_generation >= 0)
}

/// How the run ended, if it did.
pub fn outcome(gate: &UpgradeGate) -> Option<Outcome> {
    gate.status.as_ref()?.outcome
}

/// Whether somebody deleted the gate and it is only held by its finalizer.
pub fn is_being_deleted(gate: &UpgradeGate) -> bool {
    gate.metadata.deletion_timestamp.is_some()
}

/// The word that the API uses for a value such as a phase or an outcome.
pub fn word(value: impl Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(word)) => word,
        _ => String::new(),
    }
}
