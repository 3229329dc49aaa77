//! Who the members are: pods by UID, each with its worker, until it is known that they are gone.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::Arc,
};

use futures::StreamExt;
use kube::{Api, Client};

use super::{
    calls::{Place, Shared},
    objects::{PodView, ReplicaSetView},
    pod::{self, Incarnation},
    watches::MemberWatches,
    worker::{Order, Worker},
};
use crate::{
    client::within,
    gate::{DrainFact, Intent, Member, Members, Revision, template_hash},
};

/// How many pods are asked for at once.
const GETS_AT_ONCE: usize = 16;

/// The members of a run.
pub(super) struct Roster {
    api: Api<PodView>,
    shared: Arc<Shared>,
    entries: BTreeMap<String, Entry>,
    /// Whether pods that are found now may have been drained by a process before this one.
    adopted: bool,
    /// Whether every member was heard once.
    heard: bool,
}

struct Entry {
    pod: Arc<PodView>,
    /// The last one that was seen, also while its container does not run.
    incarnation: Option<Incarnation>,
    belongs: bool,
    revision: Revision,
    worker: Worker,
}

impl Entry {
    /// The pod as it was found by name. Where it is the same as ever, it is the selector of the target that left it, not the pod that left
    /// the target: then it goes with the target.
    fn is_found_as(&mut self, pod: PodView) {
        let same_owner = controller(&pod.metadata) == controller(&self.pod.metadata);
        self.belongs &= same_owner && pod.metadata.labels == self.pod.metadata.labels;
        self.pod = Arc::new(pod);
    }
}

/// What an owner says of a pod.
pub(super) enum Claim {
    /// It is a member.
    Member(Revision),
    /// It belongs to somebody else, or to nobody.
    Stranger,
}

impl Roster {
    pub(super) fn new(client: Client, namespace: &str, shared: Arc<Shared>, adopted: bool) -> Self {
        Roster { api: Api::namespaced(client, namespace), shared, entries: BTreeMap::new(), adopted, heard: false }
    }

    /// Calls the roll: who is there, who came, who is gone. `owners` are the UIDs of the target, now and when the run began. The second
    /// value says whether a pod could not be asked for.
    pub(super) async fn call(&mut self, watches: &MemberWatches, owners: &BTreeSet<String>) -> (Members, bool) {
        let whole = watches.replica_sets.is_whole() && watches.pods.is_whole();
        let sets = replica_sets(&watches.replica_sets.objects(), owners);
        let mut absent: BTreeSet<String> = self.entries.keys().cloned().collect();
        for pod in watches.pods.objects() {
            let Some(uid) = pod.metadata.uid.clone() else { continue };
            match (claim(&pod, &sets), self.entries.contains_key(&uid)) {
                (Claim::Member(revision), _) => self.enter(&uid, pod, true, revision),
                // A member that was orphaned in the middle: it is owed a resume.
                (Claim::Stranger, true) => self.enter(&uid, pod, false, Revision::Unresolved),
                (Claim::Stranger, false) => continue,
            }
            absent.remove(&uid);
        }
        let mut again = false;
        if whole {
            self.adopted = false;
            again = !self.account_for(absent).await;
        }
        let known: Vec<Member> = self.entries.iter().map(|(uid, entry)| self.member(uid, entry)).collect();
        self.heard |= whole && known.iter().filter(|member| member.counts()).all(Member::was_heard);
        (Members { known, whole, heard: self.heard }, again)
    }

    /// Tells every worker its intent, and where its member is.
    pub(super) fn order(&self, intents: &BTreeMap<String, Intent>) {
        for (uid, entry) in &self.entries {
            let intent = intents.get(uid).copied().unwrap_or(Intent::Idle);
            entry.worker.order(Order { intent, place: self.place(&entry.pod) });
        }
    }

    fn enter(&mut self, uid: &str, pod: Arc<PodView>, belongs: bool, revision: Revision) {
        let drain = if self.adopted { DrainFact::Maybe } else { DrainFact::Never };
        let incarnation = pod::incarnation(&pod, &self.shared.plan.probe);
        let Some(entry) = self.entries.get_mut(uid) else {
            let worker = Worker::start(&self.shared, drain);
            self.entries.insert(uid.to_owned(), Entry { pod, incarnation, belongs, revision, worker });
            return;
        };
        (entry.pod, entry.belongs, entry.revision) = (pod, belongs, revision);
        // Another container or another IP starts over: nothing that it said counts any more.
        if let Some(current) = incarnation {
            let earlier = entry.incarnation.replace(current);
            if earlier.is_some() && earlier != entry.incarnation {
                entry.worker = Worker::start(&self.shared, entry.worker.facts().drain.after_restart());
            }
        }
    }

