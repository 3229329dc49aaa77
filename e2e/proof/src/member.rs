//! Who is a member: by selector *and* owner chain.

use std::collections::BTreeMap;

use jiff::Timestamp;
use k8s_openapi::{
    api::{
        apps::v1::{Deployment, ReplicaSet},
        core::v1::{Container, Pod, PodTemplateSpec},
    },
    apimachinery::pkg::{
        apis::meta::v1::{LabelSelector, ObjectMeta},
        util::intstr::IntOrString,
    },
};
use upgradegate_crds::UpgradeGate;

use crate::world::{World, uid};

/// Label that the Deployment controller adds to the template of each ReplicaSet.
const HASH_LABEL: &str = "pod-template-hash";

impl<'h> World<'h> {
    /// The target of a gate, as it was seen at this time.
    pub(crate) fn target(&self, gate: &UpgradeGate, at: Timestamp) -> Option<&'h Deployment> {
        self.deployments.get(gate.spec.target_ref.name.as_str())?.at(at)
    }

    /// The ReplicaSet that made a pod.
    pub(crate) fn owner(&self, pod: &Pod, at: Timestamp) -> Option<&'h ReplicaSet> {
        let (kind, uid) = controller(&pod.metadata)?;
        self.replica_sets.get(uid).filter(|_| kind == "ReplicaSet")?.at(at)
    }

    /// Whether a pod belongs to this target, if both are as they were seen at this time. An owner that is not known counts.
    pub(crate) fn belongs(&self, pod: &Pod, target: &Deployment, at: Timestamp) -> bool {
        let owned = match (self.owner(pod, at), controller(&pod.metadata)) {
            (Some(set), _) => controller(&set.metadata).is_some_and(|(_, owner)| owner == uid(&target.metadata)),
            (None, Some((kind, _))) => kind == "ReplicaSet",
            (None, None) => false,
        };
        let labels = pod.metadata.labels.as_ref();
        owned && target.spec.as_ref().is_some_and(|spec| selects(&spec.selector, labels))
    }

    /// UIDs of the pods that count for the quorum of a gate at this time: members whose probed container runs.
    pub(crate) fn counting(&self, gate: &UpgradeGate, at: Timestamp) -> Vec<&'h str> {
        let Some(target) = self.target(gate, at) else { return Vec::new() };
        let pods = self.pods.iter().filter_map(|(uid, pod)| Some((*uid, pod.at(at)?)));
        let counts = pods.filter(|(_, pod)| self.belongs(pod, target, at) && works(pod, gate));
        counts.map(|(uid, _)| uid).collect()
    }
}

/// Whether a pod can hold a gate: it is not on its way out, and its probed container runs.
pub(crate) fn works(pod: &Pod, gate: &UpgradeGate) -> bool {
    let running = pod.status.as_ref().is_some_and(|status| status.phase.as_deref() == Some("Running"));
    running && !is_terminating(pod) && !containers(pod, gate).is_empty()
}

/// Ids of the running containers that are probed: the one that declares the port, else all.
pub(crate) fn containers<'p>(pod: &'p Pod, gate: &UpgradeGate) -> Vec<&'p str> {
    let (Some(spec), Some(status)) = (&pod.spec, &pod.status) else { return Vec::new() };
    let all = spec.containers.iter().chain(spec.init_containers.iter().flatten());
    let probed = all.clone().find(|container| serves(container, &gate.spec.probe.http_get.port));
    let of_init = status.init_container_statuses.iter().flatten().filter(|_| probed.is_some());
    let statuses = status.container_statuses.iter().flatten().chain(of_init);
    statuses
        .filter(|status| probed.is_none_or(|container| container.name == status.name))
        .filter(|status| status.state.as_ref().is_some_and(|state| state.running.is_some()))
        .filter_map(|status| status.container_id.as_deref())
        .collect()
}

fn serves(container: &Container, port: &IntOrString) -> bool {
    container.ports.iter().flatten().any(|declared| match port {
        IntOrString::Int(number) => declared.container_port == *number,
        IntOrString::String(name) => declared.name.as_ref() == Some(name),
    })
}

/// Whether a pod was told to end.
pub(crate) fn is_terminating(pod: &Pod) -> bool {
    pod.metadata.deletion_timestamp.is_some()
}

/// Whether a ReplicaSet was made from the template that the target has.
pub(crate) fn is_wanted(set: &ReplicaSet, target: &Deployment) -> bool {
    let of_set = set.spec.as_ref().and_then(|spec| spec.template.as_ref());
    let of_target = target.spec.as_ref().map(|spec| &spec.template);
    of_set.map(bare) == of_target.map(bare)
}

/// Whether two versions of a target have the same template.
pub(crate) fn same_template(one: &Deployment, other: &Deployment) -> bool {
    let template = |target: &Deployment| target.spec.as_ref().map(|spec| bare(&spec.template));
    template(one) == template(other)
}

/// A template without the label that the Deployment controller adds.
fn bare(template: &PodTemplateSpec) -> PodTemplateSpec {
    let mut template = template.clone();
    if let Some(labels) = template.metadata.as_mut().and_then(|metadata| metadata.labels.as_mut()) {
        labels.remove(HASH_LABEL);
    }
    template
}

/// Kind and UID of an object's controller.
pub(crate) fn controller(metadata: &ObjectMeta) -> Option<(&str, &str)> {
    let owner = metadata.owner_references.iter().flatten().find(|owner| owner.controller == Some(true))?;
    Some((owner.kind.as_str(), owner.uid.as_str()))
}

/// Whether a selector, as `apps/v1` has it, matches these labels.
fn selects(selector: &LabelSelector, labels: Option<&BTreeMap<String, String>>) -> bool {
    let value = |key: &str| labels.and_then(|labels| labels.get(key));
    let exact = selector.match_labels.iter().flatten().all(|(key, wanted)| value(key) == Some(wanted));
    let expressions = selector.match_expressions.iter().flatten().all(|wanted| {
        let listed = |value: &String| wanted.values.iter().flatten().any(|one| one == value);
        match (wanted.operator.as_str(), value(&wanted.key)) {
            ("In", value) => value.is_some_and(listed),
            ("NotIn", value) => !value.is_some_and(listed),
            ("Exists", value) => value.is_some(),
            ("DoesNotExist", value) => value.is_none(),
            _ => false,
        }
    });
    exact && expressions
}

/// When the last of the probed containers started, in whole seconds.
pub(crate) fn started(pod: &Pod, gate: &UpgradeGate) -> Option<Timestamp> {
    let ids = containers(pod, gate);
    let status = pod.status.as_ref()?;
    let of_init = status.init_container_statuses.iter().flatten();
    let all = status.container_statuses.iter().flatten().chain(of_init);
    let ours = all.filter(|status| status.container_id.as_deref().is_some_and(|id| ids.contains(&id)));
    ours.filter_map(|status| Some(status.state.as_ref()?.running.as_ref()?.started_at.as_ref()?.0)).max()
}

impl World<'_> {
    /// Whether a pod has an owner that belongs to any target that is there at this time.
    pub(crate) fn belongs_to_any(&self, pod: &Pod, at: Timestamp) -> bool {
        let targets = self.deployments.values().filter_map(|target| target.at(at));
        targets.into_iter().any(|target| self.belongs(pod, target, at))
    }
}
