//! Gates and their history, as an API server keeps them.

use std::collections::BTreeMap;

use serde_json::{Value, json};

#[derive(Default)]
pub struct Store {
    gates: BTreeMap<String, Value>,
    /// Every change, in order; its version is its place, from 1.
    pub history: Vec<(&'static str, Value)>,
    created: usize,
}

impl Store {
    /// None if the name is taken.
    pub fn create(&mut self, mut gate: Value) -> Option<Value> {
        let name = gate["metadata"]["name"].as_str()?.to_owned();
        if self.gates.contains_key(&name) {
            return None;
        }
        self.created += 1;
        gate["metadata"]["uid"] = json!(format!("uid-{}", self.created));
        gate["metadata"]["generation"] = json!(1);
        gate["metadata"]["creationTimestamp"] = json!("2026-11-24T14:00:00Z");
        gate["status"] = json!({"observedGeneration": -1});
        Some(self.put("ADDED", gate))
    }

    pub fn get(&self, name: &str) -> Option<Value> {
        self.gates.get(name).cloned()
    }

    pub fn list(&self) -> Vec<Value> {
        self.gates.values().cloned().collect()
    }

    /// A merge patch of the spec.
    pub fn patch(&mut self, name: &str, patch: &Value) -> Option<Value> {
        let mut gate = self.get(name)?;
        merge(&mut gate, patch);
        gate["metadata"]["generation"] = json!(gate["metadata"]["generation"].as_i64().unwrap_or_default() + 1);
        Some(self.put("MODIFIED", gate))
    }

    /// Whatever changes without a new generation.
    pub fn change(&mut self, name: &str, change: impl FnOnce(&mut Value)) {
        let mut gate = self.get(name).unwrap();
        change(&mut gate);
        self.put("MODIFIED", gate);
    }

    pub fn delete(&mut self, name: &str) {
        let gate = self.gates.remove(name).unwrap();
        self.history.push(("DELETED", gate));
    }

    pub fn version(&self) -> usize {
        self.history.len()
    }

    fn put(&mut self, event: &'static str, mut gate: Value) -> Value {
        gate["metadata"]["resourceVersion"] = json!((self.version() + 1).to_string());
        let name = gate["metadata"]["name"].as_str().unwrap_or_default().to_owned();
        self.gates.insert(name, gate.clone());
        self.history.push((event, gate.clone()));
        gate
    }
}

/// RFC 7386.
fn merge(into: &mut Value, patch: &Value) {
    let Value::Object(fields) = patch else {
        *into = patch.clone();
        return;
    };
    if !into.is_object() {
        *into = json!({});
    }
    for (key, value) in fields {
        if value.is_null() {
            into.as_object_mut().unwrap().remove(key);
        } else {
            merge(&mut into[key], value);
        }
    }
}
