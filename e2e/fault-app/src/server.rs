//! HTTP: one path, one line.

use std::{convert::Infallible, io, net::IpAddr, sync::Arc, time::Duration};

use http_body_util::{BodyExt, Limited};
use hyper::{Method, Request, Response, body::Incoming, header::USER_AGENT, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::{net::TcpListener, time::sleep};

use crate::{
    Done, Reply,
    answer::{AnyBody, json, said, scripted},
    state::App,
};

/// The port on which the application listens in its pod.
pub const PORT: u16 = 8080;

/// The largest request body, in bytes.
const MAX_BODY: usize = 64 * 1024;

/// Serves until the listener fails.
///
/// # Errors
/// Only if the listener fails; a connection that fails is dropped.
pub async fn serve(listener: TcpListener, app: Arc<App>) -> io::Result<()> {
    loop {
        let (stream, _) = listener.accept().await?;
        // Gone already, if it has no address.
        let Ok(called) = stream.local_addr() else { continue };
        let app = app.clone();
        let service = service_fn(move |request| {
            let app = app.clone();
            // A task of its own: a call takes effect also when its caller does not wait for the answer.
            let handled = tokio::spawn(async move { handle(&app, called.ip(), request).await });
            async move { Ok::<_, Infallible>(handled.await.unwrap_or_else(|_| json(500, &Value::Null))) }
        });
        tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), service));
    }
}

async fn handle(app: &App, address: IpAddr, request: Request<Incoming>) -> Response<AnyBody> {
    let (head, body) = request.into_parts();
    let body =
        Limited::new(body, MAX_BODY).collect().await.map(http_body_util::Collected::to_bytes).unwrap_or_default();
    let body: Value = serde_json::from_slice(&body).unwrap_or_default();
    let path = head.uri.path();
    match (&head.method, path) {
        (&Method::GET, "/readyz") => json(if app.is_ready() { 200 } else { 503 }, &Value::Null),
        (&Method::GET, "/__state") => json(200, &json!(app.snapshot())),
        (&Method::POST, "/__script") => match app.merge(&body) {
            Ok(()) => json(200, &Value::Null),
            Err(error) => json(400, &json!({"error": error.to_string()})),
        },
        (&Method::POST, "/__exit") => std::process::exit(1),
        _ => {
            let path_and_query = head.uri.path_and_query().map_or(path, hyper::http::uri::PathAndQuery::as_str);
            let agent = head.headers.get(USER_AGENT).and_then(|agent| agent.to_str().ok()).unwrap_or_default();
            let number = app.arrived(head.method.as_str(), path_and_query, body.clone(), address, agent);
            let (reply, done) = contract(app, &head.method, path, &body).await;
            app.answered(number, done.effect, said(&reply, &done));
            scripted(&reply, &done).await
        }
    }
}

/// The calls of the contract. A reply with a bad status has no effect.
async fn contract(app: &App, method: &Method, path: &str, body: &Value) -> (Reply, Done) {
    let script = app.script();
    let (reply, effect): (Reply, &(dyn Fn() -> Done + Sync)) = match (method, path) {
        (&Method::GET, "/upgradeable") => (script.probe, &|| app.probe()),
        (&Method::POST, "/drain") => (script.drain, &|| app.drain(body)),
        (&Method::DELETE, "/drain") => (script.resume, &|| app.resume(body)),
        // Where a redirect of the script may lead: ready, so that a caller who follows it is found out.
        (&Method::GET, "/elsewhere") => (Reply::default(), &|| Done::new(200, json!({"isUpgradeable": true}))),
        _ => return (Reply::default(), Done::new(404, json!({"error": format!("{method} {path}: no such path")}))),
    };
    sleep(Duration::from_millis(reply.late_millis)).await;
    let refused = reply.status.is_some_and(|status| !(200..300).contains(&status));
    let done = if refused { Done::new(200, Value::Null) } else { effect() };
    (reply, done)
}
