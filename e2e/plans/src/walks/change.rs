//! A change of a gate, and what it makes of the spec.

use std::fmt;

use serde_json::{Value, json};

/// A change of a gate by somebody else than the operator.
#[derive(Clone, Debug, PartialEq)]
pub enum Change {
    /// A field of the spec.
    Spec {
        /// Its path below `spec`; empty for the spec itself.
        path: Vec<String>,
        /// What it becomes; `None` takes it away.
        value: Option<Value>,
        /// How it is written.
        way: Way,
    },
    /// Something in the metadata that the operator looks at.
    Metadata(Metadata),
}

/// How a change is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// A JSON merge patch, as `kubectl patch --type merge`.
    Merge,
    /// The whole object in the version that was read, as `kubectl replace`.
    Update,
    /// Server-side apply by a manager that owns nothing yet.
    Apply,
    /// The same, taking over what others own.
    ForcedApply,
}

/// A change of the metadata.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Metadata {
    /// A label is added.
    Label,
    /// Our finalizer, and any other, is taken away.
    NoFinalizer,
    /// The annotation with the gate's own UID is taken away.
    NoUid,
    /// The annotation holds another UID, as in a gate that was restored from a backup.
    OtherUid,
}

impl Way {
    /// All of them.
    pub const ALL: [Way; 4] = [Way::Merge, Way::Update, Way::Apply, Way::ForcedApply];

    /// Whether it is server-side apply: it can neither take away what others set, nor send what has the wrong type.
    pub fn applies(self) -> bool {
        matches!(self, Way::Apply | Way::ForcedApply)
    }
}

impl Metadata {
    /// All of them.
    pub const ALL: [Metadata; 4] = [Metadata::Label, Metadata::NoFinalizer, Metadata::NoUid, Metadata::OtherUid];
}

impl Change {
    /// What it makes of a spec, before the API server looks at it.
    pub fn on(&self, spec: &Value) -> Value {
        let mut spec = spec.clone();
        if let Change::Spec { path, value, way } = self {
            set(&mut spec, path, value.as_ref(), *way);
        }
        spec
    }

    /// The change as a patch of the object: a null takes a field away.
    pub fn patch(&self) -> Value {
        let field = |name: &String, inner: Value| json!({ name.as_str(): inner });
        match self {
            Change::Spec { path, value, .. } => {
                let value = value.clone().unwrap_or(Value::Null);
                json!({"spec": path.iter().rev().fold(value, |inner, name| field(name, inner))})
            }
            Change::Metadata(what) => json!({"metadata": match what {
                Metadata::Label => json!({"labels": {"walk": "on"}}),
                Metadata::NoFinalizer => json!({"finalizers": null}),
                Metadata::NoUid => json!({"annotations": {upgradegate_crds::UID_ANNOTATION: null}}),
                Metadata::OtherUid => json!({"annotations": {upgradegate_crds::UID_ANNOTATION: "another"}}),
            }}),
        }
    }
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Change::Metadata(what) => write!(f, "{what:?}"),
            Change::Spec { path, value, way } => {
                let text = value.as_ref().map_or_else(|| "nothing".into(), Value::to_string);
                let short: String = text.chars().take(80).collect();
                write!(f, "spec.{} = {short} by {way:?}", path.join("."))
            }
        }
    }
}

fn set(place: &mut Value, path: &[String], value: Option<&Value>, way: Way) {
    let Some((name, rest)) = path.split_first() else {
        match value {
            Some(value) if way == Way::Update => *place = value.clone(),
            Some(value) => lay_over(place, value),
            None => *place = Value::Null,
        }
        return;
    };
    if !place.is_object() {
        *place = json!({});
    }
    let Some(object) = place.as_object_mut() else { return };
    match value {
        None if rest.is_empty() => drop(object.remove(name)),
        // What is not there can't be taken away, but a merge patch makes room for it.
        None if !object.contains_key(name) && way == Way::Update => {}
        _ => set(object.entry(name).or_insert(Value::Null), rest, value, way),
    }
}

/// A patch that only adds, or sets anew.
fn lay_over(place: &mut Value, patch: &Value) {
    let Some(fields) = patch.as_object() else { return *place = patch.clone() };
    if !place.is_object() {
        *place = json!({});
    }
    for (name, value) in fields {
        lay_over(&mut place[name.as_str()], value);
    }
}
