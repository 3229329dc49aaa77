//! The versions of objects, as tests watch them.

use std::{fmt::Debug, time::Duration};

use futures::{StreamExt, stream::BoxStream};
use kube::{
    Api, Resource,
    runtime::{
        WatchStreamExt,
        utils::Backoff,
        watcher::{Config, Event, Result, watcher},
    },
};
use serde::de::DeserializeOwned;

/// How long a watch that broke waits before it begins anew.
const PAUSE: Duration = Duration::from_millis(500);

/// Every version from now on. It begins anew soon whenever the API server is back. The usual backoff grows to a minute, and what happens in it is
/// missing in what a test recorded.
pub fn versions<K>(api: Api<K>) -> BoxStream<'static, Result<Event<K>>>
where
    K: Resource + Clone + Debug + DeserializeOwned + Send + 'static,
{
    watcher(api, Config::default()).backoff(Steady).boxed()
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
