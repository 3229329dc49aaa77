//! The CustomResourceDefinition, as users apply it.

use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::{
    CustomResourceDefinition, JSON, JSONSchemaProps, JSONSchemaPropsOrArray,
};
use kube::CustomResourceExt;
use serde_json::json;

use crate::UpgradeGate;

/// The definition that `crds/upgradegates.yaml` holds.
///
/// The schema's default `status: {observedGeneration: -1}` keeps everyone who reads kstatus from taking a gate that the
/// operator has not seen yet for a settled one.
pub fn crd() -> CustomResourceDefinition {
    let mut crd = UpgradeGate::crd();
    for schema in crd.spec.versions.iter_mut().filter_map(|v| v.schema.as_mut()?.open_api_v3_schema.as_mut()) {
        suit_kubernetes(schema);
        if let Some(status) = schema.properties.as_mut().and_then(|p| p.get_mut("status")) {
            status.default = Some(JSON(json!({"observedGeneration": -1})));
        }
    }
    crd
}

/// The same as YAML.
///
/// # Errors
/// Never for this definition; the serializer's signature has one.
pub fn to_yaml() -> Result<String, serde_saphyr::ser::Error> {
    serde_saphyr::to_string(&crd())
}

/// Removes what schemars says and Kubernetes reads otherwise: `nullable`, since a null in a field that is not nullable is
/// dropped before validation, as users expect; and Rust's integer formats, about which the API server warns.
fn suit_kubernetes(schema: &mut JSONSchemaProps) {
    schema.nullable = None;
    if schema.format.as_deref().is_some_and(|f| f.starts_with("uint")) {
        schema.format = None;
    }
    schema.properties.iter_mut().flat_map(|p| p.values_mut()).for_each(suit_kubernetes);
    if let Some(JSONSchemaPropsOrArray::Schema(items)) = &mut schema.items {
        suit_kubernetes(items);
    }
}
