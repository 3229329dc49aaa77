//! Prints the CustomResourceDefinition as YAML: `cargo run -p upgradegate-crds --bin crdgen > crds/upgradegates.yaml`.

fn main() -> Result<(), serde_saphyr::ser::Error> {
    print!("{}", upgradegate_crds::to_yaml()?);
    Ok(())
}
