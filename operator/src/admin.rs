//! The operator's own HTTP server: `/livez`, `/readyz`, `/metrics`.

mod health;
#[cfg(test)]
mod tests;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::routing::get;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::metrics::{self, Metrics};

pub use health::{Alive, Health};

/// How long answers that were begun may take at the end.
const LAST_ANSWERS: Duration = Duration::from_secs(1);

/// The server. It listens, and answers once it is [served](Self::serve).
#[derive(Debug)]
pub struct Admin {
    listener: TcpListener,
    router: Router,
}

impl Admin {
    /// Listens on `address`.
    pub async fn listen(address: SocketAddr, health: Health, metrics: Arc<Metrics>) -> io::Result<Self> {
        let listener = TcpListener::bind(address).await.map_err(|error| {
            let why = format!("listen on {address}: {error}; choose another address with --listen");
            io::Error::new(error.kind(), why)
        })?;
        Ok(Self { listener, router: router(health, metrics) })
    }

    /// Where it listens: the port too if 0 was asked for.
    pub fn address(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// Answers until `stop`, and then what was begun, for a second at most.
    pub async fn serve(self, stop: CancellationToken) -> io::Result<()> {
        let stopped = stop.clone().cancelled_owned();
        let server = axum::serve(self.listener, self.router).with_graceful_shutdown(stopped).into_future();
        let grace = async {
            stop.cancelled().await;
            tokio::time::sleep(LAST_ANSWERS).await;
        };
        tokio::select! {
            ended = server => ended,
            // Connections that are still open belong to clients that do not read.
            () = grace => Ok(()),
        }
    }
}

fn router(health: Health, metrics: Arc<Metrics>) -> Router {
    let live = health.clone();
    Router::new()
        .route("/livez", get(async move || answer(live.live())))
        .route("/readyz", get(async move || answer(health.ready())))
        .route("/metrics", get(async move || ([(CONTENT_TYPE, metrics::CONTENT_TYPE)], metrics.render())))
}

fn answer(state: Result<(), String>) -> (StatusCode, String) {
    match state {
        Ok(()) => (StatusCode::OK, "ok\n".to_owned()),
        Err(why) => (StatusCode::SERVICE_UNAVAILABLE, why),
    }
}
