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

#[cfg(test)]
mod tests {
    use super::template_hash;
    use proptest::prelude::*;
    use serde_json::{Value, json};

    /// A template with the given image, labels and extra field.
    fn template(image: &str, labels: &Value, extra: Option<&str>) -> Value {
        let mut spec = json!({"containers": [{"name": "app", "image": image}], "volumes": null});
        if let Some(extra) = extra {
            spec["fieldOfTheFuture"] = json!(extra);
        }
        json!({"metadata": {"labels": labels, "creationTimestamp": null}, "spec": spec})
    }

    proptest! {
        #[test]
        fn a_replica_set_has_the_hash_of_its_deployment(image in "[a-z]{1,8}", hash in "[a-z0-9]{8}", app in "[a-z]{1,8}") {
            let deployment = template(&image, &json!({"app": app}), None);
            let replica_set = template(&image, &json!({"pod-template-hash": hash, "app": app}), None);
            prop_assert_eq!(template_hash(&deployment), template_hash(&replica_set));
        }

        #[test]
        fn any_other_difference_counts(a in "[a-z]{1,8}", b in "[a-z]{1,8}") {
            let base = template(&a, &json!({"app": "x"}), None);
            prop_assert_eq!(a == b, template_hash(&base) == template_hash(&template(&b, &json!({"app": "x"}), None)));
            prop_assert_ne!(template_hash(&base), template_hash(&template(&a, &json!({"app": "x"}), Some(&b))));
            prop_assert_ne!(template_hash(&base), template_hash(&template(&a, &json!({"app": "x", "b": b}), None)));
        }
    }
}
