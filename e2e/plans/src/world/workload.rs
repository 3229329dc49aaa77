//! The Deployment controller and the kubelet, played for one Deployment: real objects, by the rules of a rolling update with one pod more
//! than wanted and none less.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context, Result};
use jiff::Timestamp;
use k8s_openapi::api::apps::v1::{Deployment, ReplicaSet};
use k8s_openapi::api::core::v1::{Pod, PodTemplateSpec};
use kube::api::{DeleteParams, Patch, PatchParams, PostParams};
use kube::{Api, Resource, ResourceExt};
use serde_json::{Value, json};
use tokio::sync::watch;
use tokio::time::{Instant, sleep, timeout};
use tokio_util::task::AbortOnDropHandle;

use super::app::App;
use super::cluster::Cluster;
use super::{Recorder, http};
use crate::fault::Striker;
use crate::replica::Life;

/// Label that the Deployment controller adds to the template of a ReplicaSet.
const HASH_LABEL: &str = "pod-template-hash";

/// From one look to the next while something moves.
const TICK: Duration = Duration::from_millis(100);

/// How long a pod takes to start.
const STARTS_IN: Duration = Duration::from_millis(200);

/// How long a pod that was told to end takes.
const ENDS_IN: Duration = Duration::from_millis(500);

/// The applications that run, shared with the scenario.
pub(super) type Apps = Arc<Mutex<Vec<Arc<App>>>>;

/// What is wanted of the workload.
#[derive(Clone, Debug, Default)]
pub(super) struct Wanted {
    /// The Deployment as it was last written; `None` at first.
    pub deployment: Option<Deployment>,
    /// Whether new pods never start.
    pub stuck: bool,
    /// How many containers were told to start anew, each of the oldest pod.
    pub restarts: u32,
}

/// The parts of a run that pods need.
pub(super) struct Surroundings {
    pub cluster: Arc<Cluster>,
    pub namespace: String,
    pub striker: Arc<Striker>,
    pub recorder: Arc<Recorder>,
    pub lives: Vec<Arc<Life>>,
    pub apps: Apps,
}

/// The Deployment and what belongs to it.
pub(super) struct Workload {
    around: Surroundings,
    deployments: Api<Deployment>,
    replica_sets: Api<ReplicaSet>,
    pods: Api<Pod>,
    /// One ReplicaSet a template.
    sets: Vec<ReplicaSet>,
    members: Vec<Played>,
    /// The status as it was last written.
    status: Value,
    restarts: u32,
    created: u32,
}

/// A pod that is played.
struct Played {
    pod: Pod,
    /// UID of its ReplicaSet.
    set: String,
    since: Instant,
    stage: Stage,
    app: Arc<App>,
    /// The server of its application.
    server: Option<AbortOnDropHandle<()>>,
    containers: u32,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    Starting,
    Running,
    Ending,
}

impl Workload {
    pub(super) fn new(around: Surroundings) -> Self {
        let (client, namespace) = (around.cluster.client.clone(), around.namespace.as_str());
        Workload {
            deployments: Api::namespaced(client.clone(), namespace),
            replica_sets: Api::namespaced(client.clone(), namespace),
            pods: Api::namespaced(client, namespace),
            around,
            sets: Vec::new(),
            members: Vec::new(),
            status: Value::Null,
            restarts: 0,
            created: 0,
        }
    }

    /// Plays until `wanted` is dropped.
    pub(super) async fn play(mut self, mut wanted: watch::Receiver<Wanted>) -> Result<()> {
        loop {
            let now = wanted.borrow_and_update().clone();
            let moved = match &now.deployment {
                Some(deployment) => self.step(deployment, &now).await?,
                None => false,
            };
            if moved {
                sleep(TICK).await;
            } else {
                let limit =
                    self.members.iter().any(|p| p.stage == Stage::Ending || (p.stage == Stage::Starting && !now.stuck));
                let changed = wanted.changed();
                match limit {
                    true => drop(timeout(TICK, changed).await),
                    false if changed.await.is_err() => return Ok(()),
                    false => {}
                }
            }
            if wanted.has_changed().is_err() {
                return Ok(());
            }
        }
    }

