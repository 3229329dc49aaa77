//! The logs of every container of a namespace, also of those that are gone by now.

use std::{
    collections::HashSet,
    sync::{Arc, Mutex, PoisonError},
};

use futures::{AsyncBufReadExt, TryStreamExt};
use k8s_openapi::api::core::v1::Pod;
use kube::{
    Api, ResourceExt,
    api::LogParams,
    runtime::{
        WatchStreamExt,
        watcher::{self, Event, watcher},
    },
};
use tokio::task::{JoinHandle, JoinSet};

/// A line of a log.
#[derive(Clone, Debug)]
pub struct LogLine {
    /// Name of the pod.
    pub pod: String,
    /// Name of the container.
    pub container: String,
    /// The line.
    pub text: String,
}

/// Follows the logs of all pods of a namespace.
#[derive(Debug)]
pub struct Logs {
    lines: Arc<Mutex<Vec<LogLine>>>,
    task: JoinHandle<()>,
}

impl Drop for Logs {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Logs {
    /// Begins to follow.
    pub fn follow(pods: Api<Pod>) -> Self {
        let lines = Arc::<Mutex<Vec<LogLine>>>::default();
        Self { lines: lines.clone(), task: tokio::spawn(follow_pods(pods, lines)) }
    }

    /// Every line so far; those of one container are in order.
    pub fn lines(&self) -> Vec<LogLine> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// How many lines contain `text`.
    pub fn count(&self, text: &str) -> usize {
        self.lines().iter().filter(|line| line.text.contains(text)).count()
    }
}

async fn follow_pods(pods: Api<Pod>, lines: Arc<Mutex<Vec<LogLine>>>) {
    let mut events = Box::pin(watcher(pods.clone(), watcher::Config::default()).default_backoff());
    let mut followed = HashSet::new();
    let mut followers = JoinSet::new();
    loop {
        let pod = match events.try_next().await {
            Ok(Some(Event::Apply(pod) | Event::InitApply(pod))) => pod,
            Ok(Some(_)) | Err(_) => continue,
            Ok(None) => return,
        };
        let statuses = pod.status.as_ref().and_then(|status| status.container_statuses.as_ref());
        for status in statuses.into_iter().flatten() {
            let started = status.state.as_ref().is_some_and(|state| state.waiting.is_none());
            // Each start of a container has an id and a log of its own.
            if let Some(id) = status.container_id.clone().filter(|_| started)
                && followed.insert(id)
            {
                followers.spawn(follow_container(pods.clone(), pod.name_any(), status.name.clone(), lines.clone()));
            }
        }
    }
}

async fn follow_container(pods: Api<Pod>, pod: String, container: String, lines: Arc<Mutex<Vec<LogLine>>>) {
    let params = LogParams { follow: true, container: Some(container.clone()), ..LogParams::default() };
    let Ok(stream) = pods.log_stream(&pod, &params).await else { return };
    let mut stream = stream.lines();
    while let Ok(Some(text)) = stream.try_next().await {
        let line = LogLine { pod: pod.clone(), container: container.clone(), text };
        lines.lock().unwrap_or_else(PoisonError::into_inner).push(line);
    }
}
