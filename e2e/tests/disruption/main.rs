//! Scenarios that disturb the shared operator: one at a time, and each leaves it as it was.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::similar_names)]

mod absent;
mod forbidden;
mod handover;
mod idle;
mod killed;

use std::sync::{Mutex, PoisonError};

use anyhow::Result;
use upgradegate_e2e::{Test, operator, scenario};

/// One test at a time, however many threads the runner has.
static ALONE: Mutex<()> = Mutex::new(());

/// Runs a test alone, and afterwards waits until the operator has its two replicas again, whatever the test did.
fn alone(body: impl AsyncFnOnce(&Test) -> Result<()>) {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    scenario(async |test| {
        operator::until_whole(&test.client).await?;
        let result = body(test).await;
        operator::scale(&test.client, operator::REPLICAS).await?;
        operator::replace_restarted(&test.client).await?;
        operator::until_whole(&test.client).await?;
        result
    });
}
