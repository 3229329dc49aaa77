//! The samples are what they say.

use upgradegate_crds::{ActionType, OnMissingTarget, UpgradeGate};

use crate::{
    gates::requested,
    helm::{annotation, checkout, documents, find, text},
};

fn sample(name: &str) -> String {
    std::fs::read_to_string(checkout("config/samples").join(name)).unwrap()
}

#[test]
fn the_gates_have_names_and_a_valid_spec() {
    for file in ["gate-minimal.yaml", "gate-full.yaml"] {
        let gate: UpgradeGate = serde_saphyr::from_str(&sample(file)).unwrap();
        assert!(gate.metadata.name.is_some(), "{file}: `kubectl apply` refuses generateName");
        assert_eq!(gate.spec.target_ref.name, "demo-app");
        assert!(gate.spec.action.is_none(), "{file}");
    }
}

/// Every field of the schema but the action, so that the sample cannot fall behind.
#[test]
fn the_full_gate_is_full() {
    let crd = documents(&std::fs::read_to_string(checkout("crds/upgradegates.yaml")).unwrap());
    let schema = &crd[0]["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["spec"];
    let gate = documents(&sample("gate-full.yaml")).remove(0);
    assert_full("spec", schema, &gate["spec"]);
}

fn assert_full(path: &str, schema: &serde_json::Value, value: &serde_json::Value) {
    for (field, schema) in
        schema["properties"].as_object().into_iter().flatten().filter(|(field, _)| *field != "action")
    {
        let value = value.get(field).unwrap_or_else(|| panic!("gate-full.yaml lacks {path}.{field}"));
        assert_full(&format!("{path}.{field}"), schema, value);
    }
}

#[test]
fn the_break_glass_patch_gives_a_reason() {
    let patch = documents(&sample("break-glass-patch.yaml")).remove(0);
    let action: upgradegate_crds::Action = serde_json::from_value(patch["spec"]["action"].clone()).unwrap();
    assert_eq!(action.type_, ActionType::Open);
    assert!(action.reason.is_some_and(|reason| !reason.is_empty()));
}

#[test]
fn the_first_sync_of_argo_cd_passes() {
    let objects = documents(&sample("argocd.yaml"));
    let job = find(&objects, "Job/demo-app-upgrade-gate-pre");
    let gates = requested(job);
    assert_eq!(gates.len(), 1);
    assert_eq!(gates[0].spec.on_missing_target, OnMissingTarget::Open);
    let wave = |id: &str| annotation(find(&objects, id), "argocd.argoproj.io/sync-wave").parse::<i32>().unwrap();
    let waves = ["ServiceAccount/", "Role/", "RoleBinding/"].map(|kind| wave(&format!("{kind}demo-app-upgrade-gate")));
    assert!(waves.is_sorted() && waves[2] < wave("Job/demo-app-upgrade-gate-pre"), "{waves:?}");
    let finish = find(&objects, "Job/demo-app-upgrade-gate-post");
    let release = gates[0].metadata.labels.as_ref().unwrap()["upgradegate.dev/release"].clone();
    assert_eq!(finish["spec"]["template"]["spec"]["containers"][0]["args"][1], format!("--release={release}"));
    assert_eq!(text(finish, "/spec/template/spec/serviceAccountName"), "demo-app-upgrade-gate");
}

#[test]
fn the_pipeline_is_a_shell_script() {
    let checked = std::process::Command::new("bash").arg("-n").arg(checkout("config/samples/ci.sh")).output().unwrap();
    assert!(checked.status.success(), "{checked:?}");
}
