//! Waits for conditions: by watch where there is one.

use std::fmt::Debug;

use anyhow::{Context, Result, bail};
use kube::{
    Api, Resource,
    runtime::wait::{Condition, await_condition},
};
use serde::de::DeserializeOwned;
use tokio::time::{Instant, sleep, timeout};

use crate::bounds;

/// Waits by watch until an object fulfils a condition, within the bound of a step.
///
/// # Errors
/// If it does not in time; the message holds `what`.
pub async fn until<K>(api: &Api<K>, name: &str, what: &str, condition: impl Condition<K>) -> Result<Option<K>>
where
    K: Clone + Debug + Send + DeserializeOwned + Resource + 'static,
{
    match timeout(bounds::STEP, await_condition(api.clone(), name, condition)).await {
        Ok(reached) => reached.with_context(|| format!("watch {name} until {what}")),
        Err(_) => bail!("{name}: not {what} within {:?}", bounds::STEP),
    }
}

/// Waits until an object is gone.
///
/// # Errors
/// If it is not in time.
pub async fn until_gone<K>(api: &Api<K>, name: &str) -> Result<()>
where
    K: Clone + Debug + Send + DeserializeOwned + Resource + 'static,
{
    until(api, name, "gone", |object: Option<&K>| object.is_none()).await.map(drop)
}

/// Waits, by looking again and again, for what cannot be watched: what an application says of itself. `look` gives the
/// thing once it is there; its errors count as "not there yet", and the last one is reported.
///
/// # Errors
/// If it is not there within the bound of a step.
pub async fn eventually<T>(what: &str, mut look: impl AsyncFnMut() -> Result<T>) -> Result<T> {
    let end = Instant::now() + bounds::STEP;
    loop {
        let error = match look().await {
            Ok(found) => return Ok(found),
            Err(error) => error,
        };
        if Instant::now() >= end {
            return Err(error.context(format!("not {what} within {:?}", bounds::STEP)));
        }
        sleep(bounds::LOOK).await;
    }
}
