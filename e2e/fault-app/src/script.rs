//! What the application answers.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// How the application behaves. The default is an idle application that keeps the contract.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct Script {
    /// Works on something: not ready to be upgraded.
    pub busy: bool,
    /// Is ready to be upgraded only while it is drained.
    pub ready_only_drained: bool,
    /// Milliseconds for which the application goes on after SIGTERM.
    pub linger_millis: u64,
    /// What `GET /readyz` says.
    pub readiness: Readiness,
    /// The answer to `GET /upgradeable`.
    pub probe: Reply,
    /// The answer to `POST /drain`.
    pub drain: Reply,
    /// The answer to `DELETE /drain`.
    pub resume: Reply,
}

/// When the application is ready for traffic, in the words of Kubernetes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Readiness {
    /// Always.
    #[default]
    Always,
    /// Except while drained.
    UnlessDrained,
    /// Never.
    Never,
}

/// An answer that differs from the contract.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct Reply {
    /// Status code; a drain or resume answered with one other than 2xx has no effect. Absent: as the contract says.
    pub status: Option<u16>,
    /// Headers on top of the usual ones.
    pub headers: BTreeMap<String, String>,
    /// What follows the headers.
    pub body: Body,
    /// Milliseconds until the call takes effect and is answered, also if the caller is gone by then.
    pub late_millis: u64,
}

/// What follows the headers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Body {
    /// The JSON of the contract.
    #[default]
    Contract,
    /// This text.
    Text(String),
    /// These bytes, which need not be text.
    Binary(Vec<u8>),
    /// So many bytes.
    Bytes(u64),
    /// One byte each so many milliseconds, without end.
    TrickleMillis(u64),
    /// Nothing at all, not even the headers.
    Hang,
}

impl Script {
    /// Merges a JSON merge patch (RFC 7386) into the script.
    ///
    /// # Errors
    /// If the result is no script; the script is then unchanged.
    pub fn merge(&mut self, patch: &Value) -> Result<(), serde_json::Error> {
        let mut whole = serde_json::to_value(&*self)?;
        merge(&mut whole, patch);
        *self = serde_json::from_value(whole)?;
        Ok(())
    }
}

fn merge(target: &mut Value, patch: &Value) {
    let Value::Object(patch) = patch else {
        *target = patch.clone();
        return;
    };
    if !target.is_object() {
        *target = Value::Object(serde_json::Map::new());
    }
    if let Value::Object(target) = target {
        for (key, value) in patch {
            if value.is_null() {
                target.remove(key);
            } else {
                merge(target.entry(key).or_insert(Value::Null), value);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_patch_changes_what_it_names_and_no_more() {
        let mut script = Script::default();
        script.merge(&json!({"busy": true, "probe": {"status": 500}})).unwrap();
        script.merge(&json!({"probe": {"body": {"text": "no"}}})).unwrap();
        assert!(script.busy);
        assert_eq!(script.probe.status, Some(500));
        assert_eq!(script.probe.body, Body::Text("no".into()));
        script.merge(&json!({"probe": null})).unwrap();
        assert_eq!(script.probe, Reply::default());
    }

    #[test]
    fn an_unknown_word_is_refused() {
        let mut script = Script::default();
        assert!(script.merge(&json!({"bussy": true})).is_err());
        assert_eq!(script, Script::default());
    }
}
