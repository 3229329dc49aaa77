//! An API server in memory that knows one Lease: optimistic concurrency, lists, watches, and links that fail.

use std::convert::Infallible;
use std::sync::{Arc, Mutex};

use futures::StreamExt;
use http_body_util::StreamBody;
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Frame};
use hyper::{Method, Request, Response};
use k8s_openapi::api::coordination::v1::Lease;
use kube::Client;
use kube::client::Body;
use serde_json::{Value, json};
use tokio::sync::{broadcast, watch};

type Answer = Response<UnsyncBoxBody<Bytes, Infallible>>;

/// How requests of one replica fare.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Link {
    /// They are answered.
    Up,
    /// They don't arrive, and no answer comes.
    Down,
    /// They take effect, but no answer comes.
    Mute,
    /// The server fails.
    Failing,
}

/// The server. Cheap to clone.
#[derive(Clone)]
pub(super) struct Server {
    state: Arc<Mutex<State>>,
    events: broadcast::Sender<Value>,
}

struct State {
    lease: Option<Lease>,
    version: u64,
    /// `verb` of each request that arrived.
    log: Vec<&'static str>,
}

impl Server {
    pub fn new() -> Self {
        let state = State { lease: None, version: 1, log: Vec::new() };
        Self { state: Arc::new(Mutex::new(state)), events: broadcast::Sender::new(1024) }
    }

    /// A client, and the switch of its link.
    pub fn client(&self) -> (Client, watch::Sender<Link>) {
        let (switch, link) = watch::channel(Link::Up);
        let server = self.clone();
        let service = tower::service_fn(move |request: Request<Body>| {
            let (server, link) = (server.clone(), link.clone());
            async move { Ok::<_, Infallible>(server.answer(request, link).await) }
        });
        (Client::new(service, "default"), switch)
    }

    pub fn holder(&self) -> Option<String> {
        self.lease()?.spec?.holder_identity
    }

    pub fn lease(&self) -> Option<Lease> {
        self.state.lock().unwrap().lease.clone()
    }

    /// The verbs of all requests since the last call.
    pub fn take_log(&self) -> Vec<&'static str> {
        std::mem::take(&mut self.state.lock().unwrap().log)
    }

    /// Someone else changes the Lease.
    pub fn edit(&self, change: impl FnOnce(&mut Lease)) {
        let mut lease = self.lease().unwrap();
        change(&mut lease);
        self.store(&mut self.state.lock().unwrap(), lease, "MODIFIED");
    }

    pub fn delete(&self) {
        let mut state = self.state.lock().unwrap();
        let lease = state.lease.take().unwrap();
        state.version += 1;
        let _ = self.events.send(json!({"type": "DELETED", "object": lease}));
    }

    async fn answer(&self, request: Request<Body>, mut link: watch::Receiver<Link>) -> Answer {
        let now = *link.borrow_and_update();
        match now {
            Link::Down => std::future::pending().await,
            Link::Failing => status(500, "InternalError"),
            Link::Up | Link::Mute => {
                let answer = self.handle(request, link.clone()).await;
                if now == Link::Mute { std::future::pending().await } else { answer }
            }
        }
    }

    async fn handle(&self, request: Request<Body>, link: watch::Receiver<Link>) -> Answer {
        let named = request.uri().path().ends_with("/leases/operator");
        let query = request.uri().query().unwrap_or_default().to_owned();
        let method = request.method().clone();
        let body = request.into_body().collect().await.unwrap().to_bytes();
        let mut state = self.state.lock().unwrap();
        let version = state.version;
        let verb = match (method, named) {
            (Method::GET, true) => "get",
            (Method::GET, false) if query.contains("watch=true") => "watch",
            (Method::GET, false) => "list",
            (Method::PUT, true) => "update",
            (Method::POST, false) => "create",
            other => panic!("{other:?}"),
        };
        state.log.push(verb);
        match verb {
            "get" => state.lease.as_ref().map_or_else(|| status(404, "NotFound"), |lease| object(&json!(lease))),
            "list" => {
                assert!(query.contains("fieldSelector=metadata.name%3Doperator"), "{query}");
                object(&json!({
                    "apiVersion": "coordination.k8s.io/v1", "kind": "LeaseList",
                    "metadata": {"resourceVersion": version.to_string()},
                    "items": Vec::from_iter(&state.lease),
                }))
            }
            "watch" => self.watch(link),
            _ => {
                let lease: Lease = serde_json::from_slice(&body).unwrap();
                let current = state.lease.as_ref().map(|lease| lease.metadata.resource_version.clone());
                match (verb, current) {
                    ("create", Some(_)) => status(409, "AlreadyExists"),
                    ("update", None) => status(404, "NotFound"),
                    ("update", Some(current)) if lease.metadata.resource_version != current => status(409, "Conflict"),
                    (_, current) => {
                        let kind = if current.is_some() { "MODIFIED" } else { "ADDED" };
                        object(&json!(self.store(&mut state, lease, kind)))
                    }
                }
            }
        }
    }

    fn store(&self, state: &mut State, mut lease: Lease, kind: &str) -> Lease {
        state.version += 1;
        lease.metadata.resource_version = Some(state.version.to_string());
        state.lease = Some(lease.clone());
        // Nobody may be watching.
        let _ = self.events.send(json!({"type": kind, "object": lease}));
        lease
    }

    /// Events from now on. Over a link that is not up they are held back; then the watch ends, as connections do.
    fn watch(&self, link: watch::Receiver<Link>) -> Answer {
        let state = (self.events.subscribe(), link);
        let events = futures::stream::unfold(state, async |(mut events, mut link)| {
            let event = events.recv().await.ok()?;
            if *link.borrow_and_update() != Link::Up {
                link.wait_for(|link| *link == Link::Up).await.ok()?;
                return None;
            }
            Some((event, (events, link)))
        });
        let frames = events.map(|event| Ok(Frame::data(Bytes::from(format!("{event}\n")))));
        Response::new(StreamBody::new(frames).boxed_unsync())
    }
}

fn object(value: &Value) -> Answer {
    Response::new(Full::from(value.to_string()).boxed_unsync())
}

fn status(code: u16, reason: &str) -> Answer {
    let status = json!({"kind": "Status", "status": "Failure", "message": reason, "reason": reason, "code": code});
    let mut answer = object(&status);
    *answer.status_mut() = code.try_into().unwrap();
    answer
}
