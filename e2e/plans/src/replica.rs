//! One replica of the operator: a thread with a runtime of its own, that can be killed at any point, stand still as after SIGSTOP, and
//! starts anew when it was killed, as a container does.

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use anyhow::Result;
use tokio::runtime::{Builder, Handle};
use tokio_util::sync::CancellationToken;
use upgradegate_operator::admin::Health;
use upgradegate_operator::client;
use upgradegate_operator::controller::Outside;
use upgradegate_operator::lease::{LeaseConfig, Timing};
use upgradegate_operator::metrics::Metrics;
use upgradegate_operator::operate::operate;
use upgradegate_operator::run::http::MemberClient;

use crate::fault::{FaultyClient, Striker};
use crate::world::Recorder;

/// How long a killed replica is away.
pub const RESTART_AFTER: Duration = Duration::from_millis(300);

/// An election that is over within seconds.
pub const TIMING: Timing = Timing {
    duration: Duration::from_secs(3),
    renew_deadline: Duration::from_secs(2),
    renew_every: Duration::from_secs(1),
    request_timeout: Duration::from_millis(700),
    retry_after: Duration::from_millis(250),
};

/// What a replica needs to know.
#[derive(Clone, Debug)]
pub struct Place {
    /// The API server.
    pub cluster: kube::Config,
    /// The namespace that it serves, and where its Lease is.
    pub namespace: String,
    /// The faults of the run.
    pub striker: Arc<Striker>,
    /// Records what the operator writes.
    pub recorder: Arc<Recorder>,
}

/// A replica that runs. Dropping it ends it.
#[derive(Debug)]
pub struct Replica {
    life: Arc<Life>,
    thread: Option<JoinHandle<()>>,
}

/// The lives of one replica: how others end or stop them.
#[derive(Debug)]
pub struct Life {
    replica: usize,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// Ends the present life.
    kill: CancellationToken,
    /// The runtime of the present life.
    runtime: Option<Handle>,
    /// Whether no other life comes.
    over: bool,
    lives: usize,
}

impl Replica {
    /// Starts the replica with this number.
    ///
    /// # Errors
    /// When there can't be one more thread.
    pub fn start(place: Place, number: usize) -> Result<Self> {
        let life = Arc::new(Life { replica: number, state: Mutex::default() });
        let lives = Arc::clone(&life);
        let name = format!("{}-{number}", place.namespace);
        let thread = thread::Builder::new().name(name).spawn(move || live(&place, &lives))?;
        Ok(Self { life, thread: Some(thread) })
    }

    /// How to end or stop it.
    pub fn life(&self) -> Arc<Life> {
        Arc::clone(&self.life)
    }
}

impl Drop for Replica {
    fn drop(&mut self) {
        self.life.state().over = true;
        self.life.kill();
        if let Some(thread) = self.thread.take() {
            // It panics only where the operator does; then its run fails by what it did not do.
            let _ = thread.join();
        }
    }
}

impl Life {
    /// The number of the replica.
    pub fn replica(&self) -> usize {
        self.replica
    }

    /// How many lives it had.
    pub fn lives(&self) -> usize {
        self.state().lives
    }

    /// Ends the present life at once, as SIGKILL does.
    pub fn kill(&self) {
        self.state().kill.cancel();
    }

    /// Stands still, called from within the replica.
    pub fn stand_still(&self, lasting: Duration) {
        thread::sleep(lasting);
    }

    /// Makes the replica stand still, called from outside.
    pub fn freeze(&self, lasting: Duration) {
        if let Some(runtime) = &self.state().runtime {
            // The only thread of the runtime sleeps, so nothing in it runs.
            runtime.spawn(async move { thread::sleep(lasting) });
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Begins a life; `None` when it is over.
    fn begin(&self, runtime: &Handle) -> Option<CancellationToken> {
        let mut state = self.state();
        state.kill = CancellationToken::new();
        state.runtime = Some(runtime.clone());
        state.lives += 1;
        (!state.over).then(|| state.kill.clone())
    }
}

/// One life after the other.
fn live(place: &Place, life: &Arc<Life>) {
    loop {
        let Ok(runtime) = Builder::new_current_thread().enable_all().max_blocking_threads(2).build() else { return };
        let Some(killed) = life.begin(runtime.handle()) else { return };
        runtime.block_on(async {
            tokio::select! {
                biased;
                () = killed.cancelled() => {}
                result = run(place, life) => if let Err(error) = result {
                    tracing::error!(%error, "the replica ended");
                }
            }
        });
        runtime.shutdown_background();
        if life.state().over {
            return;
        }
        thread::sleep(RESTART_AFTER);
    }
}

/// The operator, as its own process runs it.
async fn run(place: &Place, life: &Arc<Life>) -> Result<()> {
    let metrics = Arc::new(Metrics::new());
    let identity = format!("operator-{}", life.replica);
    let client = client::connect(place.cluster.clone(), &metrics)?;
    let servers: BTreeSet<IpAddr> = client::api_server_addresses(&place.cluster);
    let outside = Outside {
        client: FaultyClient::around(client, place, Arc::clone(life)),
        members: MemberClient::new(servers),
        metrics,
        namespace: Some(place.namespace.clone()),
        identity: Some(identity.clone()),
    };
    let lease = LeaseConfig {
        namespace: place.namespace.clone(),
        name: "upgradegate-operator".into(),
        identity,
        timing: TIMING,
    };
    operate(outside, Some(lease), Health::new(&["gates"]), CancellationToken::new()).await?;
    Ok(())
}
