//! The frame of every test on the cluster.

use std::{any::Any, panic::AssertUnwindSafe, time::Duration};

use anyhow::{Result, anyhow, bail};
use futures::FutureExt;
use tokio::time::timeout;

use crate::{Test, bounds, dump, invariants, operator};

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
}

impl Default for Scenario {
    fn default() -> Self {
        Self { bound: bounds::TEST }
    }
}

impl Scenario {
    /// Gives the test another bound.
    #[must_use]
    pub fn within(self, bound: Duration) -> Self {
        Self { bound }
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
        let result = result.and_then(|()| hold_always(&test));
        if result.is_err() {
            dump::print(&test).await;
        }
        if std::env::var_os("E2E_KEEP").is_none() {
            test.delete_namespace().await?;
        }
        result
    }
}

/// The rules that must hold always, over every status that any gate of the test ever had.
fn hold_always(test: &Test) -> Result<()> {
    let broken = invariants::broken(&test.gates.all());
    if !broken.is_empty() {
        bail!("rules that must hold always are broken:\n- {}", broken.join("\n- "));
    }
    Ok(())
}

fn message(panic: &(dyn Any + Send)) -> &str {
    panic.downcast_ref::<String>().map(String::as_str).or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("?")
}
