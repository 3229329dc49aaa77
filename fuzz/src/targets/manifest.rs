//! Manifests that are given to the CLI: YAML, to the gates that it would create.

use upgradegate_cli::{
    manifest,
    plan::{Choice, Planned, like, plan},
};

/// The input is the YAML text.
pub fn run(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else { return };
    let manifests = match manifest::parse("gate.yaml", text) {
        Ok(manifests) => manifests,
        Err(error) => {
            assert!(error.to_string().starts_with("gate.yaml"), "an error says where: {error}");
            return;
        }
    };
    assert!(!manifests.is_empty());
    let choice = Choice {
        name: None,
        namespace: "demo",
        namespace_is_explicit: false,
        pod_uid: Some("3f9c2a1b-77aa-4c1e-8f00-000000000000"),
        ttl_seconds: 86_400,
    };
    let count = manifests.len();
    match plan(manifests, choice) {
        Ok(planned) => {
            assert_eq!(planned.len(), count);
            for one in &planned {
                check(one, choice);
            }
        }
        Err(why) => assert!(!why.is_empty()),
    }
}

fn check(Planned { gate, named_after_pod }: &Planned, choice: Choice) {
    let name = gate.metadata.name.as_deref().unwrap();
    if *named_after_pod {
        let valid = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '.');
        assert!(name.len() <= 253 && name.ends_with("-3f9c2a1b") && name.chars().all(valid), "{name:?} is no name");
    }
    assert!(gate.metadata.namespace.is_some() && gate.spec.ttl_seconds_after_finished.is_some());
    // What is sent is read back as what was meant, and can be asked for again.
    let sent = serde_json::to_string(gate).unwrap();
    let back = manifest::parse("sent", &sent).unwrap();
    assert_eq!(back[0].spec, gate.spec);
    let again = plan(vec![like(gate)], choice).unwrap();
    assert!(again[0].gate.spec.action.is_none(), "a new gate has no order");
}