    /// Does what is due; says whether it did anything.
    async fn step(&mut self, deployment: &Deployment, wanted: &Wanted) -> Result<bool> {
        let set = self.set(deployment).await?;
        let mut moved = self.move_on(wanted, &set).await?;
        moved |= self.scale(deployment, &set).await?;
        if self.restarts < wanted.restarts {
            self.restarts += 1;
            self.restart_a_container().await?;
            moved = true;
        }
        moved |= self.write_status(deployment, &set).await?;
        Ok(moved)
    }

    /// The ReplicaSet of the wanted template.
    async fn set(&mut self, deployment: &Deployment) -> Result<String> {
        let template = deployment.spec.as_ref().context("a Deployment without a spec")?.template.clone();
        if let Some(set) = self.sets.iter().find(|set| template_of(set) == Some(template.clone())) {
            return Ok(set.uid().unwrap_or_default());
        }
        let hash = format!("{:x}", self.sets.len() + 1);
        let mut labels = template.metadata.clone().unwrap_or_default().labels.unwrap_or_default();
        labels.insert(HASH_LABEL.into(), hash.clone());
        let mut own = template;
        own.metadata.get_or_insert_default().labels = Some(labels.clone());
        let set = json!({
            "metadata": {
                "name": format!("{}-{hash}", deployment.name_any()), "labels": labels,
                "ownerReferences": [deployment.controller_owner_ref(&())],
            },
            "spec": {"replicas": 0, "selector": {"matchLabels": labels}, "template": own},
        });
        let made = self.replica_sets.create(&PostParams::default(), &serde_json::from_value(set)?).await?;
        let uid = made.uid().unwrap_or_default();
        self.around.recorder.see(made.clone(), false);
        self.sets.push(made);
        Ok(uid)
    }

    /// Pods start and end in their time.
    async fn move_on(&mut self, wanted: &Wanted, set: &str) -> Result<bool> {
        let mut moved = false;
        for played in &mut self.members {
            let stuck = wanted.stuck && played.set == set;
            if played.stage == Stage::Starting && !stuck && played.since.elapsed() >= STARTS_IN {
                let listener = http::listen(&played.app).await?;
                played.server =
                    Some(AbortOnDropHandle::new(tokio::spawn(http::serve(Arc::clone(&played.app), listener))));
                played.stage = Stage::Running;
                write_pod_status(&self.around.recorder, &self.pods, played).await?;
                moved = true;
            }
            if played.stage == Stage::Ending && played.since.elapsed() >= ENDS_IN {
                let at_once = DeleteParams::default().grace_period(0);
                self.pods.delete(&played.pod.name_any(), &at_once).await?;
                played.server = None;
                moved = true;
            }
        }
        self.members.retain(|played| !(played.stage == Stage::Ending && played.since.elapsed() >= ENDS_IN));
        let running = self.members.iter().filter(|played| played.stage == Stage::Running);
        *self.around.apps.lock().unwrap_or_else(PoisonError::into_inner) =
            running.map(|played| Arc::clone(&played.app)).collect();
        Ok(moved)
    }

    /// One pod more, or one less, as a rolling update goes.
    async fn scale(&mut self, deployment: &Deployment, set: &str) -> Result<bool> {
        let desired = desired(deployment);
        let live = |played: &&Played| played.stage != Stage::Ending;
        let count = |filter: &dyn Fn(&Played) -> bool| self.members.iter().filter(live).filter(|p| filter(p)).count();
        let new = count(&|played| played.set == set);
        let all = count(&|_| true);
        let available = count(&|played| played.stage == Stage::Running);
        if new < desired && (all < desired + 1) {
            self.create_pod(set).await?;
            return Ok(true);
        }
        let surplus = |played: &&mut Played| {
            let old = played.set != set;
            played.stage != Stage::Ending
                && (if old { available > desired || played.stage == Stage::Starting } else { new > desired })
        };
        match self.members.iter_mut().rev().find(surplus) {
            Some(played) => {
                let deleted = self.pods.delete(&played.pod.name_any(), &DeleteParams::default()).await?;
                deleted.map_left(|pod| self.around.recorder.see(pod, false));
                (played.stage, played.since) = (Stage::Ending, Instant::now());
                Ok(true)
            }
            None => Ok(false),
        }
    }

