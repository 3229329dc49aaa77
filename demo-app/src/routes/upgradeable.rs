//! `GET /upgradeable`: the answer to the probe.

use std::{sync::Arc, time::Instant};

use axum::{Json, extract::State};
use serde::Serialize;

use crate::app::App;

/// What the probe's CEL expression reads.
#[derive(Debug, Serialize)]
pub(super) struct Upgradeable {
    #[serde(rename = "isUpgradeable")]
    idle: bool,
    operations: usize,
    draining: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    epoch: Option<u64>,
    message: String,
}

/// True when no operation runs. It stays true for certain only while
/// draining: else the next operation may start at any time.
pub(super) async fn upgradeable(State(app): State<Arc<App>>) -> Json<Upgradeable> {
    let work = app.work();
    let operations = work.operations.running();
    let lease = work.lease.running(Instant::now());
    Json(Upgradeable {
        idle: operations == 0,
        operations,
        draining: lease.is_some(),
        epoch: lease.map(|lease| lease.epoch),
        message: work.message(),
    })
}
