//! Answers as a fault makes them.

use std::time::Duration;

use futures::{StreamExt, TryStreamExt, stream};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Full, StreamBody};
use hyper::body::{Bytes, Frame};
use hyper::{Response, StatusCode, header};
use kube::client::Body;
use serde_json::json;
use tower::BoxError;

/// The body of an answer.
pub(super) type Content = UnsyncBoxBody<Bytes, BoxError>;

/// An hour: what a caller must not obey.
const RETRY_AFTER: &str = "3600";

/// A refusal as the API server writes it.
pub(super) fn refusal(code: u16) -> Response<Content> {
    let reason = match code {
        409 => "Conflict",
        410 => "Expired",
        429 => "TooManyRequests",
        503 => "ServiceUnavailable",
        _ => "InternalError",
    };
    let status = json!({
        "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure",
        "message": "a fault of the plan", "reason": reason, "code": code,
    });
    let mut answer = Response::new(whole(status.to_string().into()));
    *answer.status_mut() = StatusCode::from_u16(code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = answer.headers_mut();
    headers.insert(header::CONTENT_TYPE, header::HeaderValue::from_static("application/json"));
    if matches!(code, 429 | 503) {
        headers.insert(header::RETRY_AFTER, header::HeaderValue::from_static(RETRY_AFTER));
    }
    answer
}

/// The answer as it came.
pub(super) fn as_it_came(answer: Response<Body>) -> Response<Content> {
    answer.map(|body| body.map_err(BoxError::from).boxed_unsync())
}

/// The answer with all of its body, and that body.
pub(super) async fn read(answer: Response<Body>) -> Result<(Response<()>, Bytes), BoxError> {
    let (head, body) = answer.into_parts();
    let bytes = body.collect().await?.to_bytes();
    Ok((Response::from_parts(head, ()), bytes))
}

/// A body of these bytes.
pub(super) fn whole(bytes: Bytes) -> Content {
    Full::new(bytes).map_err(|never| match never {}).boxed_unsync()
}

/// The first event of a watch, or half of it; then the end.
pub(super) fn cut(answer: Response<Body>, keep_all: bool) -> Response<Content> {
    let keep = move |bytes: Bytes| Frame::data(if keep_all { bytes } else { half(&bytes) });
    answer.map(|body| {
        let frames = body.into_data_stream().take(1).map_ok(keep).map_err(BoxError::from);
        BodyExt::boxed_unsync(StreamBody::new(frames))
    })
}

/// A watch that is silent for so long.
pub(super) fn starved(answer: Response<Body>, silence: Duration) -> Response<Content> {
    answer.map(|body| {
        let wait = stream::once(tokio::time::sleep(silence)).filter_map(async |()| None);
        let frames = wait.chain(body.into_data_stream().map_ok(Frame::data).map_err(BoxError::from));
        BodyExt::boxed_unsync(StreamBody::new(frames))
    })
}

/// The first half.
pub(super) fn half(bytes: &Bytes) -> Bytes {
    bytes.slice(..bytes.len() / 2)
}
