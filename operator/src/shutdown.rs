//! SIGTERM and SIGINT: the first asks everything to stop in order, the second ends the process at once.

use std::io;

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_util::sync::CancellationToken;

/// Exit code after a second signal: as a shell reports a process ended by SIGINT.
const ABORTED: i32 = 130;

/// Listens for signals from now on. The token is cancelled by the first; the second exits the process without waiting.
///
/// Must be called within a Tokio runtime. Fails only if the handlers can't be installed.
pub fn on_signals() -> io::Result<CancellationToken> {
    let mut signals =
        Signals { terminate: signal(SignalKind::terminate())?, interrupt: signal(SignalKind::interrupt())? };
    let token = CancellationToken::new();
    let stopping = token.clone();
    tokio::spawn(async move {
        let first = signals.next().await;
        tracing::info!(signal = first, "stopping");
        stopping.cancel();
        let second = signals.next().await;
        tracing::warn!(signal = second, "second signal: exiting without waiting");
        std::process::exit(ABORTED);
    });
    Ok(token)
}

struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    async fn next(&mut self) -> &'static str {
        tokio::select! {
            _ = self.terminate.recv() => "SIGTERM",
            _ = self.interrupt.recv() => "SIGINT",
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::process::{Command, id};

    use super::*;

    #[tokio::test]
    async fn the_first_signal_asks_to_stop() {
        let stop = on_signals().unwrap();
        assert!(!stop.is_cancelled());
        assert!(Command::new("sh").args(["-c", &format!("kill -TERM {}", id())]).status().unwrap().success());
        stop.cancelled().await;
    }
}
