//! The frame of every test on the cluster.

use std::{any::Any, panic::AssertUnwindSafe, time::Duration};

use anyhow::{Result, anyhow};
use futures::FutureExt;
use tokio::time::timeout;

use upgradegate_proof::Slack;

use crate::{Test, bounds, dump, operator, proof};

/// Runs a test against the shared operator, within the usual bound.
///
/// # Panics
/// If the test fails: that is how a test says so.
pub fn scenario(body: impl AsyncFnOnce(&Test) -> Result<()>) {
    Scenario::default().run(body);
}

/// How a test is run.
#[derive(Clone, Copy, Debug)]
pub struct Scenario {
    bound: Duration,
    slack: Slack,
}

impl Default for Scenario {
    fn default() -> Self {
        Self { bound: bounds::TEST, slack: Slack::USUAL }
    }
}

impl Scenario {
    /// Gives the test another bound.
    #[must_use]
    pub fn within(self, bound: Duration) -> Self {
        Self { bound, ..self }
    }

    /// Lets the operator be away for a while: what it has to do may be done as much later.
    #[must_use]
    pub fn disturbed(self) -> Self {
        Self { slack: Slack::DISTURBED, ..self }
    }

    /// Runs the test. Its name is that of the thread, as the test runner sets it.
    ///
    /// # Panics
    /// If the test fails: that is how a test says so.
    #[allow(clippy::panic, clippy::expect_used)]
    pub fn run(self, body: impl AsyncFnOnce(&Test) -> Result<()>) {
        let thread = std::thread::current();
        let name = thread.name().unwrap_or("test");
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        if let Err(error) = runtime.block_on(self.run_named(name, body)) {
            panic!("{error:#}");
        }
    }

    async fn run_named(self, name: &str, body: impl AsyncFnOnce(&Test) -> Result<()>) -> Result<()> {
        operator::ensure()?;
        let test = Test::begin(name).await?;
        let run = AssertUnwindSafe(body(&test)).catch_unwind();
        let result = match timeout(self.bound, run).await {
            Ok(Ok(result)) => result,
            Ok(Err(panic)) => Err(anyhow!("panicked: {}", message(&*panic))),
            Err(_) => Err(anyhow!("not over within {:?}", self.bound)),
        };
        let result = match result {
            Ok(()) => proof::prove(&test, self.slack).await,
            failed => failed,
        };
        if result.is_err() {
            dump::print(&test).await;
        }
        if std::env::var_os("E2E_KEEP").is_none() {
            test.delete_namespace().await?;
        }
        result
    }
}

fn message(panic: &(dyn Any + Send)) -> &str {
    panic.downcast_ref::<String>().map(String::as_str).or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("?")
}
