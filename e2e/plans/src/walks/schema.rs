//! The spec of a gate as the definition that users apply describes it.

use anyhow::{Context, Result};
use serde_json::{Map, Value};

/// The definition, as users apply it.
const DEFINITION: &str = include_str!("../../../../crds/upgradegates.yaml");

/// The JSON schema of the spec.
#[derive(Clone, Debug)]
pub struct Schema(Value);

/// A field of the spec, of any depth.
#[derive(Clone, Debug)]
pub struct Field {
    /// Its path below `spec`; empty for the spec itself.
    pub path: Vec<String>,
    /// Its schema.
    pub schema: Value,
}

impl Schema {
    /// Reads the definition.
    ///
    /// # Errors
    /// When it holds no schema of a spec.
    pub fn read() -> Result<Self> {
        let definition: Value = serde_saphyr::from_str(DEFINITION)?;
        let spec = definition.pointer("/spec/versions/0/schema/openAPIV3Schema/properties/spec");
        Ok(Self(spec.context("the definition of gates has no schema of a spec")?.clone()))
    }

    /// The spec and every field in it, parents before their children.
    pub fn fields(&self) -> Vec<Field> {
        let mut fields = vec![Field { path: Vec::new(), schema: self.0.clone() }];
        let mut next = 0;
        while let Some(Field { path, schema }) = fields.get(next).cloned() {
            for (name, schema) in properties(&schema).into_iter().flatten() {
                let path = path.iter().chain([name]).cloned().collect();
                fields.push(Field { path, schema: schema.clone() });
            }
            next += 1;
        }
        fields
    }

    /// Names of the fields of the spec itself.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        properties(&self.0).into_iter().flat_map(Map::keys).map(String::as_str)
    }

    /// A spec as the API server keeps it: with the defaults, and without fields that nobody knows.
    pub fn settled(&self, spec: &Value) -> Value {
        settled(&self.0, spec)
    }
}

/// The fields of an object.
pub(super) fn properties(schema: &Value) -> Option<&Map<String, Value>> {
    schema["properties"].as_object()
}

/// Whether an object has to have this field.
pub(super) fn requires(schema: &Value, name: &str) -> bool {
    schema["required"].as_array().is_some_and(|required| required.iter().any(|known| known == name))
}

fn settled(schema: &Value, value: &Value) -> Value {
    let (Some(properties), Some(object)) = (properties(schema), value.as_object()) else { return value.clone() };
    let field = |(name, schema): (&String, &Value)| {
        let value = object.get(name).filter(|value| !value.is_null()).or_else(|| schema.get("default"))?;
        Some((name.clone(), settled(schema, value)))
    };
    properties.iter().filter_map(field).collect::<Map<_, _>>().into()
}
