//! The same view of objects that were recorded: what a run sees in a target, its ReplicaSets and its pods, so that a recorded run can be
//! decided on again.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use k8s_openapi::api::{
    apps::v1::{Deployment, ReplicaSet},
    core::v1::Pod,
};
use kube::core::{Selector, SelectorExt};
use serde::{Serialize, de::DeserializeOwned};

use super::{
    objects::{DeploymentView, PodView, ReplicaSetView},
    pod,
    roster::{Claim, claim, replica_sets},
    workload,
};
use crate::gate::{Facts, Member, Plan, Revision, Workload};

/// A recorded target, as a decision sees it.
///
/// # Errors
/// If the object is no Deployment that this operator can read.
pub fn target(deployment: &Deployment) -> Result<Workload, serde_json::Error> {
    view::<DeploymentView>(deployment).map(|deployment| workload(&deployment))
}

/// Whose members are looked for.
#[derive(Clone, Debug)]
pub struct Owners {
    /// UIDs of the target, now and when the run began.
    pub uids: BTreeSet<String>,
    /// The selector of the target; none if it was never seen.
    pub selector: Option<Selector>,
}

impl Owners {
    /// The owners that a run knows which sees this target and began with a target of that UID.
    pub fn of(deployment: Option<&Deployment>, began: Option<&str>) -> Self {
        let current = deployment.and_then(|deployment| deployment.metadata.uid.clone());
        let selector = deployment.and_then(|deployment| deployment.spec.as_ref()?.selector.clone().try_into().ok());
        Self { uids: began.map(str::to_owned).into_iter().chain(current).collect(), selector }
    }
}

/// The members among recorded pods, with the facts that `facts` has of each. Of a pod that is none any more it gives facts only if it
/// was a member before.
///
/// # Errors
/// If an object can't be read by this operator.
pub fn members<'o>(
    owners: &Owners,
    sets: impl IntoIterator<Item = &'o ReplicaSet>,
    pods: impl IntoIterator<Item = &'o Pod>,
    plan: &Plan,
    facts: impl Fn(&'o Pod, bool) -> Option<Facts>,
) -> Result<Vec<Member>, serde_json::Error> {
    let views: Vec<_> =
        sets.into_iter().map(|set| view::<ReplicaSetView>(set).map(Into::into)).collect::<Result<_, _>>()?;
    let sets: HashMap<String, Option<String>> = replica_sets(&views, &owners.uids);
    let none = BTreeMap::new();
    let mut members = Vec::new();
    for recorded in pods {
        let pod = view::<PodView>(recorded)?;
        let labels = recorded.metadata.labels.as_ref().unwrap_or(&none);
        let selected = owners.selector.as_ref().is_some_and(|selector| selector.matches(labels));
        let (belongs, revision) = match claim(&pod, &sets) {
            Claim::Member(revision) if selected => (true, revision),
            Claim::Member(_) | Claim::Stranger => (false, Revision::Unresolved),
        };
        let Some(facts) = facts(recorded, belongs) else { continue };
        members.push(Member {
            uid: pod.metadata.uid.clone().unwrap_or_default(),
            name: pod.metadata.name.clone().unwrap_or_default(),
            belongs,
            revision,
            lifecycle: pod::lifecycle(&pod, &plan.probe),
            leaves_by: pod.metadata.deletion_timestamp.as_ref().map(|at| at.0),
            facts,
        });
    }
    Ok(members)
}

/// An object with only the fields that a run reads.
fn view<V: DeserializeOwned>(object: &impl Serialize) -> Result<V, serde_json::Error> {
    serde_json::from_value(serde_json::to_value(object)?)
}
