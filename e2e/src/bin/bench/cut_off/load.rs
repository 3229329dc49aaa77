//! Clients who do not go away: one whose operation is refused asks again until it is started.

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use anyhow::{Context, Result};
use tokio::{
    task::{JoinHandle, JoinSet},
    time::{interval, sleep},
};
use upgradegate_e2e::demo_app::DemoApp;

/// Whom the clients ask.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Aim {
    /// Always the same pod, as over a connection that is kept; another one when it is gone.
    OnePod,
    /// The Service, which chooses a pod by chance.
    Service,
}

#[derive(Debug, Default)]
struct Counts {
    started: AtomicUsize,
    waited: AtomicUsize,
    /// The pod at which all clients aim.
    pod: Mutex<String>,
}

/// A load, until it is dropped.
#[derive(Debug)]
pub struct Load {
    counts: Arc<Counts>,
    task: JoinHandle<()>,
}

impl Drop for Load {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Load {
    /// Begins: a client each `every`, who wants an operation of so many seconds.
    pub fn start(app: DemoApp, aim: Aim, every: Duration, seconds: u32) -> Self {
        let counts = Arc::<Counts>::default();
        let shared = counts.clone();
        let task = tokio::spawn(async move {
            let mut ticks = interval(every);
            let mut clients = JoinSet::new();
            loop {
                ticks.tick().await;
                clients.spawn(client(app.clone(), aim, every / 5, seconds, shared.clone()));
            }
        });
        Self { counts, task }
    }

    /// Operations that were started.
    pub fn started(&self) -> usize {
        self.counts.started.load(Ordering::Relaxed)
    }

    /// Clients who were not served at once.
    pub fn waited(&self) -> usize {
        self.counts.waited.load(Ordering::Relaxed)
    }
}

async fn client(app: DemoApp, aim: Aim, retry: Duration, seconds: u32, counts: Arc<Counts>) {
    let mut asked = 0;
    while ask(&app, aim, seconds, &counts).await.is_err() {
        asked += 1;
        if asked == 1 {
            counts.waited.fetch_add(1, Ordering::Relaxed);
        }
        sleep(retry).await;
    }
    counts.started.fetch_add(1, Ordering::Relaxed);
}

async fn ask(app: &DemoApp, aim: Aim, seconds: u32, counts: &Counts) -> Result<()> {
    match aim {
        Aim::Service => app.start_anywhere(seconds.into()).await,
        Aim::OnePod => {
            let names = app.names().await?;
            let pod = {
                let mut pod = counts.pod.lock().unwrap_or_else(PoisonError::into_inner);
                if !names.contains(&pod) {
                    pod.clone_from(names.first().context("no pod")?);
                }
                pod.clone()
            };
            app.start(&pod, seconds.into()).await
        }
    }
}
