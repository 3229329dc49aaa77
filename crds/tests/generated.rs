//! The committed definition is the one that the types generate.

#[test]
fn committed_yaml_is_fresh() {
    let committed = include_str!("../upgradegates.yaml");
    let generated = upgradegate_crds::to_yaml().expect("the definition serializes");
    assert!(committed == generated, "crds/upgradegates.yaml is stale: run `make generate` and commit the result");
}

#[test]
fn every_field_is_explained() {
    fn walk(path: &str, schema: &serde_json::Value, missing: &mut Vec<String>) {
        for (name, field) in schema["properties"].as_object().into_iter().flatten() {
            let path = format!("{path}.{name}");
            if field["description"].as_str().unwrap_or_default().len() < 8 {
                missing.push(path.clone());
            }
            walk(&path, field, missing);
            walk(&path, &field["items"], missing);
        }
    }
    let crd = serde_json::to_value(upgradegate_crds::crd()).expect("the definition serializes");
    let mut missing = Vec::new();
    walk("", &crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"], &mut missing);
    assert!(missing.is_empty(), "`kubectl explain` says nothing about {missing:?}");
}
