use super::*;
use proptest::prelude::*;

const GATE: &str = "
apiVersion: upgradegate.dev/v1alpha1
kind: UpgradeGate
metadata:
  labels: {upgradegate.dev/release: demo}
spec:
  targetRef: {kind: Deployment, name: demo-app}
  probe:
    httpGet: {path: /upgradeable, port: http}
  drain:
    http: {path: /drain, port: 8080}
  deadlineSeconds: 180
";

fn error(text: &str) -> String {
    parse("gate.yaml", text).unwrap_err().to_string()
}

#[test]
fn several_documents_are_several_gates() {
    let text = format!("---\n{GATE}\n---\n# nothing here\n---\n{GATE}");
    let manifests = parse("gate.yaml", &text).unwrap();
    assert_eq!(manifests.len(), 2);
    assert_eq!(manifests[0].metadata.labels["upgradegate.dev/release"], "demo");
    assert_eq!(manifests[1].spec.deadline_seconds, 180);
    assert_eq!(manifests[1].spec.progress_seconds, 600, "defaults are the API's");
}

#[test]
fn a_misspelt_field_is_named_with_its_path() {
    let text =
        GATE.replace("port: http}", "port: http}\n    readyy: 'true'").replace("path: /drain", "paht: 1, path: /drain");
    assert_eq!(
        error(&text),
        "gate.yaml, document 1: spec.drain.http.paht, spec.probe.readyy: not a field of a new gate; remove it, or look for its \
             right name in: kubectl explain upgradegate.spec --recursive"
    );
}

#[test]
fn what_the_server_writes_is_not_for_a_manifest() {
    let text = GATE.replace("metadata:", "status: {phase: Open}\nmetadata:\n  resourceVersion: '1'");
    let error = error(&text);
    assert!(error.contains("status") && error.contains("metadata.resourceVersion"), "{error}");
}

#[test]
fn a_wrong_value_is_named_with_its_path_and_document() {
    let text = format!("{GATE}---{}", GATE.replace("180", "soon"));
    assert_eq!(
        error(&text),
        "gate.yaml, document 2: spec.deadlineSeconds: invalid type: string \"soon\", expected u32"
    );
    let text = GATE.replace("  deadlineSeconds: 180\n", "");
    assert_eq!(error(&text), "gate.yaml, document 1: spec: missing field `deadlineSeconds`");
}

#[test]
fn other_kinds_are_refused() {
    for (from, to, found) in [
        ("kind: UpgradeGate", "kind: Job", "Job of upgradegate.dev/v1alpha1"),
        ("upgradegate.dev/v1alpha1", "upgradegate.dev/v9", "UpgradeGate of upgradegate.dev/v9"),
        ("kind: UpgradeGate\n", "", "a document without a kind"),
        ("apiVersion: upgradegate.dev/v1alpha1\n", "", "UpgradeGate without an apiVersion"),
    ] {
        let error = error(&GATE.replace(from, to));
        assert!(error.starts_with(&format!("gate.yaml, document 1: {found} is not an UpgradeGate")), "{error}");
    }
}

#[test]
fn nothing_is_an_error() {
    for text in ["", "---\n", "# only a comment\n", "~\n"] {
        assert_eq!(error(text), "gate.yaml holds no UpgradeGate", "{text:?}");
    }
}

#[test]
fn broken_yaml_and_repeated_keys_are_errors() {
    for text in ["a: [", "a: 1\na: 2\n", "a: *b"] {
        assert!(error(text).starts_with("gate.yaml is not valid YAML: "), "{text:?}: {}", error(text));
    }
}

proptest! {
    #[test]
    fn no_text_panics(text in ".{0,200}") {
        let _ = parse("gate.yaml", &text);
    }

    #[test]
    fn no_cut_or_garbled_manifest_panics(at in 0..GATE.len(), junk in "[-:{}\\[\\]&*!|> a\n]{0,8}") {
        let _ = parse("gate.yaml", &format!("{}{junk}", &GATE[..at]));
        let _ = parse("gate.yaml", &format!("{}{junk}{}", &GATE[..at], &GATE[at..]));
    }
}
