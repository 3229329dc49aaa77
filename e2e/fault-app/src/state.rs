//! What the application remembers.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::{Readiness, Script};

/// The most calls that are kept; older ones are forgotten.
const MAX_CALLS: usize = 10_000;

/// The application.
#[derive(Debug, Default)]
pub struct App(Mutex<Inner>);

#[derive(Debug, Default)]
struct Inner {
    script: Script,
    lease: Option<Lease>,
    calls: Vec<Call>,
}

/// A drain that was asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Lease {
    /// The gate that asked.
    pub gate: String,
    /// Its epoch.
    pub epoch: i64,
    /// When the drain is over by itself, in milliseconds since 1970.
    pub until: u64,
}

/// A call that reached the application.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Call {
    /// When it arrived, in milliseconds since 1970.
    pub at: u64,
    /// Its method.
    pub method: String,
    /// Its path and query.
    pub path: String,
    /// Its JSON body, or null.
    pub body: Value,
}

/// All that is known, at one time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Snapshot {
    /// When this was taken, in milliseconds since 1970.
    pub at: u64,
    /// The script.
    pub script: Script,
    /// The drain, if it still runs.
    pub lease: Option<Lease>,
    /// Every call, oldest first.
    pub calls: Vec<Call>,
}

impl App {
    /// An application with this script.
    pub fn new(script: Script) -> Self {
        Self(Mutex::new(Inner { script, ..Inner::default() }))
    }

    /// The script as it is now.
    pub fn script(&self) -> Script {
        self.lock().script.clone()
    }

    /// Merges a patch into the script.
    ///
    /// # Errors
    /// If the result is no script.
    pub fn merge(&self, patch: &Value) -> Result<(), serde_json::Error> {
        self.lock().script.merge(patch)
    }

    /// All that is known now.
    pub fn snapshot(&self) -> Snapshot {
        let mut inner = self.lock();
        let now = now();
        Snapshot { at: now, script: inner.script.clone(), lease: inner.lease(now), calls: inner.calls.clone() }
    }

    /// Records a call and prints it, one JSON object a line.
    pub fn record(&self, method: &str, path: &str, body: Value) {
        let call = Call { at: now(), method: method.into(), path: path.into(), body };
        println!("{}", json!(call));
        let mut inner = self.lock();
        if inner.calls.len() == MAX_CALLS {
            inner.calls.remove(0);
        }
        inner.calls.push(call);
    }

    /// Whether the application is ready for traffic.
    pub fn is_ready(&self) -> bool {
        let mut inner = self.lock();
        match inner.script.readiness {
            Readiness::Always => true,
            Readiness::UnlessDrained => inner.lease(now()).is_none(),
            Readiness::Never => false,
        }
    }

    /// The answer to the probe, as the contract has it.
    pub fn probe(&self) -> (u16, Value) {
        let mut inner = self.lock();
        let lease = inner.lease(now());
        let ready = !inner.script.busy && (lease.is_some() || !inner.script.ready_only_drained);
        let body = json!({
            "isUpgradeable": ready,
            "operations": u8::from(inner.script.busy),
            "draining": lease.is_some(),
            "epoch": lease.map(|lease| lease.epoch),
            "message": if ready { "no operation running" } else { "1 operation running" },
        });
        (200, body)
    }

    /// Drains, as the contract has it: 409 for an epoch lower than that of a lease that still runs.
    pub fn drain(&self, body: &Value) -> (u16, Value) {
        let (Some(epoch), Some(seconds)) = (body["epoch"].as_i64(), body["leaseSeconds"].as_u64()) else {
            return (400, json!({"error": "epoch and leaseSeconds are needed"}));
        };
        let mut inner = self.lock();
        let now = now();
        if let Some(own) = inner.lease(now).filter(|own| own.epoch > epoch) {
            return (409, json!({"epoch": own.epoch}));
        }
        let gate = body["gate"].as_str().unwrap_or_default().to_owned();
        inner.lease = Some(Lease { gate, epoch, until: now + seconds * 1000 });
        (200, json!({"draining": true, "epoch": epoch}))
    }

    /// Resumes, as the contract has it.
    pub fn resume(&self, body: &Value) -> (u16, Value) {
        let mut inner = self.lock();
        let epoch = body["epoch"].as_i64().unwrap_or_default();
        if let Some(own) = inner.lease(now()).filter(|own| own.epoch > epoch) {
            return (409, json!({"epoch": own.epoch}));
        }
        inner.lease = None;
        (200, json!({"draining": false}))
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    /// The drain, if it still runs.
    fn lease(&mut self, now: u64) -> Option<Lease> {
        self.lease.take_if(|lease| lease.until <= now);
        self.lease.clone()
    }
}

/// Milliseconds since 1970.
fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body(epoch: i64, lease: u64) -> Value {
        json!({"gate": "g", "epoch": epoch, "leaseSeconds": lease})
    }

    #[test]
    fn a_drain_is_a_lease_with_an_epoch() {
        let app = App::default();
        assert_eq!(app.drain(&body(7, 60)).0, 200);
        assert_eq!(app.drain(&body(6, 60)), (409, json!({"epoch": 7})));
        assert_eq!(app.resume(&body(6, 60)).0, 409);
        assert_eq!(app.resume(&body(7, 60)).0, 200);
        assert_eq!(app.snapshot().lease, None);
        assert_eq!(app.drain(&body(8, 0)).0, 200);
        assert_eq!(app.snapshot().lease, None, "a lease that ran out is over by itself");
    }

    #[test]
    fn the_script_turns_the_probe() {
        let app = App::default();
        assert_eq!(app.probe().1["isUpgradeable"], true);
        app.merge(&json!({"readyOnlyDrained": true})).unwrap();
        assert_eq!(app.probe().1["isUpgradeable"], false);
        app.drain(&body(7, 60));
        assert_eq!(app.probe().1["isUpgradeable"], true);
        app.merge(&json!({"busy": true})).unwrap();
        assert_eq!(app.probe().1["isUpgradeable"], false);
    }
}
