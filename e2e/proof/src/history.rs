//! What is recorded of a test.

use std::{
    collections::{BTreeMap, BTreeSet},
    net::IpAddr,
};

use jiff::Timestamp;
use k8s_openapi::api::{
    apps::v1::{Deployment, ReplicaSet},
    core::v1::Pod,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use upgradegate_crds::UpgradeGate;

/// All that was seen of one namespace, from before its first gate to after its last.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct History {
    /// What was seen, in the order in which it was seen. Calls need not be in order: they have times of their own.
    pub events: Vec<Event>,
    /// UIDs of the pods of which every call is recorded. Of any other pod the absence of a call says nothing.
    pub recorded: BTreeSet<String>,
    /// When the watch of gates began anew with a list, so that versions before that may be missing.
    #[serde(default)]
    pub gaps: Vec<Timestamp>,
}

/// Something that was seen.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Event {
    /// When it was seen: a little after it happened. Of a call: when it arrived at the member, by the member's clock.
    pub at: Timestamp,
    /// What it was.
    pub what: What,
}

/// What can be seen.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum What {
    /// A version of a gate.
    Gate {
        /// The gate; its last version if it is gone.
        gate: Box<UpgradeGate>,
        /// Whether it is gone.
        gone: bool,
    },
    /// A version of a Deployment.
    #[serde(rename_all = "camelCase")]
    Deployment {
        /// The Deployment; its last version if it is gone.
        deployment: Box<Deployment>,
        /// Whether it is gone.
        gone: bool,
    },
    /// A version of a ReplicaSet.
    #[serde(rename_all = "camelCase")]
    ReplicaSet {
        /// The ReplicaSet; its last version if it is gone.
        replica_set: Box<ReplicaSet>,
        /// Whether it is gone.
        gone: bool,
    },
    /// A version of a pod.
    Pod {
        /// The pod; its last version if it is gone.
        pod: Box<Pod>,
        /// Whether it is gone.
        gone: bool,
    },
    /// A call that a member got from the operator.
    Call(Box<Call>),
}

/// A call that reached a member.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Call {
    /// UID of the pod that got it.
    pub pod: String,
    /// The address that was called.
    pub address: IpAddr,
    /// HTTP method.
    pub method: String,
    /// Path and query.
    pub path: String,
    /// Body as JSON, or null.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub body: Value,
    /// What was sent back, to its end; `None`: nothing, or no end of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer: Option<Answer>,
    /// When it was sent back, or the connection broke instead: then the caller knows that nothing comes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answered: Option<Timestamp>,
    /// What the member did, whatever it answered.
    #[serde(default)]
    pub effect: Effect,
}

/// What a member sent back.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Answer {
    /// HTTP status.
    pub code: u16,
    /// Headers, with lower-case names.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub headers: BTreeMap<String, String>,
    /// Body, as text.
    pub body: String,
}

/// What a member did on a call.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Effect {
    /// Nothing.
    #[default]
    None,
    /// It takes no new work, from `at` on.
    Drained {
        /// When it did so.
        at: Timestamp,
        /// The epoch of the run that drained it.
        epoch: i64,
        /// When its lease runs out.
        until: Timestamp,
    },
    /// It works again, from `at` on.
    Resumed {
        /// When it did so.
        at: Timestamp,
    },
}
