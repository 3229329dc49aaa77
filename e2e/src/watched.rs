//! The versions of objects, as tests watch them.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Debug,
    time::Duration,
};

use futures::{
    StreamExt,
    stream::{self, BoxStream},
};
use kube::{
    Api, Resource, ResourceExt,
    runtime::{
        WatchStreamExt,
        utils::Backoff,
        watcher::{Config, Event, Result, watcher},
    },
};
use serde::de::DeserializeOwned;

/// How long a watch that broke waits before it begins anew.
const PAUSE: Duration = Duration::from_millis(500);

/// What a watch tells.
#[derive(Debug)]
pub enum Change<K> {
    /// A version of an object; the last one if it is gone.
    Version { object: K, gone: bool },
    /// The watch begins anew with a list: versions before that may be missing.
    Gap,
}

/// Every change from now on. It begins anew soon whenever the API server is back: the usual backoff grows to a minute.
pub fn changes<K>(api: Api<K>) -> BoxStream<'static, Result<Change<K>>>
where
    K: Resource + Clone + Debug + DeserializeOwned + Send + 'static,
{
    let mut known = Known::default();
    let events = watcher(api, Config::default()).backoff(Steady);
    events
        .flat_map(move |event| match event {
            Ok(event) => stream::iter(known.changes(event).into_iter().map(Ok).collect::<Vec<_>>()),
            Err(error) => stream::iter(vec![Err(error)]),
        })
        .boxed()
}

/// What exists, by UID: a list does not tell what is gone since the one before.
struct Known<K> {
    alive: BTreeMap<String, K>,
    listed: BTreeSet<String>,
    begun: bool,
}

impl<K> Default for Known<K> {
    fn default() -> Self {
        Self { alive: BTreeMap::new(), listed: BTreeSet::new(), begun: false }
    }
}

impl<K: Resource + Clone> Known<K> {
    fn changes(&mut self, event: Event<K>) -> Vec<Change<K>> {
        match event {
            Event::Init => {
                self.listed.clear();
                if self.begun { vec![Change::Gap] } else { Vec::new() }
            }
            Event::InitApply(object) => {
                self.listed.extend(object.uid());
                vec![self.version(object)]
            }
            Event::InitDone => {
                self.begun = true;
                let gone = self.alive.extract_if(.., |uid, _| !self.listed.contains(uid));
                gone.map(|(_, object)| Change::Version { object, gone: true }).collect()
            }
            Event::Apply(object) => vec![self.version(object)],
            Event::Delete(object) => {
                self.alive.remove(&object.uid().unwrap_or_default());
                vec![Change::Version { object, gone: true }]
            }
        }
    }

    fn version(&mut self, object: K) -> Change<K> {
        self.alive.insert(object.uid().unwrap_or_default(), object.clone());
        Change::Version { object, gone: false }
    }
}

struct Steady;

impl Iterator for Steady {
    type Item = Duration;

    fn next(&mut self) -> Option<Duration> {
        Some(PAUSE)
    }
}

impl Backoff for Steady {
    fn reset(&mut self) {}
}
