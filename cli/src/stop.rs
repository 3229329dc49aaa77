//! SIGTERM and SIGINT, as something to wait for.

use std::io;

use futures::FutureExt;
use tokio::signal::unix::{Signal, SignalKind, signal};

/// The wish of somebody else that we stop. From [`Stop::listen`] on, signals no longer end the process by themselves.
pub struct Stop {
    terminate: Signal,
    interrupt: Signal,
    received: Option<&'static str>,
}

impl Stop {
    /// Begins to listen.
    ///
    /// # Errors
    /// The operating system's, if it grants no handler.
    pub fn listen() -> io::Result<Self> {
        Ok(Stop {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
            received: None,
        })
    }

    /// Waits for a signal and names it; at once if there was one before.
    pub async fn received(&mut self) -> &'static str {
        if let Some(name) = self.received {
            return name;
        }
        let name = tokio::select! {
            _ = self.terminate.recv() => "SIGTERM",
            _ = self.interrupt.recv() => "SIGINT",
        };
        self.received = Some(name);
        name
    }

    /// The signal that was received by now, if any.
    pub fn so_far(&mut self) -> Option<&'static str> {
        self.received().now_or_never()
    }
}
