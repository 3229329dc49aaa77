//! From SIGTERM to the end: take no new work, finish what runs, and tell
//! which operations could not be finished in time.

use std::io;

use tokio::{
    signal::unix::{Signal, SignalKind, signal},
    time::timeout,
};
use tracing::info;

use crate::app::App;

/// The signals that end the process.
#[derive(Debug)]
pub struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    /// From now on, the signals no longer kill the process.
    pub fn listen() -> io::Result<Self> {
        Ok(Self { terminate: signal(SignalKind::terminate())?, interrupt: signal(SignalKind::interrupt())? })
    }

    /// Waits for the next signal, and returns its name.
    async fn next(&mut self) -> &'static str {
        tokio::select! {
            _ = self.terminate.recv() => "SIGTERM",
            _ = self.interrupt.recv() => "SIGINT",
        }
    }
}

/// Waits for a signal, then until no operation runs, at most for the grace
/// period; a second signal ends the wait. Operations that still run then are
/// cut off.
pub async fn run(app: &App, mut signals: Signals) {
    let signal = signals.next().await;
    app.stop();
    let grace = app.config.grace_seconds;
    let operations = app.work().operations.running();
    info!(
        signal,
        operations,
        grace_seconds = grace.as_secs_f64(),
        "stopping: no new work, waiting for the operations that run"
    );
    tokio::select! {
        _ = timeout(grace, app.idle()) => {}
        signal = signals.next() => info!(signal, "second signal: not waiting any longer"),
    }
    let totals = app.cut_off();
    info!(started = totals.started, finished = totals.finished, cut_off = totals.cut_off, "stopped");
}
