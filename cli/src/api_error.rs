//! What the API server's errors mean.

use std::error::Error as _;

use kube::core::Status;
use thiserror::Error;

use crate::error::Error as CommandError;

/// What the API server said, or that it said nothing.
#[derive(Debug, Error)]
pub enum ApiError {
    /// The resource itself is unknown to the API server.
    #[error(
        "the UpgradeGate API is not installed in this cluster; install the operator's chart, or apply the CustomResourceDefinition: kubectl apply -f crds/"
    )]
    NotInstalled,
    /// No object with that name.
    #[error("not found")]
    NotFound,
    /// RBAC, admission or a namespace that is going away.
    #[error("not allowed: {0}")]
    Forbidden(String),
    /// The credentials are not accepted.
    #[error("the API server does not accept the credentials: {0}")]
    Unauthorized(String),
    /// The object is not valid: field paths with messages.
    #[error("the API server refused it: {}", .0.join("; "))]
    Invalid(Vec<String>),
    /// An object with that name exists.
    #[error("it already exists")]
    Exists,
    /// The object is not the one that was meant, or changed in between.
    #[error("it changed in between: {0}")]
    Conflict(String),
    /// No connection: nothing was sent.
    #[error("no connection to the API server: {0}")]
    NoConnection(String),
    /// No answer, or a part of one.
    #[error("the API server does not answer: {0}")]
    Unreachable(String),
    /// The API server has too much to do, or an error of its own.
    #[error("the API server is in trouble: {0}")]
    Busy(String),
    /// An answer that can't be understood.
    #[error("the API server's answer can't be understood; is this command older than the operator? {0}")]
    Unreadable(String),
    /// Anything else.
    #[error("{0}")]
    Other(String),
}

impl ApiError {
    /// Whether the same call may succeed a little later.
    pub fn may_pass(&self) -> bool {
        matches!(self, ApiError::NoConnection(_) | ApiError::Unreachable(_) | ApiError::Busy(_))
    }

    /// Whether the call may have taken effect though it failed.
    pub fn may_have_worked(&self) -> bool {
        matches!(self, ApiError::Unreachable(_) | ApiError::Busy(_) | ApiError::Unreadable(_))
    }

    /// The same error with what was being done.
    pub fn when(self, doing: impl Into<String>) -> CommandError {
        CommandError::Api { doing: doing.into(), source: self }
    }
}

impl From<Box<Status>> for ApiError {
    fn from(status: Box<Status>) -> Self {
        let details = status.details.as_ref();
        let of_gate = details.is_some_and(|d| !d.name.is_empty() && d.kind == "upgradegates");
        match status.code {
            401 => ApiError::Unauthorized(status.message),
            403 => ApiError::Forbidden(status.message),
            404 if of_gate => ApiError::NotFound,
            404 if details.is_some_and(|d| d.kind == "namespaces") => ApiError::Other(status.message),
            404 => ApiError::NotInstalled,
            409 if status.is_already_exists() => ApiError::Exists,
            409 => ApiError::Conflict(status.message),
            400 | 422 => ApiError::Invalid(fields(&status)),
            429 | 500.. => ApiError::Busy(status.message),
            _ => ApiError::Other(status.message),
        }
    }
}

impl From<kube::Error> for ApiError {
    fn from(error: kube::Error) -> Self {
        match error {
            kube::Error::Api(status) => status.into(),
            kube::Error::SerdeError(e) => ApiError::Unreadable(e.to_string()),
            kube::Error::Service(ref e) if never_sent(e.as_ref()) => ApiError::NoConnection(causes(&error)),
            kube::Error::HyperError(_) | kube::Error::Service(_) | kube::Error::ReadEvents(_) => {
                ApiError::Unreachable(causes(&error))
            }
            other => ApiError::Other(causes(&other)),
        }
    }
}

fn never_sent(error: &(dyn std::error::Error + 'static)) -> bool {
    error.downcast_ref::<hyper_util::client::legacy::Error>().is_some_and(hyper_util::client::legacy::Error::is_connect)
}

/// The fields that were refused, each with its path and message.
fn fields(status: &Status) -> Vec<String> {
    let causes = status.details.as_ref().map(|d| d.causes.as_slice()).unwrap_or_default();
    if causes.is_empty() {
        return vec![status.message.clone()];
    }
    // A rule's message is said to be about a whole object; that adds nothing.
    let sentence = |message: &str| message.trim_start_matches("Invalid value: \"object\": ").to_owned();
    causes.iter().map(|c| format!("{}: {}", c.field, sentence(&c.message))).collect()
}

/// The causes of an error, outermost first, without the wrapper's own words and without repetition.
pub fn causes(error: &kube::Error) -> String {
    let chain = std::iter::successors(error.source(), |&e| e.source()).map(ToString::to_string);
    let mut said: Vec<String> = Vec::new();
    for cause in chain {
        if !said.iter().any(|s| s.contains(&cause)) {
            said.push(cause);
        }
    }
    if said.is_empty() { error.to_string() } else { said.join(": ") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn answer(json: serde_json::Value) -> ApiError {
        ApiError::from(Box::new(serde_json::from_value::<Status>(json).unwrap()))
    }

    #[test]
    fn a_missing_gate_is_told_from_a_missing_api_and_a_missing_namespace() {
        let gate = json!({"code": 404, "reason": "NotFound", "details": {"name": "x", "group": "upgradegate.dev", "kind": "upgradegates"}});
        assert!(matches!(answer(gate), ApiError::NotFound));
        let namespace = json!({"code": 404, "reason": "NotFound", "message": "namespaces \"x\" not found", "details": {"name": "x", "kind": "namespaces"}});
        assert_eq!(answer(namespace).to_string(), "namespaces \"x\" not found");
        let resource = json!({"code": 404, "reason": "NotFound", "message": "the server could not find the requested resource", "details": {}});
        assert!(matches!(answer(resource), ApiError::NotInstalled));
    }

    #[test]
    fn every_refused_field_is_named() {
        let causes = json!([
            {"reason": "FieldValueInvalid", "message": "Invalid value: \"object\": Open needs a reason", "field": "spec.action.reason"},
            {"reason": "FieldValueInvalid", "message": "Invalid value: 0: should be greater than or equal to 1", "field": "spec.deadlineSeconds"}]);
        let error = answer(json!({"code": 422, "reason": "Invalid", "message": "long", "details": {"causes": causes}}));
        assert_eq!(
            error.to_string(),
            "the API server refused it: spec.action.reason: Open needs a reason; spec.deadlineSeconds: Invalid value: 0: \
             should be greater than or equal to 1"
        );
    }

    #[test]
    fn only_trouble_of_the_server_is_worth_another_call() {
        for (code, passes) in [
            (400, false),
            (401, false),
            (403, false),
            (409, false),
            (422, false),
            (429, true),
            (500, true),
            (503, true),
        ] {
            assert_eq!(answer(json!({"code": code, "message": "m"})).may_pass(), passes, "{code}");
        }
    }
}
