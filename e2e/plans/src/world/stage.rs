//! A run's world, as a scenario uses it.

use std::sync::{Arc, PoisonError};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::core::v1::Namespace;
use kube::Api;
use kube::api::{DeleteParams, Patch, PatchParams, PostParams};
use serde_json::{Value, json};
use tokio::sync::watch;
use tokio::time::{Instant, timeout_at};
use tokio_util::task::AbortOnDropHandle;
use upgradegate_crds::{ActionType, FINALIZER, Outcome, Phase, UpgradeGate};
use upgradegate_proof::History;

use super::app::{App, DRAIN, PROBE};
use super::cluster::Cluster;
use super::workload::{Apps, Surroundings, Wanted, Workload};
use super::{Recorder, http};
use crate::fault::Striker;
use crate::replica::{Life, Place, Replica};

/// Name of the Deployment.
pub const APP: &str = "app";

/// How long anything may take that a scenario waits for: longer than all faults of a plan together.
pub const PATIENCE: Duration = Duration::from_mins(2);

/// The world of one run: a namespace, a workload, and an operator.
pub struct World {
    cluster: Arc<Cluster>,
    namespace: String,
    striker: Arc<Striker>,
    recorder: Arc<Recorder>,
    replicas: Vec<Replica>,
    apps: Apps,
    wanted: watch::Sender<Wanted>,
    workload: AbortOnDropHandle<Result<()>>,
}

impl World {
    /// A namespace with a Deployment of `members` pods that run, and `replicas` of an operator whose calls `striker` strikes.
    ///
    /// # Errors
    /// When the API server refuses something, or the pods do not run within 2 min.
    pub async fn start(cluster: &Arc<Cluster>, members: u32, replicas: usize, striker: Arc<Striker>) -> Result<Self> {
        let namespace = cluster.namespace();
        let recorder = cluster.record(&namespace);
        let object = serde_json::from_value(json!({"metadata": {"name": namespace}}))?;
        Api::<Namespace>::all(cluster.client.clone()).create(&PostParams::default(), &object).await?;
        let place = Place {
            cluster: cluster.config.clone(),
            namespace: namespace.clone(),
            striker: Arc::clone(&striker),
            recorder: Arc::clone(&recorder),
        };
        let replicas: Vec<Replica> = (0..replicas).map(|n| Replica::start(place.clone(), n)).collect::<Result<_>>()?;
        let apps = Apps::default();
        let (wanted, wants) = watch::channel(Wanted::default());
        let workload = Workload::new(Surroundings {
            cluster: Arc::clone(cluster),
            namespace: namespace.clone(),
            striker: Arc::clone(&striker),
            recorder: Arc::clone(&recorder),
            lives: replicas.iter().map(Replica::life).collect(),
            apps: Arc::clone(&apps),
        });
        let workload = AbortOnDropHandle::new(tokio::spawn(workload.play(wants)));
        let world =
            World { cluster: Arc::clone(cluster), namespace, striker, recorder, replicas, apps, wanted, workload };
        world.deploy(members).await?;
        Ok(world)
    }

    async fn deploy(&self, members: u32) -> Result<()> {
        let labels = json!({"app": APP});
        let container =
            json!({"name": "app", "image": "app:1", "ports": [{"name": "http", "containerPort": http::PORT}]});
        let deployment = serde_json::from_value(json!({
            "metadata": {"name": APP},
            "spec": {
                "replicas": members, "selector": {"matchLabels": labels},
                "template": {"metadata": {"labels": labels}, "spec": {"containers": [container]}},
            },
        }))?;
        let made = self.deployments().create(&PostParams::default(), &deployment).await?;
        self.wanted.send_modify(|wanted| wanted.deployment = Some(made));
        let all = members as usize;
        self.until("the pods run", |world| world.recorder.running() == all && world.apps().len() == all).await
    }

    /// Rolls out the version with this number; `stuck` says whether its pods never start.
    ///
    /// # Errors
    /// When the API server refuses it.
    pub async fn upgrade(&self, version: u32, stuck: bool) -> Result<()> {
        let container = json!({"name": "app", "image": format!("app:{version}")});
        self.change_deployment(json!({"spec": {"template": {"spec": {"containers": [container]}}}}), stuck).await
    }

    /// Changes the Deployment as it stands.
    ///
    /// # Errors
    /// When the API server refuses it.
    pub async fn change_deployment(&self, patch: Value, stuck: bool) -> Result<()> {
        let patch = Patch::Strategic(patch);
        let written = self.deployments().patch(APP, &PatchParams::default(), &patch).await?;
        self.recorder.see(written.clone(), false);
        self.wanted.send_modify(|wanted| {
            wanted.deployment = Some(written);
            wanted.stuck = stuck;
        });
        Ok(())
    }

