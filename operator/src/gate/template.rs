//! How a pod template is recognised.

use serde_json::Value;
use sha2::{Digest, Sha256};

/// Label that the Deployment controller adds to the template of each ReplicaSet.
const HASH_LABEL: &str = "pod-template-hash";

/// A short hash of a pod template, equal for a Deployment and the ReplicaSet made from it.
///
/// As the Deployment controller compares templates (`EqualIgnoreHash`): without the label that it adds itself. It works on the raw JSON,
/// so fields newer than this operator count too.
pub fn template_hash(template: &Value) -> String {
    let mut template = template.clone();
    if let Some(labels) = template.pointer_mut("/metadata/labels").and_then(Value::as_object_mut) {
        labels.remove(HASH_LABEL);
    }
    let mut canonical = String::new();
    write(&template, &mut canonical);
    let digest = Sha256::digest(canonical.as_bytes());
    digest.iter().take(8).fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
}

/// Appends `value` with sorted keys and without nulls, which mean absence.
fn write(value: &Value, out: &mut String) {
    match value {
        Value::Object(map) => {
            let mut fields: Vec<_> = map.iter().filter(|(_, v)| !v.is_null()).collect();
            fields.sort_by_key(|(key, _)| *key);
            out.push('{');
            for (key, v) in fields {
                out.push_str(&Value::String(key.clone()).to_string());
                out.push(':');
                write(v, out);
                out.push(',');
            }
            out.push('}');
        }
        Value::Array(items) => {
            out.push('[');
            for item in items {
                write(item, out);
                out.push(',');
            }
            out.push(']');
        }
        scalar => out.push_str(&scalar.to_string()),
    }
}
