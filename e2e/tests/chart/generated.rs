//! What is generated is what is committed.

use std::process::Command;

use crate::helm::{checkout, documents, helms, id};

#[test]
fn the_generated_files_are_not_stale() {
    for helm in helms() {
        let output =
            Command::new(checkout("config/generate.sh")).arg("--check").env("HELM", &helm.program).output().unwrap();
        let said = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(output.status.success(), "{said}");
    }
}

#[test]
fn the_chart_carries_the_crd_as_it_is() {
    let generated = documents(&std::fs::read_to_string(checkout("crds/upgradegates.yaml")).unwrap());
    for helm in helms() {
        let objects = helm.template("upgradegate", "{}");
        let crd = objects.iter().find(|object| id(object).starts_with("CustomResourceDefinition/")).unwrap();
        assert_eq!(crd["spec"], generated[0]["spec"]);
        assert_eq!(crd["metadata"]["name"], generated[0]["metadata"]["name"]);
    }
}

#[test]
fn the_operator_without_helm_is_complete_and_does_not_speak_of_helm() {
    let text = std::fs::read_to_string(checkout("config/install.yaml")).unwrap();
    assert!(!text.contains("helm.sh/"));
    assert!(!text.contains("managed-by"));
    let mut ids: Vec<_> = documents(&text).iter().map(id).collect();
    ids.sort();
    assert_eq!(
        ids,
        [
            "ClusterRole/upgradegate-edit",
            "ClusterRole/upgradegate-operator",
            "ClusterRole/upgradegate-view",
            "ClusterRoleBinding/upgradegate-operator",
            "CustomResourceDefinition/upgradegates.upgradegate.dev",
            "Deployment/upgradegate-operator",
            "Lease/upgradegate-operator",
            "NetworkPolicy/upgradegate-operator",
            "PodDisruptionBudget/upgradegate-operator",
            "Role/upgradegate-operator-lease",
            "RoleBinding/upgradegate-operator-lease",
            "Service/upgradegate-operator",
            "ServiceAccount/upgradegate-operator",
        ]
    );
}
