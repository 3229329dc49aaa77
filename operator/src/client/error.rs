//! How a call to the API fails.

use std::error::Error;
use std::time::Duration;

use kube::core::Status;

/// Longest time for a call to the API that is no watch.
const CALL_TIMEOUT: Duration = Duration::from_secs(10);

/// Why a call to the API failed. Each names the call.
#[derive(Debug, thiserror::Error)]
pub enum ApiError {
    /// The object changed in between, or exists already: read it again.
    #[error("{call}: conflict: {message}")]
    Conflict {
        /// What was called.
        call: String,
        /// What the API server says.
        message: String,
    },
    /// There is no such object, or no such kind.
    #[error("{call}: not found: {message}")]
    NotFound {
        /// What was called.
        call: String,
        /// What the API server says.
        message: String,
    },
    /// RBAC or an admission controller forbids it.
    #[error("{call}: forbidden: {message}")]
    Forbidden {
        /// What was called.
        call: String,
        /// What the API server says.
        message: String,
    },
    /// The object breaks a rule of its schema.
    #[error("{call}: invalid: {message}")]
    Invalid {
        /// What was called.
        call: String,
        /// What the API server says.
        message: String,
    },
    /// No answer came in time; the call may still take effect.
    #[error("{call}: no answer within {} s", .after.as_secs_f64())]
    Timeout {
        /// What was called.
        call: String,
        /// The limit.
        after: Duration,
    },
    /// Anything else: no connection, an overloaded or failing API server.
    #[error("{call}: {message}")]
    Other {
        /// What was called.
        call: String,
        /// What is known of it.
        message: String,
    },
}

impl ApiError {
    /// Sorts an error of kube's; `call` says what was tried.
    pub fn new(call: &str, error: &kube::Error) -> Self {
        let call = call.to_owned();
        let status = match error {
            kube::Error::Api(status) => status,
            // kube's own text for these only says in which layer it happened.
            kube::Error::Service(cause) => return Self::Other { call, message: causes(cause.as_ref()) },
            kube::Error::HyperError(cause) => return Self::Other { call, message: causes(cause) },
            other => return Self::Other { call, message: causes(other) },
        };
        let message = text(status);
        // By code too, for an answer that is no Status: a kind that is not served is "404 page not found". (kube's own
        // `is_not_found` and the like look at the reason only.)
        match (status.reason.as_str(), status.code) {
            ("Conflict" | "AlreadyExists", _) | (_, 409) => Self::Conflict { call, message },
            ("NotFound", _) | (_, 404) => Self::NotFound { call, message },
            ("Forbidden", _) | (_, 403) => Self::Forbidden { call, message },
            ("Invalid", _) | (_, 422) => Self::Invalid { call, message },
            _ => Self::Other { call, message },
        }
    }

    /// Whether the object is not there.
    pub fn is_not_found(&self) -> bool {
        matches!(self, Self::NotFound { .. })
    }

    /// Whether the object changed in between, or exists already.
    pub fn is_conflict(&self) -> bool {
        matches!(self, Self::Conflict { .. })
    }
}

/// Awaits a call to the API for 10 s at most. `what` names it in errors: "patch the status of gate demo/app-1".
pub async fn within<T>(what: &str, call: impl Future<Output = kube::Result<T>>) -> Result<T, ApiError> {
    within_limit(CALL_TIMEOUT, what, call).await
}

/// As [`within`], with a limit of its own.
pub async fn within_limit<T>(
    limit: Duration,
    what: &str,
    call: impl Future<Output = kube::Result<T>>,
) -> Result<T, ApiError> {
    match tokio::time::timeout(limit, call).await {
        Ok(answer) => answer.map_err(|error| ApiError::new(what, &error)),
        Err(_) => Err(ApiError::Timeout { call: what.to_owned(), after: limit }),
    }
}

fn text(status: &Status) -> String {
    match (status.message.as_str(), status.reason.as_str()) {
        ("", "") => format!("HTTP {}", status.code),
        ("", reason) => reason.to_owned(),
        (message, _) => message.to_owned(),
    }
}

/// An error and what caused it. Some errors repeat their cause in their own text; that is said once.
fn causes(error: &(dyn Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let next = error.to_string();
        if !text.contains(&next) {
            text = format!("{text}: {next}");
        }
        cause = error.source();
    }
    text
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn refused(code: u16, reason: &str) -> ApiError {
        let status = Status::failure("says the server", reason).with_code(code);
        ApiError::new("get gate a/b", &kube::Error::Api(status.boxed()))
    }

    #[test]
    fn sorts_what_the_server_says() {
        let cases = [
            (409, "Conflict", "get gate a/b: conflict: says the server"),
            (409, "AlreadyExists", "get gate a/b: conflict: says the server"),
            (404, "NotFound", "get gate a/b: not found: says the server"),
            (403, "Forbidden", "get gate a/b: forbidden: says the server"),
            (422, "Invalid", "get gate a/b: invalid: says the server"),
            (500, "InternalError", "get gate a/b: says the server"),
            (429, "TooManyRequests", "get gate a/b: says the server"),
        ];
        for (code, reason, text) in cases {
            assert_eq!(refused(code, reason).to_string(), text);
        }
        assert!(refused(409, "AlreadyExists").is_conflict());
        // As kube names an answer that is no Status.
        assert!(refused(404, "Failed to parse error data").is_not_found());
    }

    #[test]
    fn an_error_is_told_with_its_causes() {
        let error = kube::Error::Service(Box::new(std::io::Error::other("no route")));
        assert_eq!(ApiError::new("list gates", &error).to_string(), "list gates: no route");
    }

    #[tokio::test(start_paused = true)]
    async fn silence_is_cut() {
        let began = tokio::time::Instant::now();
        let error = within("list gates", std::future::pending::<kube::Result<()>>()).await.unwrap_err();
        assert_eq!(error.to_string(), "list gates: no answer within 10 s");
        assert_eq!(began.elapsed(), CALL_TIMEOUT);
    }
}
