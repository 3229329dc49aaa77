//! Every pod of the product passes the "restricted" Pod Security Standard and writes nothing.

use serde_json::{Value, json};

use crate::helm::{CHARTS, checkout, documents, helms, id};

/// The pod templates among objects, with the name of their owner.
fn pods(objects: &[Value]) -> Vec<(String, &Value)> {
    objects.iter().filter_map(|object| Some((id(object), object.pointer("/spec/template/spec")?))).collect()
}

fn assert_restricted(owner: &str, pod: &Value) {
    assert_eq!(
        pod["securityContext"],
        json!({"runAsNonRoot": true, "seccompProfile": {"type": "RuntimeDefault"}}),
        "{owner}"
    );
    for field in ["hostNetwork", "hostPID", "hostIPC", "volumes", "initContainers"] {
        assert_eq!(pod.get(field), None, "{owner} {field}");
    }
    for container in pod["containers"].as_array().unwrap() {
        assert_eq!(
            container["securityContext"],
            json!({
                "allowPrivilegeEscalation": false,
                "readOnlyRootFilesystem": true,
                "capabilities": {"drop": ["ALL"]},
            }),
            "{owner}"
        );
        assert!(!container["image"].as_str().unwrap().ends_with(":latest"), "{owner}");
        for port in container["ports"].as_array().into_iter().flatten() {
            assert_eq!(port.get("hostPort"), None, "{owner}");
        }
    }
}

#[test]
fn every_pod_is_restricted() {
    let mut owners = Vec::new();
    for helm in helms() {
        for (chart, values) in CHARTS {
            let objects = helm.template(chart, values);
            for (owner, pod) in pods(&objects) {
                assert_restricted(&owner, pod);
                assert!(
                    pod["containers"][0]["resources"]["limits"]["memory"].is_string(),
                    "{owner} has no memory limit"
                );
                owners.push(owner);
            }
        }
    }
    // The operator, two hooks, and the demo with its two hooks; for each Helm.
    assert_eq!(owners.len(), 2 * 6, "{owners:?}");
}

#[test]
fn every_pod_of_the_generated_files_is_restricted() {
    let mut owners = Vec::new();
    for file in ["config/install.yaml", "config/samples/argocd.yaml"] {
        let objects = documents(&std::fs::read_to_string(checkout(file)).unwrap());
        for (owner, pod) in pods(&objects) {
            assert_restricted(&owner, pod);
            owners.push(owner);
        }
    }
    assert_eq!(
        owners,
        ["Deployment/upgradegate-operator", "Job/demo-app-upgrade-gate-pre", "Job/demo-app-upgrade-gate-post"]
    );
}

#[test]
fn only_who_calls_the_api_has_a_token() {
    for (chart, values) in CHARTS {
        let objects = crate::helm::one().template(chart, values);
        for (owner, pod) in pods(&objects) {
            let demo = owner == "Deployment/demo-app";
            assert_eq!(pod["automountServiceAccountToken"], !demo, "{owner}");
        }
        for account in objects.iter().filter(|object| id(object).starts_with("ServiceAccount/")) {
            assert_eq!(account["automountServiceAccountToken"], false, "{account}");
        }
    }
}

/// The page on threats names the test of each defence.
#[test]
fn each_test_that_the_threat_model_names_is_there() {
    fn sources(folder: &std::path::Path, into: &mut String) {
        for path in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            if path.is_dir() {
                sources(&path, into);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                into.push_str(&std::fs::read_to_string(&path).unwrap());
            }
        }
    }
    let mut all = String::new();
    for folder in ["crds", "operator", "cli", "e2e", "fuzz"] {
        sources(&checkout(folder), &mut all);
    }
    let page = std::fs::read_to_string(checkout("docs/threat-model.md")).unwrap();
    let rows =
        page.lines().filter(|line| line.starts_with("| ") && line[2..].starts_with(|c: char| c.is_ascii_digit()));
    let mut named = 0;
    for row in rows {
        let shown = row.split(" | ").nth(3).unwrap();
        for word in shown.split('`').skip(1).step_by(2) {
            let is_there = all.contains(&format!("fn {word}("))
                || checkout("fuzz/src/targets").join(format!("{word}.rs")).exists();
            assert!(is_there, "no test is called {word}");
            named += 1;
        }
    }
    assert!(named > 40, "{named}");
}
