//! Answers that say no: a status, a reason in one word, and a sentence.

use axum::{
    Json,
    http::{HeaderValue, StatusCode, header::RETRY_AFTER},
    response::{IntoResponse, Response},
};
use serde::Serialize;

use crate::{lease::LowerEpoch, work::Refusal};

/// Seconds after which to try again. Nobody knows when a drain is resumed or
/// the next pod answers: short enough to be there soon, long enough not to press.
const TRY_AGAIN: HeaderValue = HeaderValue::from_static("5");

/// A request that was not granted.
#[derive(Debug, Serialize)]
pub(super) struct Problem {
    #[serde(skip)]
    status: StatusCode,
    reason: &'static str,
    error: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    epoch: Option<u64>,
}

impl Problem {
    /// 400: the request is wrong, and `error` says what would be right.
    pub(super) fn bad_request(error: String) -> Self {
        Self { status: StatusCode::BAD_REQUEST, reason: "BadRequest", error, epoch: None }
    }

    /// 409: `epoch` is lower than that of the running lease.
    pub(super) fn lower_epoch(epoch: u64, refused: LowerEpoch) -> Self {
        let own = refused.own;
        Self {
            status: StatusCode::CONFLICT,
            reason: "LowerEpoch",
            error: format!("epoch {epoch} is lower than {own}, the epoch of the drain lease that runs"),
            epoch: Some(own),
        }
    }
}

impl From<Refusal> for Problem {
    /// 503: not now.
    fn from(refusal: Refusal) -> Self {
        Self {
            status: StatusCode::SERVICE_UNAVAILABLE,
            reason: refusal.reason(),
            error: refusal.to_string(),
            epoch: None,
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = self.status;
        let mut response = (status, Json(self)).into_response();
        if status == StatusCode::SERVICE_UNAVAILABLE {
            response.headers_mut().insert(RETRY_AFTER, TRY_AGAIN);
        }
        response
    }
}
