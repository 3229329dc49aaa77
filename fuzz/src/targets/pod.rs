//! Pods, ReplicaSets and Deployments as the API server gives them.

use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;
use serde_json::{Value, json};
use upgradegate_operator::{
    fuzzing::{pod, replica_set, workload},
    gate::{Endpoint, Lifecycle, template_hash},
};

/// The input is a JSON document. It is read as each of the three kinds.
pub fn run(input: &[u8]) {
    let Ok(document) = serde_json::from_slice::<Value>(input) else { return };
    for port in [IntOrString::String("http".into()), IntOrString::Int(8080)] {
        let Some(read) = pod(input, &Endpoint { path: "/upgradeable".into(), port: port.clone() }) else { continue };
        let leaves = document["metadata"].get("deletionTimestamp").is_some_and(|at| !at.is_null());
        assert_eq!(
            read.lifecycle == Lifecycle::Terminating,
            leaves,
            "who was told to end is terminating, and nobody else"
        );
        let runs = document["status"]["phase"] == "Running";
        assert!(read.lifecycle != Lifecycle::Running || runs);
        if let (IntOrString::Int(number), Ok(port)) = (port, read.port) {
            assert_eq!(i32::from(port), number);
        }
    }
    let _ = replica_set(input);
    if let Some(workload) = workload(input) {
        assert_eq!(workload.template.len(), 16);
        hashes(&document["spec"]["template"]);
    }
}

/// The label that the Deployment controller adds changes nothing; any other does.
fn hashes(template: &Value) {
    let Some(Value::Object(labels)) = template.pointer("/metadata/labels") else { return };
    let with = |name: &str| {
        let mut labels = labels.clone();
        labels.insert(name.into(), "5d4f8c7b9".into());
        let mut template = template.clone();
        template["metadata"]["labels"] = json!(labels);
        template_hash(&template)
    };
    let plain = template_hash(template);
    assert_eq!(plain, with("pod-template-hash"), "a ReplicaSet has the template of its Deployment");
    let there = labels.get("another-label").is_some_and(|value| value == "5d4f8c7b9");
    assert_eq!(plain == with("another-label"), there, "any other label is another template");
}
