//! What the cluster asks: alive, ready, how much, which version.

use std::{sync::Arc, time::Instant};

use axum::{
    Json,
    extract::State,
    http::{StatusCode, header::CONTENT_TYPE},
    response::IntoResponse,
};
use serde_json::{Value, json};

use crate::{app::App, metrics};

/// Always 200: a process that cannot go on ends.
pub(super) async fn livez() -> &'static str {
    "ok"
}

/// 503 from SIGTERM on, and while draining if configured so; else 200.
pub(super) async fn readyz(State(app): State<Arc<App>>) -> (StatusCode, &'static str) {
    let work = app.work();
    let drained = app.config.unready_while_draining && work.lease.running(Instant::now()).is_some();
    if work.stopping {
        (StatusCode::SERVICE_UNAVAILABLE, "stopping")
    } else if drained {
        (StatusCode::SERVICE_UNAVAILABLE, "draining")
    } else {
        (StatusCode::OK, "ok")
    }
}

/// The metrics, as Prometheus reads them.
pub(super) async fn metrics(State(app): State<Arc<App>>) -> impl IntoResponse {
    metrics::render(&app.work(), Instant::now())
        .map(|text| ([(CONTENT_TYPE, metrics::CONTENT_TYPE)], text))
        .map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)
}

/// Which version and pod answers.
pub(super) async fn version(State(app): State<Arc<App>>) -> Json<Value> {
    Json(json!({"version": app.config.app_version, "pod": app.config.pod_name}))
}
