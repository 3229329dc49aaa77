//! The application in one pod: it keeps what the design asks of an application with a drain, and tells the recorder of every call.

use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use tokio::sync::Notify;
use upgradegate_proof::{Answer, Call, Effect, Event, What};

use super::Recorder;
use crate::fault::Striker;
use crate::replica::Life;

/// Path of the probe.
pub const PROBE: &str = "/upgradeable";

/// Path of the drain.
pub const DRAIN: &str = "/drain";

/// The application in one pod.
#[derive(Debug)]
pub struct App {
    /// UID of the pod.
    pub pod: String,
    /// Address of the pod.
    pub address: Ipv4Addr,
    pub(super) striker: Arc<Striker>,
    pub(super) recorder: Arc<Recorder>,
    pub(super) lives: Vec<Arc<Life>>,
    /// Wakes the server, when connections are to be refused.
    pub(super) refuse: Notify,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// Whether it has work that must not be cut off.
    busy: bool,
    /// Epoch and end of the last drain.
    lease: Option<(i64, Timestamp)>,
    restarts: u32,
}

/// A request, as far as it matters.
#[derive(Clone, Debug)]
pub(super) struct Request {
    pub method: String,
    pub path: String,
    pub body: Value,
    pub at: Timestamp,
}

impl Request {
    /// The kind of call: `probe`, `drain`, `resume`; anything else is `other`.
    pub fn kind(&self) -> &'static str {
        match (self.method.as_str(), self.path.as_str()) {
            ("GET", PROBE) => "probe",
            ("POST", DRAIN) => "drain",
            ("DELETE", DRAIN) => "resume",
            _ => "other",
        }
    }
}

impl App {
    /// An application that has just started.
    pub(super) fn new(
        pod: String,
        address: Ipv4Addr,
        striker: Arc<Striker>,
        recorder: Arc<Recorder>,
        lives: Vec<Arc<Life>>,
    ) -> Self {
        App { pod, address, striker, recorder, lives, refuse: Notify::new(), state: Mutex::default() }
    }

    /// Gives it work, or ends its work.
    pub fn set_busy(&self, busy: bool) {
        self.state().busy = busy;
    }

    /// Whether it takes new work: no drain of it runs.
    pub fn works(&self) -> bool {
        self.state().lease.is_none_or(|(_, until)| until <= Timestamp::now())
    }

    /// Starts anew, as its container does: it forgets everything.
    pub fn restart(&self) {
        let mut state = self.state();
        *state = State { restarts: state.restarts + 1, ..State::default() };
    }

    /// How often it started anew.
    pub fn restarts(&self) -> u32 {
        self.state().restarts
    }

    /// Does what a request asks.
    pub(super) fn act(&self, request: &Request) -> (u16, Value, Effect) {
        let mut state = self.state();
        let now = Timestamp::now();
        let running = state.lease.filter(|(_, until)| *until > now);
        let epoch = request.body["epoch"].as_i64().unwrap_or(0);
        match (request.kind(), running) {
            ("probe", running) => {
                let body = json!({
                    "isUpgradeable": !state.busy, "draining": running.is_some(), "epoch": running.map(|(epoch, _)| epoch),
                    "message": if state.busy { "1 operation running" } else { "" },
                });
                (200, body, Effect::None)
            }
            ("drain" | "resume", Some((other, _))) if other > epoch => (409, json!({"epoch": other}), Effect::None),
            ("drain", _) => {
                let seconds = request.body["leaseSeconds"].as_i64().unwrap_or(0);
                let until = now.checked_add(SignedDuration::from_secs(seconds)).unwrap_or(now);
                state.lease = Some((epoch, until));
                (200, json!({"draining": true, "epoch": epoch}), Effect::Drained { at: now, epoch, until })
            }
            ("resume", _) => {
                state.lease = None;
                (200, json!({"draining": false}), Effect::Resumed { at: now })
            }
            _ => (404, Value::Null, Effect::None),
        }
    }

    /// Records a call that is over.
    pub(super) fn record(
        &self,
        request: &Request,
        answer: Option<Answer>,
        answered: Option<Timestamp>,
        effect: Effect,
    ) {
        let call = Call {
            pod: self.pod.clone(),
            address: self.address.into(),
            method: request.method.clone(),
            path: request.path.clone(),
            body: request.body.clone(),
            answer,
            answered,
            effect,
        };
        self.recorder.add(Event { at: request.at, what: What::Call(Box::new(call)) });
    }

    /// The replica of the operator that acts, as far as its Lease says.
    pub(super) fn caller(&self) -> Option<&Arc<Life>> {
        self.lives.get(self.striker.holder())
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
