//! How a call to a member fails, in words fit for a status message. They never hold what the member sent.

use std::error::Error;
use std::io;
use std::net::IpAddr;
use std::time::Duration;

use super::Refusal;

/// Why a call brought no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CallError {
    /// The address is one that is never called; nothing was sent.
    #[error("{address} is never called: {why}")]
    Refused {
        /// The address.
        address: IpAddr,
        /// What is wrong with it.
        why: Refusal,
    },
    /// The path can't be sent; nothing was sent.
    #[error("the path is no HTTP path")]
    Path,
    /// This replica no longer holds the Lease; nothing was sent.
    #[error("not sent: this replica no longer holds the Lease")]
    NotActing,
    /// No connection; nothing was sent.
    #[error("{}", connect_text(*.0))]
    Connect(io::ErrorKind),
    /// The time was up. Whatever was sent may still take effect.
    #[error("{}", timeout_text(*.after, *.during))]
    Timeout {
        /// The timeout of the call.
        after: Duration,
        /// What it waited for.
        during: Stage,
    },
    /// The body is over the limit, in bytes.
    #[error("answered more than {} KiB", .limit / 1024)]
    TooLarge {
        /// The limit in bytes.
        limit: usize,
    },
    /// The status line and headers are over their limits.
    #[error("answered with headers that are too large")]
    HeadTooLarge,
    /// The answer is not HTTP/1.
    #[error("answered something that is not HTTP")]
    Malformed,
    /// The connection ended before the answer was complete.
    #[error("closed the connection before its answer was complete")]
    Interrupted,
}

/// How far a call had come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Opening the connection.
    Connecting,
    /// Waiting for the status line and headers.
    Waiting,
    /// Reading the body.
    Reading,
}

impl CallError {
    pub(super) fn from_hyper(error: &hyper::Error) -> Self {
        if error.is_parse_too_large() {
            Self::HeadTooLarge
        } else if error.is_parse() || error.is_user() || breaks_encoding(error) {
            Self::Malformed
        } else {
            Self::Interrupted
        }
    }
}

/// Whether the body is not encoded as its headers say: hyper reports that as an I/O error of these kinds.
fn breaks_encoding(error: &hyper::Error) -> bool {
    let kind = error.source().and_then(|cause| cause.downcast_ref::<io::Error>()).map(io::Error::kind);
    matches!(kind, Some(io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData))
}

fn connect_text(kind: io::ErrorKind) -> String {
    match kind {
        io::ErrorKind::ConnectionRefused
        | io::ErrorKind::HostUnreachable
        | io::ErrorKind::NetworkUnreachable
        | io::ErrorKind::ConnectionReset => kind.to_string(),
        _ => format!("no connection: {kind}"),
    }
}

fn timeout_text(after: Duration, during: Stage) -> String {
    let what = match during {
        Stage::Connecting => "no connection",
        Stage::Waiting => "no answer",
        Stage::Reading => "no complete answer",
    };
    format!("{what} within {} s", after.as_secs_f64())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn texts_fit_a_status_message() {
        let second = Duration::from_secs(1);
        let cases = [
            (CallError::Connect(io::ErrorKind::ConnectionRefused), "connection refused"),
            (CallError::Connect(io::ErrorKind::HostUnreachable), "host unreachable"),
            (CallError::Timeout { after: second, during: Stage::Connecting }, "no connection within 1 s"),
            (CallError::Timeout { after: second, during: Stage::Waiting }, "no answer within 1 s"),
            (
                CallError::Timeout { after: second.mul_f32(1.5), during: Stage::Reading },
                "no complete answer within 1.5 s",
            ),
            (CallError::TooLarge { limit: 10 * 1024 }, "answered more than 10 KiB"),
            (
                CallError::Refused { address: "127.0.0.1".parse().unwrap(), why: Refusal::Loopback },
                "127.0.0.1 is never called: it is a loopback address",
            ),
        ];
        for (error, text) in cases {
            assert_eq!(error.to_string(), text);
        }
    }
}