    /// Looks for pods that no watch shows any more. A selector watch says "deleted" of a pod that was only relabelled and still runs, so
    /// a drained one is forgotten only when it is known to be gone. Returns whether that could be found out of all.
    async fn account_for(&mut self, absent: BTreeSet<String>) -> bool {
        let owed = |entry: &Entry| {
            let drained = matches!(entry.worker.facts().drain, DrainFact::Maybe | DrainFact::Acknowledged(_));
            drained && entry.pod.metadata.deletion_timestamp.is_none()
        };
        self.entries.retain(|uid, entry| !absent.contains(uid) || owed(entry));
        let lost = absent.into_iter().filter_map(|uid| Some((self.entries.get(&uid)?.pod.metadata.name.clone()?, uid)));
        let asked = lost.map(async |(name, uid)| {
            let found = within(&format!("get pod {name}"), self.api.get_opt(&name)).await;
            (
                uid,
                found.inspect_err(
                    |error| tracing::warn!(pod = name, %error, "can't find out whether a drained pod is gone"),
                ),
            )
        });
        let answers: Vec<_> =
            futures::stream::iter(asked.collect::<Vec<_>>()).buffer_unordered(GETS_AT_ONCE).collect().await;
        let all = answers.iter().all(|(_, found)| found.is_ok());
        for (uid, found) in answers {
            match (found, self.entries.get_mut(&uid)) {
                (Ok(Some(pod)), Some(entry)) if pod.metadata.uid.as_ref() == Some(&uid) => entry.is_found_as(pod),
                (Ok(_), _) => drop(self.entries.remove(&uid)),
                (Err(_), _) => {}
            }
        }
        all
    }

    fn member(&self, uid: &str, entry: &Entry) -> Member {
        Member {
            uid: uid.to_owned(),
            name: entry.pod.metadata.name.clone().unwrap_or_default(),
            belongs: entry.belongs,
            revision: entry.revision.clone(),
            lifecycle: pod::lifecycle(&entry.pod, &self.shared.plan.probe),
            leaves_by: entry.pod.metadata.deletion_timestamp.as_ref().map(|at| at.0),
            facts: entry.worker.facts(),
        }
    }

    fn place(&self, pod: &PodView) -> Option<Place> {
        let probe = &self.shared.plan.probe;
        Some(Place {
            incarnation: pod::incarnation(pod, probe)?,
            probe_port: pod::port(pod, probe),
            drain_port: pod::port(pod, self.shared.plan.drain.as_ref().unwrap_or(probe)),
        })
    }
}

/// The ReplicaSets by UID: the template of those of the target, `None` for others.
pub(super) fn replica_sets(sets: &[Arc<ReplicaSetView>], owners: &BTreeSet<String>) -> HashMap<String, Option<String>> {
    let ours = |set: &ReplicaSetView| controller(&set.metadata).is_some_and(|(_, uid)| owners.contains(uid));
    sets.iter()
        .filter_map(|set| Some((set.metadata.uid.clone()?, ours(set).then(|| template_hash(&set.spec.template)))))
        .collect()
}

/// Whether a pod is a member: by selector (it was watched) *and* owner chain. An owner that is not known yet counts.
pub(super) fn claim(pod: &PodView, sets: &HashMap<String, Option<String>>) -> Claim {
    match controller(&pod.metadata) {
        Some(("ReplicaSet", uid)) => match sets.get(uid) {
            Some(Some(template)) => Claim::Member(Revision::Known(template.clone())),
            Some(None) => Claim::Stranger,
            None => Claim::Member(Revision::Unresolved),
        },
        Some(_) | None => Claim::Stranger,
    }
}

/// Kind and UID of an object's controller.
pub(crate) fn controller(
    metadata: &k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta,
) -> Option<(&str, &str)> {
    let owner = metadata.owner_references.iter().flatten().find(|owner| owner.controller == Some(true))?;
    Some((owner.kind.as_str(), owner.uid.as_str()))
}
