//! HTTP: one file a group of paths, each handler a few lines around [`App`].

mod drain;
mod health;
mod problem;
mod start;
mod upgradeable;

use std::sync::Arc;

use axum::{
    Router,
    extract::DefaultBodyLimit,
    routing::{get, post},
};

use crate::app::App;

/// The largest request body, in bytes; a drain needs a few hundred.
const MAX_BODY: usize = 8 * 1024;

/// All paths of the application.
pub fn router(app: Arc<App>) -> Router {
    Router::new()
        .route("/start", post(start::start))
        .route("/upgradeable", get(upgradeable::upgradeable))
        .route("/drain", post(drain::drain).delete(drain::resume))
        .route("/livez", get(health::livez))
        .route("/readyz", get(health::readyz))
        .route("/metrics", get(health::metrics))
        .route("/version", get(health::version))
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .with_state(app)
}