    /// Creates a gate; `spec` is laid over one with a drain, a lease of 5 s and a question each second.
    ///
    /// # Errors
    /// When the API server refuses it.
    pub async fn gate(&self, name: &str, deadline_seconds: u32, spec: &Value) -> Result<UpgradeGate> {
        let mut gate = json!({
            "apiVersion": "upgradegate.dev/v1alpha1", "kind": "UpgradeGate", "metadata": {"name": name},
            "spec": {
                "targetRef": {"kind": "Deployment", "name": APP},
                "probe": {"httpGet": {"path": PROBE, "port": "http"}, "ready": "response.body.isUpgradeable == true"},
                "drain": {"http": {"path": DRAIN, "port": "http"}, "leaseSeconds": 5},
                "deadlineSeconds": deadline_seconds,
            },
        });
        lay_over(&mut gate["spec"], spec);
        let made = self.gates().create(&PostParams::default(), &serde_json::from_value(gate)?).await?;
        self.recorder.see(made.clone(), false);
        Ok(made)
    }

    /// Patches the spec of a gate. That it is gone is no error.
    ///
    /// # Errors
    /// When the API server refuses it.
    pub async fn patch_gate(&self, name: &str, spec: &Value) -> Result<()> {
        let patch = Patch::Merge(json!({"spec": spec}));
        match self.gates().patch(name, &PatchParams::default(), &patch).await {
            Err(kube::Error::Api(status)) if status.code == 404 => Ok(()),
            answer => {
                self.recorder.see(answer?, false);
                Ok(())
            }
        }
    }

    /// Gives an order to a gate.
    ///
    /// # Errors
    /// When the API server refuses it.
    pub async fn order(&self, name: &str, action: ActionType) -> Result<()> {
        self.patch_gate(name, &json!({"action": {"type": action, "reason": "the scenario says so"}})).await
    }

    /// Deletes a gate.
    ///
    /// # Errors
    /// When the API server refuses it.
    pub async fn delete_gate(&self, name: &str) -> Result<()> {
        Ok(self.gates().delete(name, &DeleteParams::default()).await.map(drop)?)
    }

    /// The gate, as it was last seen.
    pub fn seen(&self, name: &str) -> Option<UpgradeGate> {
        self.recorder.gate(name)
    }

    /// All gates, as they were last seen.
    pub fn all_seen(&self) -> Vec<UpgradeGate> {
        self.recorder.gates()
    }

    /// Waits until the gate is in this phase, or its run has ended. Says whether it is in the phase.
    ///
    /// # Errors
    /// When neither comes within 2 min.
    pub async fn phase(&self, name: &str, phase: Phase) -> Result<bool> {
        let what = format!("gate {name} is {phase:?}");
        self.until(&what, |world| {
            world.seen(name).is_none_or(|gate| phase_of(&gate) == Some(phase) || outcome_of(&gate).is_some())
        })
        .await?;
        Ok(self.seen(name).is_some_and(|gate| phase_of(&gate) == Some(phase)))
    }

    /// Waits until the gate says that a member is busy, or its run has ended.
    ///
    /// # Errors
    /// When neither comes within 2 min.
    pub async fn busy_is_known(&self, name: &str) -> Result<()> {
        let busy = |gate: &UpgradeGate| {
            gate.status.as_ref().and_then(|status| status.pods.as_ref()).is_some_and(|pods| pods.busy > 0)
        };
        let what = format!("gate {name} says that a member is busy");
        self.until(&what, |world| world.seen(name).is_none_or(|gate| busy(&gate) || outcome_of(&gate).is_some()))
            .await?;
        self.linger().await;
        Ok(())
    }

    /// Waits until `is_so`.
    ///
    /// # Errors
    /// When it does not come within 2 min, or the workload can't be played.
    pub async fn until(&self, what: &str, is_so: impl Fn(&World) -> bool) -> Result<()> {
        let mut changes = self.recorder.changes();
        let limit = Instant::now() + PATIENCE;
        while !is_so(self) {
            if self.workload.is_finished() {
                bail!("the workload is played no more");
            }
            let tick = (Instant::now() + Duration::from_millis(200)).min(limit);
            // Not all that is waited for shows in the history.
            drop(timeout_at(tick, changes.changed()).await);
            if Instant::now() >= limit {
                bail!("waited {} s in vain until {what}", PATIENCE.as_secs());
            }
        }
        Ok(())
    }

