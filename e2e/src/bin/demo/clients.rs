//! Clients who want new work done, whatever else goes on.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use anyhow::Result;
use hyper::{Request, StatusCode};
use jiff::Timestamp;
use kube::{Client, client::Body};
use tokio::{
    task::JoinHandle,
    time::{MissedTickBehavior, interval, timeout},
};
use upgradegate_e2e::bounds;

use crate::{stage, story::Story};

/// From one request to the next.
const PERIOD: Duration = Duration::from_millis(500);

/// Seconds that an operation of theirs takes.
const SECONDS: u32 = 2;

/// How a request for new work ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// An operation was started.
    Started,
    /// The application takes no new work: 503.
    Refused,
    /// Anything else.
    Failed(String),
}

/// Every answer so far, oldest first.
#[derive(Clone, Debug, Default)]
pub struct Answers(Vec<(Timestamp, Answer)>);

impl Answers {
    /// How many operations were started.
    pub fn started(&self) -> usize {
        self.count(&Answer::Started)
    }

    /// How many requests were refused.
    pub fn refused(&self) -> usize {
        self.count(&Answer::Refused)
    }

    /// What went wrong, in the words of the API server.
    pub fn failures(&self) -> Vec<&str> {
        let failures = self.0.iter().filter_map(|(_, answer)| match answer {
            Answer::Failed(why) => Some(why.as_str()),
            Answer::Started | Answer::Refused => None,
        });
        failures.collect()
    }

    /// When the first and the last request was refused.
    pub fn refusals(&self) -> Option<(Timestamp, Timestamp)> {
        let mut refused = self.0.iter().filter(|(_, answer)| *answer == Answer::Refused).map(|(at, _)| *at);
        let first = refused.next()?;
        Some((first, refused.next_back().unwrap_or(first)))
    }

    fn count(&self, wanted: &Answer) -> usize {
        self.0.iter().filter(|(_, answer)| answer == wanted).count()
    }

    /// Whether the last two answers agree, and the one before them does not: a turn that is no flicker.
    fn turned(&self) -> bool {
        match self.0.as_slice() {
            [.., (_, before), (_, one), (_, two)] => one == two && before != one,
            _ => false,
        }
    }
}

/// A client that asks the Service for a short operation, again and again, until it is stopped or dropped.
#[derive(Debug)]
pub struct Clients {
    answers: Arc<Mutex<Answers>>,
    story: Arc<Mutex<Option<Story>>>,
    task: JoinHandle<()>,
}

impl Drop for Clients {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Clients {
    /// Begins to ask.
    pub fn start(client: Client) -> Self {
        let answers = Arc::<Mutex<Answers>>::default();
        let story = Arc::<Mutex<Option<Story>>>::default();
        let task = tokio::spawn(ask(client, answers.clone(), story.clone()));
        Self { answers, story, task }
    }

    /// From now on, tells when the answers turn.
    pub fn tell(&self, story: Story) {
        *self.story.lock().unwrap_or_else(PoisonError::into_inner) = Some(story);
    }

    /// The answers so far.
    pub fn answers(&self) -> Answers {
        self.answers.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

async fn ask(client: Client, answers: Arc<Mutex<Answers>>, story: Arc<Mutex<Option<Story>>>) {
    let mut ticks = interval(PERIOD);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        let answer = request(&client).await.unwrap_or_else(|error| Answer::Failed(format!("{error:#}")));
        let mut answers = answers.lock().unwrap_or_else(PoisonError::into_inner);
        answers.0.push((Timestamp::now(), answer.clone()));
        let story = *story.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(story) = story.filter(|_| answers.turned()) {
            let what = match answer {
                Answer::Started => format!("new work is done again; {} requests were refused", answers.refused()),
                Answer::Refused => "new work is refused: 503, draining".to_owned(),
                Answer::Failed(why) => why,
            };
            story.tell("clients", &what);
        }
    }
}

/// Asks the Service, through the API server, for an operation in whichever pod it chooses.
async fn request(client: &Client) -> Result<Answer> {
    let service = format!("/api/v1/namespaces/{0}/services/{0}-app:http/proxy", stage::NAME);
    let request = Request::post(format!("{service}/start?seconds={SECONDS}")).body(Body::empty())?;
    let status = timeout(bounds::REQUEST, client.send(request)).await??.status();
    Ok(match status {
        StatusCode::ACCEPTED => Answer::Started,
        StatusCode::SERVICE_UNAVAILABLE => Answer::Refused,
        other => Answer::Failed(format!("answered {other}")),
    })
}
