//! What lives while a gate runs: watches of its target and members, one worker a member, the bounded HTTP client.
//!
//! A [`Run`] gathers facts and carries out intents; it decides nothing. Dropping it ends all of it.

pub(crate) mod calls;
pub mod http;
pub(crate) mod objects;
pub(crate) mod pod;
pub mod recorded;
pub(crate) mod roster;
mod watches;
mod worker;

use std::{collections::BTreeMap, sync::Arc};

use kube::{Api, Client, core::Selector};
use upgradegate_crds::{ActionType, Phase, UpgradeGate};

use self::{
    calls::Shared,
    http::MemberClient,
    objects::DeploymentView,
    roster::Roster,
    watches::{MemberWatches, Watched},
};
use crate::{
    client::within,
    gate::{self, Intent, Members, Plan, Target, Workload, template_hash},
    metrics::Metrics,
};

pub(crate) use watches::Notify;

/// Everything of one gate's run.
pub(crate) struct Run {
    client: Client,
    namespace: String,
    name: String,
    target: Watched<DeploymentView>,
    /// The target as it was read beside the watch, until the watch has caught up.
    read: Option<Arc<DeploymentView>>,
    members: Option<MemberWatches>,
    roster: Roster,
    notify: Notify,
}

/// What is known of the target's object.
enum Found {
    Unknown,
    Missing,
    Present(Arc<DeploymentView>),
}

/// What a run knows at one moment.
pub(crate) struct Sighting {
    pub(crate) target: Target,
    pub(crate) members: Members,
    /// Whether something could not be asked and is worth asking again soon.
    pub(crate) again: bool,
}

impl Run {
    /// Starts to watch the target of `gate`. If another process began this run, any pod may be drained already.
    pub(crate) fn start(
        client: Client,
        gate: &UpgradeGate,
        plan: Plan,
        members: MemberClient,
        metrics: Arc<Metrics>,
        notify: Notify,
    ) -> Self {
        let namespace = gate.metadata.namespace.clone().unwrap_or_default();
        let name = gate.spec.target_ref.name.clone();
        let adopted = gate::may_have_drained(gate);
        let shared = Arc::new(Shared {
            gate: gate.metadata.name.clone().unwrap_or_default(),
            plan,
            client: members,
            metrics,
            notify: Arc::clone(&notify),
        });
        Run {
            target: watches::target(&client, &namespace, &name, &notify),
            roster: Roster::new(client.clone(), &namespace, shared, adopted),
            read: None,
            members: None,
            client,
            namespace,
            name,
            notify,
        }
    }

    /// What is known of the target and its members.
    pub(crate) async fn look(&mut self, gate: &UpgradeGate) -> Sighting {
        if !self.read_anew(gate).await {
            // A process that has not seen the target yet knows nothing of its members, least of all that there are none.
            let members = if self.members.is_some() { self.members(gate, None).await.0 } else { Members::default() };
            return Sighting { target: Target::Unknown, members, again: true };
        }
        let found = match self.deployment() {
            Found::Unknown => {
                return Sighting { target: Target::Unknown, members: Members::default(), again: false };
            }
            Found::Missing => None,
            Found::Present(deployment) => Some(deployment),
        };
        if let Some(deployment) = &found {
            self.watch_members(deployment);
        }
        let (members, again) = self.members(gate, found.as_deref()).await;
        let target = found.as_deref().map_or(Target::Missing, |deployment| Target::Present(workload(deployment)));
        Sighting { target, members, again }
    }

    /// The members, and whether some could not be asked for.
    async fn members(&mut self, gate: &UpgradeGate, found: Option<&DeploymentView>) -> (Members, bool) {
        let began = gate.status.as_ref().and_then(|status| status.target.as_ref()).map(|target| target.uid.clone());
        let current = found.and_then(|deployment| deployment.metadata.uid.clone());
        let owners = began.into_iter().chain(current).collect();
        match &self.members {
            Some(watches) => self.roster.call(watches, &owners).await,
            // This process never saw the target, so it knows no selector and no member.
            None => (Members { known: Vec::new(), whole: true, heard: true }, false),
        }
    }

    /// Tells every worker its intent.
    pub(crate) fn order(&self, intents: &BTreeMap<String, Intent>) {
        self.roster.order(intents);
    }

    /// The target: as it was read beside the watch, until the watch has caught up.
    fn deployment(&mut self) -> Found {
        let watched = match self.target.objects().into_iter().next() {
            Some(deployment) if self.target.is_whole() => Found::Present(deployment),
            None if self.target.is_whole() => Found::Missing,
            _ => Found::Unknown,
        };
        match (self.read.take(), watched) {
            (Some(read), Found::Present(watched)) if !is_behind(&watched, &read) => Found::Present(watched),
            // The watch had shown it before, so it is gone since.
            (Some(_), Found::Missing) if self.members.is_some() => Found::Missing,
            (Some(read), _) => {
                self.read = Some(Arc::clone(&read));
                Found::Present(read)
            }
            (None, watched) => watched,
        }
    }

    /// Reads the target anew if a post-upgrade hook says `Finish`: it does so before a watch may have seen the upgrade. What was read
    /// counts until the watch has caught up with it. Returns whether that could be done.
    async fn read_anew(&mut self, gate: &UpgradeGate) -> bool {
        let finish = gate.spec.action.as_ref().is_some_and(|action| action.type_ == ActionType::Finish);
        if !finish || gate.status.as_ref().is_some_and(|status| status.phase >= Some(Phase::RollingOut)) {
            return true;
        }
        let api: Api<DeploymentView> = Api::namespaced(self.client.clone(), &self.namespace);
        match within(&format!("get Deployment {}/{}", self.namespace, self.name), api.get_opt(&self.name)).await {
            Ok(found) => {
                self.read = found.map(Arc::new);
                true
            }
            Err(error) => {
                tracing::warn!(%error, "can't find out whether the upgrade came; it is asked again");
                false
            }
        }
    }

    /// Watches the members of this Deployment, unless that is done already.
    fn watch_members(&mut self, deployment: &DeploymentView) {
        let selector: Result<Selector, _> = deployment.spec.selector.clone().try_into();
        match selector {
            Ok(selector) if self.members.as_ref().is_none_or(|watches| watches.selector != selector) => {
                self.members = Some(MemberWatches::start(&self.client, &self.namespace, selector, &self.notify));
            }
            Ok(_) => {}
            Err(error) => {
                tracing::warn!(namespace = self.namespace, deployment = self.name, %error, "selector can't be read");
            }
        }
    }
}

/// Whether the watch shows an older version of the target than the one that was read.
fn is_behind(watched: &DeploymentView, read: &DeploymentView) -> bool {
    watched.metadata.uid == read.metadata.uid && watched.metadata.generation < read.metadata.generation
}

/// A Deployment in what any workload has in common.
pub(crate) fn workload(deployment: &DeploymentView) -> Workload {
    Workload {
        uid: deployment.metadata.uid.clone().unwrap_or_default(),
        template: template_hash(&deployment.spec.template),
        generation: deployment.metadata.generation.unwrap_or_default(),
        observed_generation: deployment.status.observed_generation,
        desired: deployment.spec.replicas.unwrap_or(1),
        updated: deployment.status.updated_replicas,
        current: deployment.status.replicas,
        available: deployment.status.available_replicas,
        failed_since: deployment.failed_since(),
    }
}
