//! The logs of every container of a namespace, also of those that are gone by now.

use std::{
    collections::{BTreeSet, HashSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use futures::{AsyncBufReadExt, TryStreamExt};
use k8s_openapi::api::core::v1::Pod;
use kube::{Api, ResourceExt, api::LogParams};
use tokio::{
    task::{JoinHandle, JoinSet},
    time::sleep,
};

use crate::{
    bounds,
    watched::{self, Change},
};

pub mod calls;

/// How often a log is opened again that broke off.
const REOPENED: u32 = 300;

/// A line of a log.
#[derive(Clone, Debug)]
pub struct LogLine {
    /// Name of the pod.
    pub pod: String,
    /// UID of the pod.
    pub uid: String,
    /// Name of the container.
    pub container: String,
    /// Id of the container: each start has its own.
    pub id: String,
    /// The line.
    pub text: String,
}

/// Follows the logs of all pods of a namespace.
#[derive(Debug)]
pub struct Logs {
    kept: Arc<Kept>,
    task: JoinHandle<()>,
}

/// What was read.
#[derive(Debug, Default)]
struct Kept {
    lines: Mutex<Vec<LogLine>>,
    /// UIDs of pods of which lines may be missing.
    torn: Mutex<BTreeSet<String>>,
}

impl Kept {
    fn lines(&self) -> MutexGuard<'_, Vec<LogLine>> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn torn(&self) -> MutexGuard<'_, BTreeSet<String>> {
        self.torn.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Logs {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Logs {
    /// Begins to follow.
    pub fn follow(pods: Api<Pod>) -> Self {
        let kept = Arc::<Kept>::default();
        Self { kept: kept.clone(), task: tokio::spawn(follow_pods(pods, kept)) }
    }

    /// Every line so far; those of one container are in order.
    pub fn lines(&self) -> Vec<LogLine> {
        self.kept.lines().clone()
    }

    /// UIDs of pods of which lines may be missing.
    pub fn torn(&self) -> BTreeSet<String> {
        self.kept.torn().clone()
    }

    /// How many lines contain `text`.
    pub fn count(&self, text: &str) -> usize {
        self.lines().iter().filter(|line| line.text.contains(text)).count()
    }
}

async fn follow_pods(pods: Api<Pod>, kept: Arc<Kept>) {
    let mut events = watched::changes(pods.clone());
    let mut followed = HashSet::new();
    let mut followers = JoinSet::new();
    loop {
        let pod = match events.try_next().await {
            Ok(Some(Change::Version { object, gone: false })) => object,
            Ok(Some(_)) | Err(_) => continue,
            Ok(None) => return,
        };
        let statuses = pod.status.as_ref().and_then(|status| status.container_statuses.as_ref());
        for status in statuses.into_iter().flatten() {
            let started = status.state.as_ref().is_some_and(|state| state.waiting.is_none());
            // Each start of a container has an id and a log of its own.
            if let Some(id) = status.container_id.clone().filter(|_| started)
                && followed.insert(id.clone())
            {
                let (name, uid) = (pod.name_any(), pod.uid().unwrap_or_default());
                let of = LogLine { pod: name, uid, container: status.name.clone(), id, text: String::new() };
                followers.spawn(follow_container(pods.clone(), of, kept.clone()));
            }
        }
    }
}

/// Reads a log to its end. One that breaks off is opened again, and read on from where it broke.
async fn follow_container(pods: Api<Pod>, of: LogLine, kept: Arc<Kept>) {
    let params = LogParams { follow: true, container: Some(of.container.clone()), ..LogParams::default() };
    let mut read = 0;
    for _ in 0..REOPENED {
        match pods.log_stream(&of.pod, &params).await {
            Ok(stream) => {
                let mut lines = stream.lines();
                for _ in 0..read {
                    drop(lines.try_next().await);
                }
                loop {
                    match lines.try_next().await {
                        Ok(Some(text)) => kept.lines().push(LogLine { text, ..of.clone() }),
                        Ok(None) => return,
                        Err(_) => break,
                    }
                    read += 1;
                }
            }
            // The pod is gone, or its container is: there is nothing to be read any more.
            Err(kube::Error::Api(status)) if matches!(status.code, 400 | 404) => break,
            Err(_) => {}
        }
        sleep(bounds::LOOK).await;
    }
    kept.torn().insert(of.uid);
}
