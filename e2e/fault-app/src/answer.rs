//! From a reply of the script to bytes on the wire.

use std::{collections::BTreeMap, convert::Infallible, time::Duration};

use futures::{
    StreamExt,
    stream::{self, BoxStream},
};
use http_body_util::StreamBody;
use hyper::{
    Response, StatusCode,
    body::{Bytes, Frame},
    header::CONTENT_TYPE,
};
use serde_json::Value;
use tokio::time::sleep;

use crate::{Body, Done, Reply, Said};

/// A body of any length and pace.
pub(crate) type AnyBody = StreamBody<BoxStream<'static, Result<Frame<Bytes>, Infallible>>>;

const CHUNK: &[u8] = &[b'x'; 8 * 1024];

/// The type of every answer whose script names no other.
const JSON: &str = "application/json";

/// JSON with a status.
pub(crate) fn json(status: u16, body: &Value) -> Response<AnyBody> {
    let mut response = Response::new(once(body.to_string()));
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    response.headers_mut().insert(CONTENT_TYPE, hyper::header::HeaderValue::from_static(JSON));
    response
}

/// The contract's answer, changed as the reply says.
pub(crate) async fn scripted(reply: &Reply, done: &Done) -> Response<AnyBody> {
    let mut response = json(reply.status.unwrap_or(done.code), &done.body);
    for (name, value) in &reply.headers {
        if let (Ok(name), Ok(value)) = (name.parse::<hyper::header::HeaderName>(), value.parse()) {
            response.headers_mut().insert(name, value);
        }
    }
    match &reply.body {
        Body::Contract => {}
        Body::Text(text) => *response.body_mut() = once(text.clone()),
        Body::Binary(bytes) => *response.body_mut() = once(bytes.clone()),
        Body::Bytes(count) => *response.body_mut() = bytes(*count),
        Body::TrickleMillis(millis) => *response.body_mut() = trickle(Duration::from_millis(*millis)),
        Body::Hang => std::future::pending().await,
    }
    response
}

/// What [`scripted`] sends, if it is text, has an end and is no flood.
pub(crate) fn said(reply: &Reply, done: &Done) -> Option<Said> {
    let body = match &reply.body {
        Body::Contract => done.body.to_string(),
        Body::Text(text) => text.clone(),
        Body::Bytes(count) => "x".repeat(usize::try_from(*count).ok().filter(|count| *count <= CHUNK.len())?),
        Body::Binary(_) | Body::TrickleMillis(_) | Body::Hang => return None,
    };
    let mut headers = BTreeMap::from([(CONTENT_TYPE.to_string(), JSON.to_owned())]);
    headers.extend(reply.headers.iter().map(|(name, value)| (name.to_lowercase(), value.clone())));
    Some(Said { code: reply.status.unwrap_or(done.code), headers, body })
}

fn once(whole: impl Into<Bytes>) -> AnyBody {
    StreamBody::new(stream::iter([Ok(Frame::data(whole.into()))]).boxed())
}

fn bytes(count: u64) -> AnyBody {
    StreamBody::new(
        stream::unfold(count, |left| async move {
            let now = usize::try_from(left).unwrap_or(usize::MAX).min(CHUNK.len());
            (now > 0).then(|| (Ok(Frame::data(Bytes::from_static(&CHUNK[..now]))), left - now as u64))
        })
        .boxed(),
    )
}

fn trickle(pace: Duration) -> AnyBody {
    StreamBody::new(
        stream::repeat_with(move || Ok(Frame::data(Bytes::from_static(b" "))))
            .then(move |frame| async move {
                sleep(pace).await;
                frame
            })
            .boxed(),
    )
}
