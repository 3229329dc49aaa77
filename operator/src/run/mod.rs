//! What lives while a gate runs: watches of its target and members, one worker a member, the bounded HTTP client.
//!
//! A [`Run`] gathers facts and carries out intents; it decides nothing. Dropping it ends all of it.

pub mod http;
mod objects;
mod pod;
mod roster;
mod watches;
mod worker;

use std::{collections::BTreeMap, sync::Arc};

use kube::{Api, Client, core::Selector};
use upgradegate_crds::{ActionType, Phase, UpgradeGate};

use self::{
    http::MemberClient,
    objects::DeploymentView,
    roster::Roster,
    watches::{MemberWatches, Watched},
    worker::Shared,
};
use crate::{
    client::{ApiError, within},
    gate::{Intent, Members, Plan, Target, Workload, template_hash},
    metrics::Metrics,
};

pub(crate) use watches::Notify;

/// Everything of one gate's run.
pub(crate) struct Run {
    client: Client,
    namespace: String,
    name: String,
    target: Watched<DeploymentView>,
    members: Option<MemberWatches>,
    roster: Roster,
    notify: Notify,
}

/// What a run knows at one moment.
pub(crate) struct Sighting {
    pub(crate) target: Target,
    pub(crate) members: Members,
    /// Whether something could not be asked and is worth asking again soon.
    pub(crate) again: bool,
}

impl Run {
    /// Starts to watch the target of `gate`. `adopted`: another process began this run, so any pod may be drained already.
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
        let adopted = gate.metadata.finalizers.iter().flatten().any(|f| f == upgradegate_crds::FINALIZER);
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
            members: None,
            client,
            namespace,
            name,
            notify,
        }
    }

    /// What is known of the target and its members.
    ///
    /// # Errors
    /// Only when the target has to be read anew, for `Finish`, and can't be.
    pub(crate) async fn look(&mut self, gate: &UpgradeGate) -> Result<Sighting, ApiError> {
        let Some(found) = self.deployment(gate).await? else {
            return Ok(Sighting { target: Target::Unknown, members: Members::default(), again: false });
        };
        if let Some(deployment) = &found {
            self.watch_members(deployment);
        }
        let began = gate.status.as_ref().and_then(|status| status.target.as_ref()).map(|target| target.uid.clone());
        let current = found.as_ref().and_then(|deployment| deployment.metadata.uid.clone());
        let owners = began.into_iter().chain(current).collect();
        let (members, again) = match &self.members {
            Some(watches) => self.roster.call(watches, &owners).await,
            // There never was a target, so there is no member.
            None => (Members { known: Vec::new(), whole: true, heard: true }, false),
        };
        let target = found.as_deref().map_or(Target::Missing, |deployment| Target::Present(workload(deployment)));
        Ok(Sighting { target, members, again })
    }

    /// Tells every worker its intent.
    pub(crate) fn order(&self, intents: &BTreeMap<String, Intent>) {
        self.roster.order(intents);
    }

    /// The target: `None` if that is not known. A post-upgrade hook says `Finish` before a watch may have seen the upgrade, so then it is
    /// read anew, until the upgrade was seen.
    async fn deployment(&self, gate: &UpgradeGate) -> Result<Option<Option<Arc<DeploymentView>>>, ApiError> {
        let finish = gate.spec.action.as_ref().is_some_and(|action| action.type_ == ActionType::Finish);
        if finish && gate.status.as_ref().is_none_or(|status| status.phase < Some(Phase::RollingOut)) {
            let api: Api<DeploymentView> = Api::namespaced(self.client.clone(), &self.namespace);
            let call = format!("get Deployment {}/{}", self.namespace, self.name);
            return within(&call, api.get_opt(&self.name)).await.map(|found| Some(found.map(Arc::new)));
        }
        Ok(self.target.is_whole().then(|| self.target.objects().into_iter().next()))
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

/// A Deployment in what any workload has in common.
fn workload(deployment: &DeploymentView) -> Workload {
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