    async fn create_pod(&mut self, set: &str) -> Result<()> {
        let set = self.sets.iter().find(|known| known.uid().as_deref() == Some(set)).context("no such ReplicaSet")?;
        let template =
            set.spec.as_ref().and_then(|spec| spec.template.clone()).context("a ReplicaSet without a template")?;
        self.created += 1;
        let mut spec = serde_json::to_value(template.spec)?;
        // On a node, so that a pod that is deleted has its grace.
        spec["nodeName"] = json!("played");
        let pod = json!({
            "metadata": {
                "name": format!("{}-{}", set.name_any(), self.created), "labels": template.metadata.and_then(|meta| meta.labels),
                "ownerReferences": [set.controller_owner_ref(&())],
            },
            "spec": spec,
        });
        let pod = self.pods.create(&PostParams::default(), &serde_json::from_value(pod)?).await?;
        let uid = pod.uid().unwrap_or_default();
        let Surroundings { cluster, striker, recorder, lives, .. } = &self.around;
        recorder.records(&uid);
        recorder.see(pod.clone(), false);
        let app = App::new(uid, cluster.address(), Arc::clone(striker), Arc::clone(recorder), lives.clone());
        self.members.push(Played {
            pod,
            set: set.uid().unwrap_or_default(),
            since: Instant::now(),
            stage: Stage::Starting,
            app: Arc::new(app),
            server: None,
            containers: 1,
        });
        Ok(())
    }

    async fn restart_a_container(&mut self) -> Result<()> {
        let Some(played) = self.members.iter_mut().find(|played| played.stage == Stage::Running) else { return Ok(()) };
        played.app.restart();
        played.containers += 1;
        write_pod_status(&self.around.recorder, &self.pods, played).await
    }

    async fn write_status(&mut self, deployment: &Deployment, set: &str) -> Result<bool> {
        let live: Vec<_> = self.members.iter().filter(|played| played.stage != Stage::Ending).collect();
        let updated = live.iter().filter(|played| played.set == set).count();
        let available = live.iter().filter(|played| played.stage == Stage::Running).count();
        let desired = desired(deployment);
        let complete = updated == desired && live.len() == desired && available == desired;
        let reason = if complete { "NewReplicaSetAvailable" } else { "ReplicaSetUpdated" };
        let status = json!({
            "observedGeneration": deployment.metadata.generation,
            "replicas": live.len(), "updatedReplicas": updated, "readyReplicas": available, "availableReplicas": available,
            "unavailableReplicas": live.len() - available,
            "conditions": [{"type": "Progressing", "status": "True", "reason": reason, "message": ""}],
        });
        if status == self.status {
            return Ok(false);
        }
        let patch = Patch::Merge(json!({"status": status}));
        let written = self.deployments.patch_status(&deployment.name_any(), &PatchParams::default(), &patch).await?;
        self.around.recorder.see(written, false);
        self.status = status;
        Ok(true)
    }
}

/// As a kubelet reports a pod of which the one container runs.
async fn write_pod_status(recorder: &Recorder, pods: &Api<Pod>, played: &mut Played) -> Result<()> {
    let now = Timestamp::now();
    let container = json!({
        "name": "app", "image": "app", "imageID": "app", "ready": true, "started": true, "restartCount": played.containers - 1,
        "containerID": format!("played://{}-{}", played.pod.uid().unwrap_or_default(), played.containers),
        "state": {"running": {"startedAt": now.strftime("%FT%TZ").to_string()}},
    });
    let address = played.app.address;
    let patch = Patch::Merge(json!({"status": {
        "phase": "Running", "podIP": address, "podIPs": [{"ip": address}], "containerStatuses": [container],
        "conditions": [{"type": "Ready", "status": "True"}],
    }}));
    played.pod = pods.patch_status(&played.pod.name_any(), &PatchParams::default(), &patch).await?;
    recorder.see(played.pod.clone(), false);
    Ok(())
}

fn desired(deployment: &Deployment) -> usize {
    let replicas = deployment.spec.as_ref().and_then(|spec| spec.replicas).unwrap_or(1);
    usize::try_from(replicas).unwrap_or(0)
}

/// The template of a ReplicaSet as the Deployment has it.
fn template_of(set: &ReplicaSet) -> Option<PodTemplateSpec> {
    let mut template = set.spec.as_ref()?.template.clone()?;
    let labels: &mut BTreeMap<_, _> = template.metadata.as_mut()?.labels.as_mut()?;
    labels.remove(HASH_LABEL);
    Some(template)
}
