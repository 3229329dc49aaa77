//! The HTTP client for members: one bounded call, to one address, with one answer.
//!
//! A member may be anything: hung, hostile, or not HTTP at all. So a call has one timeout for all of it, the answer has a
//! size limit, and nothing is followed, decoded, proxied or kept: no redirects, no compression, no pool, no keep-alive.

mod address;
mod error;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, SocketAddr};
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use futures::future::{Either, select};
use http_body_util::{BodyExt, Full};
use hyper::body::{Body, Bytes, Incoming};
use hyper::client::conn::http1;
use hyper::{Request, Response, header};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::Instant;

use crate::lease::Tenure;

pub use crate::gate::Answer;
pub use address::{AddressPolicy, Refusal};
pub use error::{CallError, Stage};

/// Longest body of an answer, in bytes.
pub const BODY_LIMIT: usize = 10 * 1024;

/// Longest status line and headers of an answer, in bytes.
pub const HEAD_LIMIT: usize = 8 * 1024;

/// Most headers of an answer.
pub const HEADER_COUNT_LIMIT: usize = 64;

/// Longest timeout of a call; longer ones are cut to it.
pub const TIMEOUT_LIMIT: Duration = Duration::from_mins(5);

/// How much of an answer is buffered at once, in bytes.
const BUFFER: usize = 16 * 1024;

const USER_AGENT: &str = concat!("upgradegate/", env!("CARGO_PKG_VERSION"));

/// Method of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// Ask: the probe.
    Get,
    /// Drain.
    Post,
    /// Resume.
    Delete,
}

/// One call to one member.
#[derive(Clone, Debug)]
pub struct Call {
    /// Method of the request.
    pub method: Method,
    /// IP of the member's pod.
    pub address: IpAddr,
    /// Port of the pod.
    pub port: u16,
    /// Path and query, from `/` on.
    pub path: String,
    /// JSON to send.
    pub body: Option<Vec<u8>>,
    /// Limit of the whole call, from the connection to the last byte of the answer; at most [`TIMEOUT_LIMIT`].
    pub timeout: Duration,
}

/// The client. Cheap to clone; it holds no connection.
#[derive(Clone, Debug)]
pub struct MemberClient {
    policy: Arc<AddressPolicy>,
    /// When calls may be made; always without it.
    tenure: Option<Tenure>,
}

impl MemberClient {
    /// A client that, beside the addresses that no pod can have, refuses `refused`: those of the API server.
    pub fn new(refused: BTreeSet<IpAddr>) -> Self {
        Self { policy: Arc::new(AddressPolicy::new(refused)), tenure: None }
    }

    /// A client that calls any address, loopback too.
    #[cfg(test)]
    pub(crate) fn unrestricted() -> Self {
        Self { policy: Arc::new(AddressPolicy::allow_all()), tenure: None }
    }

    /// The same, for as long as this tenure lasts: nothing is sent after it, even by what is not stopped yet.
    #[must_use]
    pub fn only_while(&self, tenure: Tenure) -> Self {
        Self { policy: Arc::clone(&self.policy), tenure: Some(tenure) }
    }

    /// Makes `call`. Dropping the future ends the call and its connection.
    pub async fn call(&self, call: Call) -> Result<Answer, CallError> {
        self.policy.check(call.address).map_err(|why| CallError::Refused { address: call.address, why })?;
        let clock = Clock::start(call.timeout);
        let target = SocketAddr::new(call.address, call.port);
        let request = request(call)?;
        let stream = clock.limit(Stage::Connecting, TcpStream::connect(target)).await?;
        let stream = stream.map_err(|error| CallError::Connect(error.kind()))?;
        // Without it, small requests may sit out a delayed acknowledgement. A failure costs only time.
        let _ = stream.set_nodelay(true);
        // As late as can be: a process may be frozen at any point before.
        if self.tenure.as_ref().is_some_and(|tenure| !tenure.lasts()) {
            return Err(CallError::NotActing);
        }
        exchange(stream, request, &clock).await
    }
}

