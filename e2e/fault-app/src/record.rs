//! What the application records of each call.

use std::{collections::BTreeMap, net::IpAddr};

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A line of the log.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Line {
    /// A call arrived.
    Call(Call),
    /// A call took effect, and is answered unless the script withholds that.
    Answer(Answered),
}

/// A call that reached the application.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Call {
    /// How many came before it.
    pub number: u64,
    /// When it arrived, in milliseconds since 1970.
    pub at: u64,
    /// Its method.
    pub method: String,
    /// Its path and query.
    pub path: String,
    /// Its JSON body, or null.
    pub body: Value,
    /// The address that was called.
    pub address: IpAddr,
    /// Who called, in the words of its `User-Agent`; may be empty.
    pub agent: String,
}

/// What became of a call.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Answered {
    /// Number of the call.
    pub number: u64,
    /// When it took effect and was answered, in milliseconds since 1970.
    pub at: u64,
    /// What the application did.
    pub effect: Effect,
    /// What was sent back to its end; none if nothing was, or if there is no end of it.
    pub said: Option<Said>,
}

/// What was sent back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Said {
    /// HTTP status.
    pub code: u16,
    /// Headers, with lower-case names.
    pub headers: BTreeMap<String, String>,
    /// Body.
    pub body: String,
}

/// What the application did on a call.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Effect {
    /// Nothing.
    #[default]
    None,
    /// It takes no new work.
    Drained {
        /// Epoch of the run that drained it.
        epoch: i64,
        /// When its lease runs out, in milliseconds since 1970.
        until: u64,
    },
    /// It works again.
    Resumed,
}

/// What the contract makes of a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Done {
    /// HTTP status to answer.
    pub code: u16,
    /// Body to answer.
    pub body: Value,
    /// What was done.
    pub effect: Effect,
}

impl Done {
    /// An answer without an effect.
    pub fn new(code: u16, body: Value) -> Self {
        Self { code, body, effect: Effect::None }
    }
}
