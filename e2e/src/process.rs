//! Programs that a test runs: bounded, and with every line they print kept with its time.

use std::{
    ffi::OsStr,
    process::Stdio,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use anyhow::{Context, Result, ensure};
use jiff::Timestamp;
use tokio::{
    io::{AsyncBufReadExt, AsyncRead, BufReader},
    process::{Child, Command},
    task::JoinHandle,
    time::timeout,
};

use crate::bounds;

/// A command line, before it runs.
#[derive(Debug)]
pub struct Program {
    command: Command,
    shown: String,
}

impl Program {
    /// A program without arguments.
    pub fn new(program: impl AsRef<OsStr>) -> Self {
        let shown = program.as_ref().to_string_lossy().into_owned();
        Self { command: Command::new(program), shown }
    }

    /// Adds arguments.
    #[must_use]
    pub fn args<S: AsRef<OsStr>>(mut self, args: impl IntoIterator<Item = S>) -> Self {
        for arg in args {
            self.shown = format!("{} {}", self.shown, arg.as_ref().to_string_lossy());
            self.command.arg(arg);
        }
        self
    }

    /// Sets an environment variable.
    #[must_use]
    pub fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    /// Starts the program. It is killed when the result is dropped.
    ///
    /// # Errors
    /// If it cannot be started.
    pub fn spawn(mut self) -> Result<Running> {
        self.command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
        let mut child = self.command.spawn().with_context(|| format!("start `{}`", self.shown))?;
        let lines = Arc::<Mutex<Vec<Line>>>::default();
        let mut readers = Vec::new();
        if let Some(stdout) = child.stdout.take() {
            readers.push(tokio::spawn(read(stdout, Channel::Stdout, lines.clone())));
        }
        if let Some(stderr) = child.stderr.take() {
            readers.push(tokio::spawn(read(stderr, Channel::Stderr, lines.clone())));
        }
        Ok(Running { child, shown: self.shown, lines, readers, started: Timestamp::now() })
    }

    /// Runs the program to its end, within the bound of a command.
    ///
    /// # Errors
    /// If it cannot be started, or does not end in time. A bad exit code is no error.
    pub async fn run(self) -> Result<Ended> {
        self.spawn()?.wait().await
    }
}

/// Where a line was printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Channel {
    /// Standard output.
    Stdout,
    /// Standard error.
    Stderr,
}

/// A line that a program printed.
#[derive(Clone, Debug)]
pub struct Line {
    /// When it was read.
    pub at: Timestamp,
    /// Where it was printed.
    pub channel: Channel,
    /// The line.
    pub text: String,
}

async fn read(from: impl AsyncRead + Unpin, channel: Channel, lines: Arc<Mutex<Vec<Line>>>) {
    let mut from = BufReader::new(from).lines();
    while let Ok(Some(text)) = from.next_line().await {
        lines.lock().unwrap_or_else(PoisonError::into_inner).push(Line { at: Timestamp::now(), channel, text });
    }
}

/// A program that runs.
#[derive(Debug)]
pub struct Running {
    child: Child,
    shown: String,
    lines: Arc<Mutex<Vec<Line>>>,
    readers: Vec<JoinHandle<()>>,
    started: Timestamp,
}

impl Running {
    /// What it printed so far.
    pub fn lines(&self) -> Vec<Line> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Whether it printed a line that contains `text`.
    pub fn printed(&self, text: &str) -> bool {
        self.lines().iter().any(|line| line.text.contains(text))
    }

    /// Whether it still runs.
    ///
    /// # Errors
    /// If the system does not say.
    pub fn is_running(&mut self) -> Result<bool> {
        Ok(self.child.try_wait()?.is_none())
    }

    /// Sends a signal, such as `TERM`.
    ///
    /// # Errors
    /// If the program has ended already.
    pub async fn signal(&self, signal: &str) -> Result<()> {
        let pid = self.child.id().with_context(|| format!("`{}` has ended already", self.shown))?;
        signal_pid(pid, signal).await
    }

    /// Waits for its end, within the bound of a command.
    ///
    /// # Errors
    /// If it does not end in time.
    pub async fn wait(self) -> Result<Ended> {
        self.wait_within(bounds::COMMAND).await
    }

    /// Waits for its end within `bound`.
    ///
    /// # Errors
    /// If it does not end in time; it is killed then.
    pub async fn wait_within(mut self, bound: Duration) -> Result<Ended> {
        let Ok(status) = timeout(bound, self.child.wait()).await else {
            anyhow::bail!("`{}` did not end within {bound:?}; it printed:\n{}", self.shown, text(&self.lines(), None));
        };
        let status = status?;
        for reader in self.readers.drain(..) {
            reader.await?;
        }
        Ok(Ended {
            code: status.code(),
            shown: std::mem::take(&mut self.shown),
            lines: self.lines(),
            started: self.started,
            ended: Timestamp::now(),
        })
    }
}

/// Sends a signal to a process.
///
/// # Errors
/// If it is gone already.
pub async fn signal_pid(pid: u32, signal: &str) -> Result<()> {
    let sent = Command::new("kill").arg(format!("-{signal}")).arg(pid.to_string()).status().await?;
    ensure!(sent.success(), "kill -{signal} {pid}: {sent}");
    Ok(())
}

/// A program that has ended.
#[derive(Debug)]
pub struct Ended {
    /// Its exit code; none if a signal ended it.
    pub code: Option<i32>,
    /// The command line.
    pub shown: String,
    /// What it printed.
    pub lines: Vec<Line>,
    /// When it was started.
    pub started: Timestamp,
    /// When it had ended.
    pub ended: Timestamp,
}

impl Ended {
    /// Standard output.
    pub fn stdout(&self) -> String {
        text(&self.lines, Some(Channel::Stdout))
    }

    /// Standard error.
    pub fn stderr(&self) -> String {
        text(&self.lines, Some(Channel::Stderr))
    }

    /// Both, in the order in which they were read.
    pub fn output(&self) -> String {
        text(&self.lines, None)
    }

    /// Asserts an exit code.
    ///
    /// # Errors
    /// If it ended with another one; the message holds what it printed.
    pub fn exits(self, code: i32) -> Result<Self> {
        ensure!(
            self.code == Some(code),
            "`{}` exited with {:?} instead of {code}; it printed:\n{}",
            self.shown,
            self.code,
            self.output()
        );
        Ok(self)
    }

    /// Asserts success.
    ///
    /// # Errors
    /// If it failed; the message holds what it printed.
    pub fn ok(self) -> Result<Self> {
        self.exits(0)
    }

    /// Asserts that it failed, with any code.
    ///
    /// # Errors
    /// If it succeeded; the message holds what it printed.
    pub fn fails(self) -> Result<Self> {
        ensure!(self.code != Some(0), "`{}` succeeded; it printed:\n{}", self.shown, self.output());
        Ok(self)
    }

    /// Asserts that it printed `text`, on whichever channel.
    ///
    /// # Errors
    /// If it did not; the message holds what it printed.
    pub fn says(self, text: &str) -> Result<Self> {
        let output = self.output();
        ensure!(output.contains(text), "`{}` does not say {text:?}; it printed:\n{output}", self.shown);
        Ok(self)
    }
}

fn text(lines: &[Line], channel: Option<Channel>) -> String {
    let wanted = lines.iter().filter(|line| channel.is_none_or(|channel| channel == line.channel));
    wanted.map(|line| line.text.as_str()).collect::<Vec<_>>().join("\n")
}