/// Makes `call` over a connection that is there already, wherever it leads: no address is judged.
pub async fn call_over(stream: impl AsyncRead + AsyncWrite + Unpin, call: Call) -> Result<Answer, CallError> {
    let clock = Clock::start(call.timeout);
    exchange(stream, request(call)?, &clock).await
}

/// The request to send, or an error when the path is no HTTP path.
fn request(call: Call) -> Result<Request<Full<Bytes>>, CallError> {
    let method = match call.method {
        Method::Get => hyper::Method::GET,
        Method::Post => hyper::Method::POST,
        Method::Delete => hyper::Method::DELETE,
    };
    if !call.path.starts_with('/') {
        return Err(CallError::Path);
    }
    let mut request = Request::builder()
        .method(method)
        .uri(call.path)
        .header(header::HOST, SocketAddr::new(call.address, call.port).to_string())
        .header(header::USER_AGENT, USER_AGENT)
        .header(header::ACCEPT, "application/json, */*;q=0.8")
        .header(header::CONNECTION, "close");
    if call.body.is_some() {
        request = request.header(header::CONTENT_TYPE, "application/json");
    }
    request.body(Full::from(call.body.unwrap_or_default())).map_err(|_| CallError::Path)
}

/// Sends `request` over `stream` and reads the answer. The connection is driven by this future, not by a task of its own,
/// so it ends with it.
async fn exchange(
    stream: impl AsyncRead + AsyncWrite + Unpin,
    request: Request<Full<Bytes>>,
    clock: &Clock,
) -> Result<Answer, CallError> {
    let (mut sender, connection) = http1::Builder::new()
        .max_buf_size(BUFFER)
        .max_headers(HEADER_COUNT_LIMIT)
        .max_header_size(HEAD_LIMIT)
        .handshake(TokioIo::new(stream))
        .await
        .map_err(|error| CallError::from_hyper(&error))?;
    let answer = pin!(async move {
        let response = clock.limit(Stage::Waiting, sender.send_request(request)).await?;
        read(response.map_err(|error| CallError::from_hyper(&error))?, clock).await
    });
    match select(answer, connection).await {
        Either::Left((answer, _)) => answer,
        // The member closed first. What it had sent before is still to be read, and so is the reason if it failed.
        Either::Right((_, answer)) => answer.await,
    }
}

/// Reads an answer up to its limit.
async fn read(response: Response<Incoming>, clock: &Clock) -> Result<Answer, CallError> {
    let (head, mut incoming) = response.into_parts();
    let too_large = || CallError::TooLarge { limit: BODY_LIMIT };
    if incoming.size_hint().lower() > BODY_LIMIT as u64 {
        return Err(too_large());
    }
    let mut body = Vec::new();
    while let Some(frame) = clock.limit(Stage::Reading, incoming.frame()).await? {
        let frame = frame.map_err(|error| CallError::from_hyper(&error))?;
        // A frame without data holds trailers, which nobody asked for.
        let Ok(data) = frame.into_data() else { continue };
        if body.len() + data.len() > BODY_LIMIT {
            return Err(too_large());
        }
        body.extend_from_slice(&data);
    }
    Ok(Answer { code: head.status.as_u16(), headers: texts(&head.headers), body })
}

fn texts(headers: &header::HeaderMap) -> BTreeMap<String, String> {
    let mut texts = BTreeMap::<String, String>::new();
    for (name, value) in headers {
        let value = String::from_utf8_lossy(value.as_bytes());
        texts
            .entry(name.as_str().to_owned())
            .and_modify(|all| {
                all.push_str(", ");
                all.push_str(&value);
            })
            .or_insert_with(|| value.into_owned());
    }
    texts
}

/// The time limit of one call.
struct Clock {
    timeout: Duration,
    deadline: Instant,
}

impl Clock {
    fn start(timeout: Duration) -> Self {
        let timeout = timeout.min(TIMEOUT_LIMIT);
        Self { timeout, deadline: Instant::now() + timeout }
    }

    async fn limit<T>(&self, during: Stage, work: impl Future<Output = T>) -> Result<T, CallError> {
        let late = |_| CallError::Timeout { after: self.timeout, during };
        tokio::time::timeout_at(self.deadline, work).await.map_err(late)
    }
}
