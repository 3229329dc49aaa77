//! Sends a change to the API server, and reads what comes of it.

use std::fmt;
use std::sync::atomic::{AtomicU32, Ordering};

use anyhow::{Context, Result, bail};
use kube::Api;
use kube::api::{ApiResource, DynamicObject, Patch, PatchParams, PostParams};
use kube::core::Status;
use serde_json::json;
use upgradegate_crds::UpgradeGate;

use super::change::{Change, Way};
use super::law::Verdict;
use crate::world::World;

/// Times that an update is read and written again: the operator may write in between.
const TRIES: usize = 10;

/// A gate as the API server has it, with every field that it was sent.
pub(super) struct Gate {
    api: Api<DynamicObject>,
    name: String,
    /// Managers so far: each owns only what it applied itself.
    managers: AtomicU32,
}

/// What the API server answered.
#[derive(Debug)]
pub(super) enum Answer {
    Accepted,
    /// With the message and the causes.
    Refused(Box<Status>),
}

impl Gate {
    pub fn new(world: &World, name: &str) -> Self {
        let gates = world.gates();
        let namespace = gates.namespace().unwrap_or_default().to_owned();
        let api = Api::namespaced_with(gates.into_client(), &namespace, &ApiResource::erase::<UpgradeGate>(&()));
        Self { api, name: name.into(), managers: AtomicU32::new(0) }
    }

    /// The gate as it stands; `None` if it is gone.
    pub async fn read(&self) -> Result<Option<DynamicObject>> {
        Ok(self.api.get_opt(&self.name).await?)
    }

    /// Makes the change.
    pub async fn submit(&self, change: &Change) -> Result<Answer> {
        let mut patch = change.patch();
        let way = match change {
            Change::Spec { way, .. } => *way,
            Change::Metadata(_) => Way::Merge,
        };
        let answer = match way {
            Way::Merge => self.api.patch(&self.name, &PatchParams::default(), &Patch::Merge(patch)).await,
            Way::Update => return self.update(change).await,
            Way::Apply | Way::ForcedApply => {
                patch["apiVersion"] = json!(upgradegate_api_version());
                patch["kind"] = json!("UpgradeGate");
                let manager = format!("walk-{}", self.managers.fetch_add(1, Ordering::Relaxed));
                let params = PatchParams { force: way == Way::ForcedApply, ..PatchParams::apply(&manager) };
                self.api.patch(&self.name, &params, &Patch::Apply(patch)).await
            }
        };
        read_answer(answer.map(drop))
    }

    /// Reads, changes and writes the whole object.
    async fn update(&self, change: &Change) -> Result<Answer> {
        for _ in 0..TRIES {
            let mut object = self.read().await?.context("the gate is gone")?;
            object.data["spec"] = change.on(&object.data["spec"]);
            let answer = self.api.replace(&self.name, &PostParams::default(), &object).await;
            match read_answer(answer.map(drop))? {
                Answer::Refused(status) if status.code == 409 => {}
                answer => return Ok(answer),
            }
        }
        bail!("gate {} was written by others {TRIES} times in a row between a read and an update", self.name)
    }
}

impl Answer {
    /// Whether this is what had to come of it.
    pub fn is(&self, verdict: &Verdict) -> bool {
        match (self, verdict) {
            (Answer::Accepted, Verdict::Accepted | Verdict::Nothing) => true,
            (Answer::Refused(status), Verdict::Conflict) => status.code == 409,
            (Answer::Refused(status), Verdict::Refused(fields)) => {
                let names = |field: &String| self.causes().any(|(cause, _)| is_within(cause, field));
                status.code == 422 && fields.iter().any(names)
            }
            _ => false,
        }
    }

    /// The fields that a refusal names, and why.
    pub fn causes(&self) -> impl Iterator<Item = (&str, &str)> {
        let details = match self {
            Answer::Accepted => None,
            Answer::Refused(status) => status.details.as_ref(),
        };
        let causes = details.into_iter().flat_map(|details| &details.causes);
        causes.map(|cause| (cause.field.as_str(), cause.message.as_str()))
    }
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Answer::Accepted => f.write_str("accepted"),
            Answer::Refused(status) => {
                let message: String = status.message.chars().take(400).collect();
                write!(f, "{} {message}", status.code)
            }
        }
    }
}

fn upgradegate_api_version() -> String {
    use kube::Resource;
    UpgradeGate::api_version(&()).into_owned()
}

fn read_answer(answer: kube::Result<()>) -> Result<Answer> {
    match answer {
        Ok(()) => Ok(Answer::Accepted),
        Err(kube::Error::Api(status)) => Ok(Answer::Refused(status)),
        Err(error) => Err(error.into()),
    }
}

/// Whether a path is `field` or leads into it.
fn is_within(path: &str, field: &str) -> bool {
    path.strip_prefix(field).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
}
