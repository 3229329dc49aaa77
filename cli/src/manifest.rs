//! Manifests: YAML documents, read strictly, so that a misspelt field is an error and not a default.

use std::{collections::BTreeMap, path::Path};

use kube::Resource;
use serde::Deserialize;
use serde_json::Value;
use thiserror::Error;
use upgradegate_crds::{UpgradeGate, UpgradeGateSpec};

/// What a manifest may say of a new gate; the rest of an object is the API server's and the operator's.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Manifest {
    /// Who and where.
    #[serde(default)]
    pub metadata: Metadata,
    /// What is asked.
    pub spec: UpgradeGateSpec,
}

/// The part of the metadata that a user writes.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Metadata {
    /// Name of the gate.
    pub name: Option<String>,
    /// Beginning of the name, if there is no name; without it, the target's name is.
    pub generate_name: Option<String>,
    /// Namespace of gate and target.
    pub namespace: Option<String>,
    /// Labels, the release among them.
    #[serde(default)]
    pub labels: BTreeMap<String, String>,
    /// Annotations.
    #[serde(default)]
    pub annotations: BTreeMap<String, String>,
}

/// Why manifests can't be read. `origin` is the file or variable; documents count from 1, empty ones left out.
#[derive(Debug, Error, PartialEq)]
pub enum ManifestError {
    /// Not YAML.
    #[error("{origin} is not valid YAML: {problem}")]
    Syntax {
        /// Where it was read from.
        origin: String,
        /// What the parser says.
        problem: String,
    },

    /// No document at all.
    #[error("{origin} holds no UpgradeGate")]
    Empty {
        /// Where it was read from.
        origin: String,
    },

    /// A document of another kind.
    #[error(
        "{origin}, document {document}: {found} is not an UpgradeGate of upgradegate.dev/v1alpha1; leave only gates in it"
    )]
    Kind {
        /// Where it was read from.
        origin: String,
        /// Which document.
        document: usize,
        /// Its kind and API version.
        found: String,
    },

    /// A field with a value that can't be.
    #[error("{origin}, document {document}: {path}: {problem}")]
    Field {
        /// Where it was read from.
        origin: String,
        /// Which document.
        document: usize,
        /// Path of the field.
        path: String,
        /// What is wrong with it.
        problem: String,
    },

    /// Fields that no new gate has.
    #[error(
        "{origin}, document {document}: {paths}: not a field of a new gate; remove it, or look for its right name in: kubectl explain upgradegate.spec --recursive"
    )]
    Unknown {
        /// Where it was read from.
        origin: String,
        /// Which document.
        document: usize,
        /// Paths of the fields.
        paths: String,
    },
}

/// Reads all documents of a text.
///
/// # Errors
/// The first document that is not a gate, named with its field.
pub fn parse(origin: &str, text: &str) -> Result<Vec<Manifest>, ManifestError> {
    let documents: Vec<Value> = serde_saphyr::from_multiple(text)
        .map_err(|e| ManifestError::Syntax { origin: origin.into(), problem: e.to_string() })?;
    if documents.is_empty() {
        return Err(ManifestError::Empty { origin: origin.into() });
    }
    documents.into_iter().enumerate().map(|(i, value)| read(origin, i + 1, value)).collect()
}

/// Reads manifests from a file; `-` is standard input.
///
/// # Errors
/// The operating system's, with the file's name.
pub fn read_file(path: &Path) -> std::io::Result<String> {
    if path == Path::new("-") { std::io::read_to_string(std::io::stdin()) } else { std::fs::read_to_string(path) }
}

fn read(origin: &str, document: usize, mut value: Value) -> Result<Manifest, ManifestError> {
    let origin = origin.to_owned();
    let text = |field: &str| value.get(field).and_then(Value::as_str).unwrap_or_default();
    let (api_version, kind) = (text("apiVersion"), text("kind"));
    if kind != UpgradeGate::kind(&()) || api_version != UpgradeGate::api_version(&()) {
        let found = match (kind, api_version) {
            ("", _) => "a document without a kind".to_owned(),
            (kind, "") => format!("{kind} without an apiVersion"),
            (kind, version) => format!("{kind} of {version}"),
        };
        return Err(ManifestError::Kind { origin, document, found });
    }
    if let Some(object) = value.as_object_mut() {
        object.remove("apiVersion");
        object.remove("kind");
    }

    let mut unknown = Vec::new();
    let mut track = serde_path_to_error::Track::new();
    let deserializer = serde_path_to_error::Deserializer::new(value, &mut track);
    let manifest = serde_ignored::deserialize(deserializer, |path| unknown.push(plain(&path.to_string())));
    match manifest {
        Err(e) => {
            let path = track.path().to_string();
            Err(ManifestError::Field { origin, document, path: plain(&path), problem: e.to_string() })
        }
        Ok(_) if !unknown.is_empty() => Err(ManifestError::Unknown { origin, document, paths: unknown.join(", ") }),
        Ok(manifest) => Ok(manifest),
    }
}

/// A path without the marks that stand for Rust's options.
fn plain(path: &str) -> String {
    match path.replace(".?", "").as_str() {
        "." | "" => "the document".into(),
        plain => plain.into(),
    }
}

#[cfg(test)]
#[path = "manifest_tests.rs"]
mod tests;
