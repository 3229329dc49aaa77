use serde_json::json;

use super::*;
use crate::{manifest, testing::changed};

const CHOICE: Choice = Choice {
    name: None,
    namespace: "demo",
    namespace_is_explicit: false,
    pod_uid: Some("3f9c2a1b-77aa-4c1e-8f00-000000000000"),
    ttl_seconds: 86_400,
};

fn gate_of(target: &str, metadata: &str) -> String {
    format!(
        "---\napiVersion: upgradegate.dev/v1alpha1\nkind: UpgradeGate\nmetadata: {metadata}\nspec:\n  \
         targetRef: {{kind: Deployment, name: {target}}}\n  probe: {{httpGet: {{path: /, port: 80}}}}\n  deadlineSeconds: 60\n"
    )
}

fn planned(text: &str, choice: Choice) -> Result<Vec<Planned>, String> {
    plan(manifest::parse("gate.yaml", text).unwrap(), choice)
}

fn keys(text: &str, choice: Choice) -> Vec<(String, String)> {
    planned(text, choice).unwrap().iter().map(|p| Key::of(&p.gate)).map(|k| (k.namespace, k.name)).collect()
}

#[test]
fn names_come_from_the_manifest_else_from_the_pod_else_from_chance() {
    let text =
        gate_of("a", "{}") + &gate_of("b", "{name: mine}") + &gate_of("c", "{generateName: up-, namespace: other}");
    let pairs = [("demo", "a-3f9c2a1b"), ("demo", "mine"), ("other", "up-3f9c2a1b")];
    assert_eq!(keys(&text, CHOICE), pairs.map(|(a, b)| (a.to_owned(), b.to_owned())));

    let by_hand = Choice { pod_uid: None, ..CHOICE };
    let (first, second) = (keys(&gate_of("a", "{}"), by_hand), keys(&gate_of("a", "{}"), by_hand));
    assert!(first[0].1.starts_with("a-") && first != second);
}

#[test]
fn only_names_after_the_pod_are_surely_ours() {
    let text = gate_of("a", "{}") + &gate_of("b", "{name: mine}");
    let after_pod: Vec<_> = planned(&text, CHOICE).unwrap().iter().map(|p| p.named_after_pod).collect();
    assert_eq!(after_pod, [true, false]);
}

#[test]
fn finished_gates_are_kept_for_a_while_unless_the_manifest_says_otherwise() {
    let text = gate_of("a", "{}") + &gate_of("b", "{}") + "  ttlSecondsAfterFinished: 5\n";
    let ttl: Vec<_> = planned(&text, CHOICE).unwrap().iter().map(|p| p.gate.spec.ttl_seconds_after_finished).collect();
    assert_eq!(ttl, [Some(86_400), Some(5)]);
}

#[test]
fn contradictions_are_refused() {
    let refused = |text: &str, choice| planned(text, choice).unwrap_err();
    let two = gate_of("a", "{}") + &gate_of("a", "{}");
    assert_eq!(
        refused(&two, CHOICE),
        "two gates guard Deployment/a in namespace demo: a target has one running gate at a time; keep one of them"
    );
    let two = gate_of("a", "{name: x}") + &gate_of("b", "{name: x}");
    assert_eq!(refused(&two, CHOICE), "two gates would be gate/x in namespace demo; give them different names");
    let named = Choice { name: Some("x"), ..CHOICE };
    assert_eq!(refused(&two, named), "--name x is for a single gate, and the manifests hold 2");
    let explicit = Choice { namespace_is_explicit: true, ..CHOICE };
    assert_eq!(
        refused(&gate_of("a", "{namespace: other}"), explicit),
        "the manifest's namespace other is not demo, which the command line names; pass --namespace other"
    );
}

#[test]
fn a_copy_has_the_spec_and_the_release_but_no_orders() {
    let original = changed(json!({
        "metadata": {"labels": {"app": "x"}, "annotations": {"upgradegate.dev/uid": "u1"}, "finalizers": ["upgradegate.dev/resume"]},
        "spec": {"action": {"type": "Cancel"}, "deadlineSeconds": 77, "ttlSecondsAfterFinished": 9},
    }));
    let copy = plan(vec![like(&original)], CHOICE).unwrap().remove(0).gate;
    assert_eq!(copy.spec, upgradegate_crds::UpgradeGateSpec { action: None, ..original.spec });
    let metadata = serde_json::to_value(&copy.metadata).unwrap();
    let labels = json!({"upgradegate.dev/release": "demo"});
    assert_eq!(metadata, json!({"name": "demo-app-3f9c2a1b", "namespace": "demo", "labels": labels}));
}
