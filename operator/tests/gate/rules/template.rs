//! How a pod template is recognised: in whatever form it is read, and only it.

use proptest::prelude::*;
use serde_json::{Value, json};
use upgradegate_operator::gate::template_hash;

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
        let mut replica_set = template(&image, &json!({"pod-template-hash": hash, "app": app}), None);
        // What is null may also be left out.
        replica_set["spec"].as_object_mut().unwrap().remove("volumes");
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
