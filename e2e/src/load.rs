//! Clients that start operations without end.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use tokio::{
    task::{JoinHandle, JoinSet},
    time::{MissedTickBehavior, interval},
};

use crate::demo_app::DemoApp;

/// What the clients saw.
#[derive(Debug, Default)]
pub struct Counts {
    accepted: AtomicUsize,
    refused: AtomicUsize,
}

impl Counts {
    /// Operations that were started.
    pub fn accepted(&self) -> usize {
        self.accepted.load(Ordering::Relaxed)
    }

    /// Requests that were not served.
    pub fn refused(&self) -> usize {
        self.refused.load(Ordering::Relaxed)
    }
}

/// A load on an application, until it is stopped or dropped.
#[derive(Debug)]
pub struct Load {
    /// What the clients saw so far.
    pub counts: Arc<Counts>,
    task: JoinHandle<()>,
}

impl Drop for Load {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Load {
    /// Asks the Service every `period` for an operation of `seconds`, whether or not earlier requests are answered.
    pub fn start(app: DemoApp, period: Duration, seconds: f64) -> Self {
        let counts = Arc::<Counts>::default();
        let shared = counts.clone();
        let task = tokio::spawn(async move {
            let mut ticks = interval(period);
            ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
            let mut requests = JoinSet::new();
            loop {
                ticks.tick().await;
                while requests.try_join_next().is_some() {}
                let (app, counts) = (app.clone(), shared.clone());
                requests.spawn(async move {
                    let count = match app.start_anywhere(seconds).await {
                        Ok(()) => &counts.accepted,
                        Err(_) => &counts.refused,
                    };
                    count.fetch_add(1, Ordering::Relaxed);
                });
            }
        });
        Self { counts, task }
    }
}
