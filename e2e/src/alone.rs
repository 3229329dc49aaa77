//! Tests that disturb what all others share: one at a time, and each leaves it as it was.

use std::sync::{Mutex, PoisonError};

use anyhow::Result;

use crate::{Scenario, Test, operator};

/// One test at a time, however many threads the runner has.
static ALONE: Mutex<()> = Mutex::new(());

/// Runs a test alone, and afterwards waits until the operator has its two replicas again, whatever the test did.
///
/// # Panics
/// If the test fails: that is how a test says so.
pub fn alone(body: impl AsyncFnOnce(&Test) -> Result<()>) {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    Scenario::default().disturbed().run(async |test| {
        operator::until_whole(&test.client).await?;
        let result = body(test).await;
        operator::scale(&test.client, operator::REPLICAS).await?;
        operator::replace_restarted(&test.client).await?;
        operator::until_whole(&test.client).await?;
        result
    });
}
