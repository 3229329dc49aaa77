//! What puts a fault right again.

use std::process::Command;

use anyhow::Result;

use crate::process::Program;

/// Longest time that it may take, in seconds.
const SECONDS: &str = "90";

/// A command that puts a fault right: run by [`Undo::now`], else when this is dropped, whatever ended the test.
#[derive(Debug)]
#[must_use = "dropped, it puts the fault right at once"]
pub struct Undo {
    command: Vec<String>,
}

impl Undo {
    /// This command line. It has to bear that the fault is over already.
    pub fn by<S: Into<String>>(command: impl IntoIterator<Item = S>) -> Self {
        Self { command: command.into_iter().map(Into::into).collect() }
    }

    /// Puts it right now.
    ///
    /// # Errors
    /// If the command fails; it is not tried again.
    pub async fn now(mut self) -> Result<()> {
        let command = std::mem::take(&mut self.command);
        Program::new("timeout").args([SECONDS.to_owned()]).args(command).run().await?.ok().map(drop)
    }
}

impl Drop for Undo {
    fn drop(&mut self) {
        if self.command.is_empty() {
            return;
        }
        // Nothing asynchronous here: the test may have ended by a panic.
        let ended = Command::new("timeout").arg(SECONDS).args(&self.command).status();
        if !ended.as_ref().is_ok_and(std::process::ExitStatus::success) {
            eprintln!("`{}`: {ended:?}; put it right by hand, or make the cluster anew", self.command.join(" "));
        }
    }
}
