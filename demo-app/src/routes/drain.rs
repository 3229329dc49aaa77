//! `POST /drain` and `DELETE /drain`: take no new work, and work again.

use std::{sync::Arc, time::Duration};

use axum::{Json, body::Bytes, extract::State};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Value, json};

use super::problem::Problem;
use crate::{app::App, seconds::MAX_SECONDS};

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Drain {
    gate: String,
    epoch: u64,
    lease_seconds: u32,
}

/// The same body is sent to resume; its lease does not matter.
#[derive(Debug, Deserialize)]
struct Resume {
    gate: String,
    epoch: u64,
}

/// 200 once no new work is taken; 409 with the epoch of the running lease if
/// that is higher; 400 if the body makes no sense.
pub(super) async fn drain(State(app): State<Arc<App>>, body: Bytes) -> Result<Json<Value>, Problem> {
    let Drain { gate, epoch, lease_seconds } = parse(&body)?;
    if !(1..=MAX_SECONDS).contains(&lease_seconds) {
        return Err(Problem::bad_request(format!("leaseSeconds is {lease_seconds}: give 1 to {MAX_SECONDS}")));
    }
    app.drain(&gate, epoch, Duration::from_secs(lease_seconds.into()))
        .map_err(|refused| Problem::lower_epoch(epoch, refused))?;
    Ok(Json(json!({"draining": true, "epoch": epoch})))
}

/// 200 once new work is taken again, also if it always was; 409 and 400 as for
/// [`drain`].
pub(super) async fn resume(State(app): State<Arc<App>>, body: Bytes) -> Result<Json<Value>, Problem> {
    let Resume { gate, epoch } = parse(&body)?;
    app.resume(&gate, epoch).map_err(|refused| Problem::lower_epoch(epoch, refused))?;
    Ok(Json(json!({"draining": false})))
}

/// Reads JSON whatever the content type says, so that plain `curl -d` works.
fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, Problem> {
    serde_json::from_slice(body).map_err(|error| {
        Problem::bad_request(format!(
            "{error}: send JSON such as \
             {{\"gate\":\"demo-app-3f9c2a1b\",\"epoch\":1795450653123,\"leaseSeconds\":60}}"
        ))
    })
}
