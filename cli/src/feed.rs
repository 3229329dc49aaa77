//! What the API server tells of awaited gates: a GET and a watch for each, over and over.

use std::time::{Duration, Instant};

use futures::StreamExt;
use kube::{ResourceExt, api::WatchEvent};
use tokio::{
    sync::mpsc::{self, Receiver, Sender},
    task::JoinSet,
    time::{sleep, timeout},
};

use crate::{
    api::{Gates, WATCH_SILENCE},
    api_error::ApiError,
    gate::Key,
    verdict::Seen,
};

const FIRST_PAUSE: Duration = Duration::from_millis(200);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);
/// A refusal may come from an API server that has only just started, so one alone is not believed.
const REFUSALS_BELIEVED: u32 = 3;

/// News of the gate with that index.
pub struct News {
    /// Place of the gate in the list that the feed was started with.
    pub index: usize,
    /// What is new.
    pub what: What,
}

/// What is new.
pub enum What {
    /// The gate as it is now.
    Seen(Seen),
    /// A call failed; it is being repeated.
    Trouble(ApiError),
    /// A call is refused, and will be.
    Denied(ApiError),
}

/// Follows gates until it is dropped.
pub struct Feed {
    news: Receiver<News>,
    _followers: JoinSet<()>,
}

impl Feed {
    /// Begins to follow these gates.
    pub fn start(gates: &Gates, keys: impl IntoIterator<Item = Key>) -> Self {
        let (tell, news) = mpsc::channel(16);
        let mut followers = JoinSet::new();
        for (index, key) in keys.into_iter().enumerate() {
            let follower = Follower { gates: gates.clone(), key, index, tell: tell.clone() };
            followers.spawn(async move { follower.follow().await });
        }
        Feed { news, _followers: followers }
    }

    /// The next piece of news.
    pub async fn next(&mut self) -> Option<News> {
        self.news.recv().await
    }
}

struct Follower {
    gates: Gates,
    key: Key,
    index: usize,
    tell: Sender<News>,
}

/// Nobody listens any more.
struct Unheard;

/// Why a round ended before its time.
enum Interrupted {
    Unheard,
    Failed(ApiError),
}

impl From<ApiError> for Interrupted {
    fn from(error: ApiError) -> Self {
        Interrupted::Failed(error)
    }
}

impl Follower {
    /// Rounds of GET and watch, with growing pauses while they are short, so that a broken server is not hammered.
    async fn follow(&self) {
        let mut pause = FIRST_PAUSE;
        let mut refusals = 0;
        loop {
            let begin = Instant::now();
            match self.round().await {
                Ok(()) => refusals = 0,
                Err(Interrupted::Unheard) => return,
                Err(Interrupted::Failed(e)) => {
                    refusals = if e.may_pass() { 0 } else { refusals + 1 };
                    let what = if refusals < REFUSALS_BELIEVED { What::Trouble(e) } else { What::Denied(e) };
                    if self.tell(what).await.is_err() {
                        return;
                    }
                }
            }
            pause = if begin.elapsed() > LONGEST_PAUSE { FIRST_PAUSE } else { pause };
            sleep(pause).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    async fn round(&self) -> Result<(), Interrupted> {
        let gate = match self.gates.get(&self.key).await {
            Err(ApiError::NotFound) => return self.seen(Seen::Gone).await,
            gate => gate?,
        };
        let version = gate.resource_version().unwrap_or_default();
        self.seen(Seen::Gate(Box::new(gate))).await?;

        let mut events = std::pin::pin!(self.gates.watch(&self.key, &version).await?);
        // The end of a watch, and a silent one, are no failures: the next round begins with a GET.
        while let Ok(Some(event)) = timeout(WATCH_SILENCE, events.next()).await {
            match event? {
                WatchEvent::Added(gate) | WatchEvent::Modified(gate) => self.seen(Seen::Gate(Box::new(gate))).await?,
                WatchEvent::Deleted(_) => self.seen(Seen::Gone).await?,
                WatchEvent::Bookmark(_) => {}
                WatchEvent::Error(status) if status.code == 410 => break,
                WatchEvent::Error(status) => return Err(ApiError::from(status).into()),
            }
        }
        Ok(())
    }

    async fn seen(&self, seen: Seen) -> Result<(), Interrupted> {
        self.tell(What::Seen(seen)).await.map_err(|Unheard| Interrupted::Unheard)
    }

    async fn tell(&self, what: What) -> Result<(), Unheard> {
        self.tell.send(News { index: self.index, what }).await.map_err(|_| Unheard)
    }
}
