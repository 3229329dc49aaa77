//! `POST /start?seconds=N`: begin an operation.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Query, State, rejection::QueryRejection},
    http::StatusCode,
};
use serde::Deserialize;
use serde_json::{Value, json};

use super::problem::Problem;
use crate::{app::App, seconds};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Start {
    seconds: Option<String>,
}

/// 202 with the operation's id and length; 400 if `seconds` is no length of
/// time; 503 if no new work is taken.
pub(super) async fn start(
    State(app): State<Arc<App>>,
    query: Result<Query<Start>, QueryRejection>,
) -> Result<(StatusCode, Json<Value>), Problem> {
    let Query(Start { seconds }) = query.map_err(|error| Problem::bad_request(error.body_text()))?;
    let length = match seconds {
        Some(text) => seconds::parse_positive(&text)
            .map_err(|why| Problem::bad_request(format!("query parameter seconds: {why}")))?,
        None => app.config.operation_seconds,
    };
    let id = app.start(length)?;
    let started = json!({"id": id, "seconds": seconds::to_json(length)});
    Ok((StatusCode::ACCEPTED, Json(started)))
}
