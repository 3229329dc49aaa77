//! Clients who want new work done, whatever else goes on.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use jiff::Timestamp;
use tokio::{
    task::JoinHandle,
    time::{MissedTickBehavior, interval},
};
use upgradegate_e2e::demo_app::DemoApp;

use crate::story::Story;

/// From one request to the next.
const PERIOD: Duration = Duration::from_millis(500);

/// Seconds that an operation of theirs takes.
pub const SECONDS: f64 = 2.0;

/// HTTP: the application takes no new work.
const UNAVAILABLE: u16 = 503;

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
    pub fn start(app: DemoApp) -> Self {
        let answers = Arc::<Mutex<Answers>>::default();
        let story = Arc::<Mutex<Option<Story>>>::default();
        let task = tokio::spawn(ask(app, answers.clone(), story.clone()));
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

async fn ask(app: DemoApp, answers: Arc<Mutex<Answers>>, story: Arc<Mutex<Option<Story>>>) {
    let mut ticks = interval(PERIOD);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        let answer = match app.start_anywhere(SECONDS).await {
            Ok(()) => Answer::Started,
            Err(error) => refusal(&error),
        };
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

fn refusal(error: &anyhow::Error) -> Answer {
    match error.downcast_ref::<kube::Error>() {
        Some(kube::Error::Api(status)) if status.code == UNAVAILABLE => Answer::Refused,
        _ => Answer::Failed(format!("{error:#}")),
    }
}
