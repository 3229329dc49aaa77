//! What the application remembers.

use std::{
    net::IpAddr,
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::{
    Readiness, Script,
    record::{Answered, Call, Done, Effect, Line, Said},
};

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
    /// How many calls there were, also those that are forgotten.
    count: u64,
    /// How many lines were printed.
    printed: u64,
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
    /// How many lines were printed: one for each call that arrived, and one for each that took effect.
    pub printed: u64,
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
        let (script, lease) = (inner.script.clone(), inner.lease(now));
        Snapshot { at: now, script, lease, calls: inner.calls.clone(), printed: inner.printed }
    }

    /// Records a call that arrived and prints it. Returns its number.
    pub fn arrived(&self, method: &str, path: &str, body: Value, address: IpAddr, agent: &str) -> u64 {
        let mut inner = self.lock();
        let (number, method, path, agent) = (inner.count, method.into(), path.into(), agent.into());
        let call = Call { number, at: now(), method, path, body, address, agent };
        inner.print(&Line::Call(call.clone()));
        inner.count += 1;
        if inner.calls.len() == MAX_CALLS {
            inner.calls.remove(0);
        }
        inner.calls.push(call);
        number
    }

    /// Prints what the call of this number did, and what is sent back. It is printed before it is sent.
    pub fn answered(&self, number: u64, effect: Effect, said: Option<Said>) {
        self.lock().print(&Line::Answer(Answered { number, at: now(), effect, said }));
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
    pub fn probe(&self) -> Done {
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
        Done::new(200, body)
    }

    /// Drains, as the contract has it: 409 for an epoch lower than that of a lease that still runs.
    pub fn drain(&self, body: &Value) -> Done {
        let (Some(epoch), Some(seconds)) = (body["epoch"].as_i64(), body["leaseSeconds"].as_u64()) else {
            return Done::new(400, json!({"error": "epoch and leaseSeconds are needed"}));
        };
        let mut inner = self.lock();
        let now = now();
        if let Some(own) = inner.lease(now).filter(|own| own.epoch > epoch) {
            return Done::new(409, json!({"epoch": own.epoch}));
        }
        let gate = body["gate"].as_str().unwrap_or_default().to_owned();
        let until = now + seconds * 1000;
        inner.lease = Some(Lease { gate, epoch, until });
        let effect = Effect::Drained { epoch, until };
        Done { effect, ..Done::new(200, json!({"draining": true, "epoch": epoch})) }
    }

    /// Resumes, as the contract has it.
    pub fn resume(&self, body: &Value) -> Done {
        let mut inner = self.lock();
        let epoch = body["epoch"].as_i64().unwrap_or_default();
        if let Some(own) = inner.lease(now()).filter(|own| own.epoch > epoch) {
            return Done::new(409, json!({"epoch": own.epoch}));
        }
        inner.lease = None;
        Done { effect: Effect::Resumed, ..Done::new(200, json!({"draining": false})) }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    fn print(&mut self, line: &Line) {
        println!("{}", json!(line));
        self.printed += 1;
    }

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
        assert_eq!(app.drain(&body(7, 60)).code, 200);
        assert_eq!(app.drain(&body(6, 60)), Done::new(409, json!({"epoch": 7})));
        assert_eq!(app.resume(&body(6, 60)).code, 409);
        assert_eq!(app.resume(&body(7, 60)).code, 200);
        assert_eq!(app.snapshot().lease, None);
        assert_eq!(app.drain(&body(8, 0)).code, 200);
        assert_eq!(app.snapshot().lease, None, "a lease that ran out is over by itself");
    }

    #[test]
    fn the_script_turns_the_probe() {
        let app = App::default();
        assert_eq!(app.probe().body["isUpgradeable"], true);
        app.merge(&json!({"readyOnlyDrained": true})).unwrap();
        assert_eq!(app.probe().body["isUpgradeable"], false);
        app.drain(&body(7, 60));
        assert_eq!(app.probe().body["isUpgradeable"], true);
        app.merge(&json!({"busy": true})).unwrap();
        assert_eq!(app.probe().body["isUpgradeable"], false);
    }
}
