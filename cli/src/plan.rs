//! Pure: from manifests to the gates to create.

use std::collections::BTreeSet;

use kube::api::ObjectMeta;
use upgradegate_crds::{RELEASE_LABEL, UpgradeGate};

use crate::{
    gate::Key,
    manifest::{Manifest, Metadata},
    naming,
};

/// A gate to create.
#[derive(Clone, Debug, PartialEq)]
pub struct Planned {
    /// The object, with name and namespace.
    pub gate: UpgradeGate,
    /// Whether its name is made of the UID of the pod that we run in, so that nobody else has it.
    pub named_after_pod: bool,
}

/// What the command line and the environment add to the manifests.
#[derive(Clone, Copy, Debug)]
pub struct Choice<'a> {
    /// Name that the user wants, for a single gate.
    pub name: Option<&'a str>,
    /// Namespace for gates that name none.
    pub namespace: &'a str,
    /// Whether the user named that namespace, so that no gate may be elsewhere.
    pub namespace_is_explicit: bool,
    /// UID of the pod that we run in.
    pub pod_uid: Option<&'a str>,
    /// Seconds that a finished gate is kept if the manifest does not say.
    pub ttl_seconds: u32,
}

/// The gates to create.
///
/// # Errors
/// A sentence, when the manifests and the command line contradict each other or themselves.
pub fn plan(manifests: Vec<Manifest>, choice: Choice) -> Result<Vec<Planned>, String> {
    if let (Some(name), 2..) = (choice.name, manifests.len()) {
        return Err(format!("--name {name} is for a single gate, and the manifests hold {}", manifests.len()));
    }
    let mut targets = BTreeSet::new();
    let mut keys = BTreeSet::new();
    let mut planned = Vec::with_capacity(manifests.len());
    for manifest in manifests {
        let one = place(manifest, choice)?;
        let key = Key::of(&one.gate);
        let target = &one.gate.spec.target_ref;
        if !targets.insert((key.namespace.clone(), target.kind.clone(), target.name.clone())) {
            return Err(format!(
                "two gates guard {}/{} in namespace {}: a target has one running gate at a time; keep one of them",
                target.kind, target.name, key.namespace
            ));
        }
        if !keys.insert(key.clone()) {
            return Err(format!("two gates would be {key}; give them different names"));
        }
        planned.push(one);
    }
    Ok(planned)
}

/// A manifest with the spec and the release of an existing gate, without its orders.
pub fn like(gate: &UpgradeGate) -> Manifest {
    let mut spec = gate.spec.clone();
    spec.action = None;
    let release = gate.metadata.labels.as_ref().and_then(|labels| labels.get_key_value(RELEASE_LABEL));
    let labels = release.map(|(key, value)| (key.clone(), value.clone())).into_iter().collect();
    let metadata = Metadata { namespace: gate.metadata.namespace.clone(), labels, ..Metadata::default() };
    Manifest { metadata, spec }
}

fn place(manifest: Manifest, choice: Choice) -> Result<Planned, String> {
    let Manifest { metadata, mut spec } = manifest;
    let namespace = match metadata.namespace {
        Some(own) if choice.namespace_is_explicit && own != choice.namespace => {
            return Err(format!(
                "the manifest's namespace {own} is not {}, which the command line names; pass --namespace {own}",
                choice.namespace
            ));
        }
        Some(own) => own,
        None => choice.namespace.to_owned(),
    };
    let after_pod = choice.pod_uid.and_then(naming::pod_suffix);
    let given = choice.name.map(str::to_owned).or(metadata.name);
    let named_after_pod = given.is_none() && after_pod.is_some();
    let name = given.unwrap_or_else(|| {
        let base = metadata.generate_name.as_deref().unwrap_or(&spec.target_ref.name);
        naming::gate_name(base, &after_pod.unwrap_or_else(naming::random_suffix))
    });
    spec.ttl_seconds_after_finished.get_or_insert(choice.ttl_seconds);
    let mut gate = UpgradeGate::new(&name, spec);
    gate.metadata = ObjectMeta {
        namespace: Some(namespace),
        labels: Some(metadata.labels).filter(|labels| !labels.is_empty()),
        annotations: Some(metadata.annotations).filter(|annotations| !annotations.is_empty()),
        ..gate.metadata
    };
    Ok(Planned { gate, named_after_pod })
}

#[cfg(test)]
#[path = "plan_tests.rs"]
mod tests;
