//! The HTTP side of the API server, with faults on demand.

use std::{
    collections::VecDeque,
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard},
    time::{Duration, Instant},
};

use axum::{
    Router,
    body::{Body, Bytes, to_bytes},
    extract::{Request, State},
    http::StatusCode,
    response::{IntoResponse, Response},
};
use futures::stream;
use serde_json::{Value, json};
use tokio::{net::TcpListener, runtime::Runtime, sync::watch};

use super::store::Store;

const GATES: &str = "/apis/upgradegate.dev/v1alpha1/namespaces/demo/upgradegates";

/// What goes wrong with a request.
#[derive(Clone, Debug)]
pub enum Fault {
    /// This answer, and nothing is done.
    Answer(u16, Value),
    /// A plain text, as of a server that knows no such path.
    Plain(u16, &'static str),
    /// It is done, and the connection breaks before the answer.
    AnswerLost,
}

#[derive(Default)]
struct Inner {
    store: Store,
    /// Verb, path and body of every request.
    log: Vec<(String, String, Value)>,
    once: VecDeque<(&'static str, Fault)>,
    always: Vec<(&'static str, Fault)>,
    /// Watches that began before this count of cuts end.
    cuts: usize,
}

#[derive(Clone)]
struct Shared {
    inner: Arc<Mutex<Inner>>,
    changed: watch::Sender<()>,
}

/// A running API server; it ends with the value.
pub struct Api {
    pub address: SocketAddr,
    shared: Shared,
    _runtime: Runtime,
}

impl Api {
    pub fn start() -> Self {
        let shared = Shared { inner: Arc::default(), changed: watch::Sender::new(()) };
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
        let address = listener.local_addr().unwrap();
        let router = Router::new().fallback(serve).with_state(shared.clone());
        runtime.spawn(async move { axum::serve(listener, router).await });
        Api { address, shared, _runtime: runtime }
    }

    /// The next request with this verb (POST, GET, LIST, WATCH, PATCH) goes wrong.
    pub fn once(&self, verb: &'static str, fault: Fault) {
        self.lock().once.push_back((verb, fault));
    }

    /// Every request with this verb goes wrong.
    pub fn always(&self, verb: &'static str, fault: Fault) {
        self.lock().always.push((verb, fault));
    }

    /// Ends all watches in the middle.
    pub fn cut_watches(&self) {
        self.lock().cuts += 1;
        self.shared.changed.send_replace(());
    }

    /// Changes what is stored, as somebody else would.
    pub fn store<T>(&self, change: impl FnOnce(&mut Store) -> T) -> T {
        let result = change(&mut self.lock().store);
        self.shared.changed.send_replace(());
        result
    }

    /// The operator writes a status.
    pub fn status(&self, name: &str, status: Value) {
        self.store(|store| store.change(name, |gate| gate["status"] = status));
    }

    pub fn gate(&self, name: &str) -> Value {
        self.lock().store.get(name).unwrap_or_else(|| panic!("no gate {name}"))
    }

    /// How many requests with this verb came so far.
    pub fn count(&self, verb: &str) -> usize {
        self.lock().log.iter().filter(|(v, ..)| v == verb).count()
    }

    /// The bodies of the requests with this verb.
    pub fn bodies(&self, verb: &str) -> Vec<Value> {
        self.lock().log.iter().filter(|(v, ..)| v == verb).map(|(_, _, body)| body.clone()).collect()
    }

    /// Waits until as many requests with this verb came.
    pub fn await_count(&self, verb: &str, count: usize) {
        let end = Instant::now() + Duration::from_secs(20);
        while self.count(verb) < count {
            assert!(Instant::now() < end, "{count} {verb} did not come: {:?}", self.lock().log);
            std::thread::yield_now();
        }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.shared.inner.lock().unwrap()
    }
}

async fn serve(State(shared): State<Shared>, request: Request) -> Response {
    let query = request.uri().query().unwrap_or_default().to_owned();
    let path = request.uri().path().to_owned();
    let verb = match (request.method().as_str(), path == GATES, query.contains("watch=true")) {
        ("GET", true, true) => "WATCH",
        ("GET", true, false) => "LIST",
        (method, ..) => method,
    }
    .to_owned();
    let body = to_bytes(request.into_body(), usize::MAX).await.unwrap();
    let body: Value = serde_json::from_slice(&body).unwrap_or_default();

    let mut inner = shared.inner.lock().unwrap();
    inner.log.push((verb.clone(), format!("{path}?{query}"), body.clone()));
    let at = inner.once.iter().position(|(of, _)| *of == verb);
    let fault = at.and_then(|at| inner.once.remove(at)).map(|(_, fault)| fault);
    let fault = fault.or_else(|| inner.always.iter().find(|(of, _)| *of == verb).map(|(_, fault)| fault.clone()));
    match fault {
        Some(Fault::Answer(code, json)) => return answer(code, &json),
        Some(Fault::Plain(code, text)) => return (StatusCode::from_u16(code).unwrap(), text).into_response(),
        Some(Fault::AnswerLost) => {
            act(&mut inner.store, &verb, &path, &body);
            shared.changed.send_replace(());
            let broken = stream::iter([Ok(Bytes::from_static(b"{")), Err(std::io::Error::other("cut"))]);
            return Response::new(Body::from_stream(broken));
        }
        None => {}
    }
    if verb == "WATCH" {
        let cuts = inner.cuts;
        drop(inner);
        return watch(shared, &query, cuts);
    }
    let response = act(&mut inner.store, &verb, &path, &body);
    shared.changed.send_replace(());
    response
}

fn act(store: &mut Store, verb: &str, path: &str, body: &Value) -> Response {
    let name = path.strip_prefix(GATES).unwrap_or_default().trim_start_matches('/');
    let missing = json!({
        "kind": "Status", "status": "Failure", "code": 404, "reason": "NotFound",
        "message": format!("upgradegates.upgradegate.dev {name:?} not found"),
        "details": {"name": name, "group": "upgradegate.dev", "kind": "upgradegates"},
    });
    let taken =
        json!({"kind": "Status", "status": "Failure", "code": 409, "reason": "AlreadyExists", "message": "exists"});
    match verb {
        "POST" => store.create(body.clone()).map_or_else(|| answer(409, &taken), |gate| answer(201, &gate)),
        "GET" => store.get(name).map_or_else(|| answer(404, &missing), |gate| answer(200, &gate)),
        "PATCH" => store.patch(name, body).map_or_else(|| answer(404, &missing), |gate| answer(200, &gate)),
        "LIST" => {
            let metadata = json!({"resourceVersion": store.version().to_string()});
            let kind = "UpgradeGateList";
            let list = json!({"apiVersion": "upgradegate.dev/v1alpha1", "kind": kind, "metadata": metadata, "items": store.list()});
            answer(200, &list)
        }
        _ => answer(405, &json!({})),
    }
}

/// The changes of one gate after a version, as they come, until the watch is cut.
fn watch(shared: Shared, query: &str, cuts: usize) -> Response {
    let parameter = |key: &str| query.split('&').find_map(|pair| pair.strip_prefix(key)).unwrap_or_default().to_owned();
    let name = parameter("fieldSelector=metadata.name%3D");
    let from: usize = parameter("resourceVersion=").parse().unwrap_or_default();
    let changed = shared.changed.subscribe();
    let events = stream::unfold((shared, changed, from), move |(shared, mut changed, mut at)| {
        let name = name.clone();
        async move {
            loop {
                {
                    let inner = shared.inner.lock().unwrap();
                    if inner.cuts > cuts {
                        return None;
                    }
                    let next = inner.store.history.iter().enumerate().skip(at);
                    let next =
                        next.map(|(i, event)| (i + 1, event)).find(|(_, (_, gate))| gate["metadata"]["name"] == name);
                    if let Some((version, (kind, gate))) = next {
                        let line = format!("{}\n", json!({"type": kind, "object": gate}));
                        at = version;
                        drop(inner);
                        return Some((Ok::<_, std::io::Error>(line), (shared, changed, at)));
                    }
                }
                changed.changed().await.ok()?;
            }
        }
    });
    Response::new(Body::from_stream(events))
}

fn answer(code: u16, json: &Value) -> Response {
    (StatusCode::from_u16(code).unwrap(), json.to_string()).into_response()
}