    /// Waits until nothing is left to do: every gate is finished or gone, without a finalizer, and every member works.
    ///
    /// # Errors
    /// When that does not come within 2 min: what is missing.
    pub async fn settle(&self) -> Result<()> {
        self.until("every gate is finished or gone, and without a finalizer", |world| {
            world.all_seen().iter().all(|gate| phase_of(gate) == Some(Phase::Finished) && !has_finalizer(gate))
        })
        .await?;
        self.until("every member works", |world| world.apps().iter().all(|app| app.works())).await
    }

    /// Waits some seconds for faults that have not struck yet: the Lease is renewed when all else is done.
    pub async fn spend_faults(&self) {
        let limit = Instant::now() + Duration::from_secs(8);
        let spent = |world: &World| world.striker.is_spent() || Instant::now() > limit;
        // What does not strike shows in the report.
        let _ = self.until("every fault has struck", spent).await;
    }

    /// Waits some seconds more while members are asked and drained each second, if a fault has to strike there: how often that happened
    /// until now depends on time.
    pub async fn linger(&self) {
        let limit = Instant::now() + Duration::from_secs(6);
        let passed = |world: &World| !world.striker.waits_for(&["probe", "drain"]) || Instant::now() > limit;
        // What does not strike shows in the report.
        let _ = self.until("members were asked and drained often enough", passed).await;
    }

    /// Starts the container of the oldest pod anew: it forgets everything.
    pub fn restart_a_container(&self) {
        self.wanted.send_modify(|wanted| wanted.restarts += 1);
    }

    /// The applications that run, the oldest first.
    pub fn apps(&self) -> Vec<Arc<App>> {
        self.apps.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Starts an operator in a world that began without one.
    ///
    /// # Errors
    /// When there can't be one more thread.
    pub fn operate(&mut self) -> Result<()> {
        let (cluster, namespace) = (self.cluster.config.clone(), self.namespace.clone());
        let (striker, recorder) = (Arc::clone(&self.striker), Arc::clone(&self.recorder));
        let place = Place { cluster, namespace, striker, recorder };
        self.replicas.push(Replica::start(place, self.replicas.len())?);
        Ok(())
    }

    /// The replicas of the operator.
    pub fn lives(&self) -> Vec<Arc<Life>> {
        self.replicas.iter().map(Replica::life).collect()
    }

    /// Ends the operator and all else. What was recorded.
    ///
    /// # Errors
    /// When a replica can't be awaited.
    pub async fn end(self) -> Result<History> {
        self.catch_up().await?;
        let World { replicas, cluster, namespace, recorder, .. } = self;
        tokio::task::spawn_blocking(move || drop(replicas)).await.context("end the replicas")?;
        cluster.forget(&namespace);
        Ok(recorder.history())
    }

    /// Waits until the recorder has seen what the operator may have acted on: its watch may be the slower one.
    async fn catch_up(&self) -> Result<()> {
        let mark = Patch::Merge(json!({"metadata": {"annotations": {"upgradegate.dev/plan": "over"}}}));
        match self.deployments().patch(APP, &PatchParams::default(), &mark).await {
            Ok(last) => self.until("the recorder caught up", |world| world.recorder.knows(&last)).await,
            // A scenario may have deleted it.
            Err(_) => Ok(()),
        }
    }

    /// The gates of this world.
    pub fn gates(&self) -> Api<UpgradeGate> {
        Api::namespaced(self.cluster.client.clone(), &self.namespace)
    }

    fn deployments(&self) -> Api<Deployment> {
        Api::namespaced(self.cluster.client.clone(), &self.namespace)
    }
}

/// Where the run of a gate is.
pub fn phase_of(gate: &UpgradeGate) -> Option<Phase> {
    gate.status.as_ref()?.phase
}

/// How the run of a gate ended.
pub fn outcome_of(gate: &UpgradeGate) -> Option<Outcome> {
    gate.status.as_ref()?.outcome
}

fn has_finalizer(gate: &UpgradeGate) -> bool {
    gate.metadata.finalizers.iter().flatten().any(|name| name == FINALIZER)
}

/// As a JSON merge patch: a null takes a field away.
fn lay_over(base: &mut Value, patch: &Value) {
    let (Some(base), Some(patch)) = (base.as_object_mut(), patch.as_object()) else { return };
    for (key, value) in patch {
        if value.is_null() {
            base.remove(key);
        } else {
            base.insert(key.clone(), value.clone());
        }
    }
}
