//! The calls to a member: asked whether it is ready, told to drain, told to resume.

use std::sync::Arc;

use serde_json::json;
use tokio::time::{Duration, Instant};

use super::{
    http::{Call, CallError, MemberClient, Method, Stage},
    pod::Incarnation,
    watches::Notify,
};
use crate::{
    gate::{Answer, Endpoint, Plan, Report, Trouble},
    metrics::{MemberCall, MemberCallResult, Metrics},
};

/// What every worker of a run shares.
pub(crate) struct Shared {
    pub(crate) gate: String,
    pub(crate) plan: Plan,
    pub(crate) client: MemberClient,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) notify: Notify,
}

/// Where a member is called.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Place {
    pub(crate) incarnation: Incarnation,
    pub(crate) probe_port: Result<u16, Trouble>,
    pub(crate) drain_port: Result<u16, Trouble>,
}

/// How a member took an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Told {
    /// It does as told.
    Yes,
    /// 409: it follows another epoch.
    OtherEpoch(i64),
}

impl Shared {
    /// Asks a member whether it is ready.
    pub(super) async fn ask(&self, place: &Place) -> Result<Report, Trouble> {
        let port = place.probe_port.clone()?;
        let answer = self.call(MemberCall::Probe, Method::Get, place, port, &self.plan.probe, None).await?;
        self.judge(answer).await
    }

    /// Applies the ready rule on a thread that may take its time: the expression is a user's.
    async fn judge(&self, answer: Answer) -> Result<Report, Trouble> {
        let (rule, code) = (self.plan.ready.clone(), answer.code);
        let limit = self.timeout();
        let verdict = tokio::time::timeout(limit, tokio::task::spawn_blocking(move || rule.judge(&answer)));
        let why = "the ready expression took too long".to_owned();
        verdict.await.ok().and_then(Result::ok).unwrap_or(Err(Trouble::Unreadable { code, why }))
    }

    /// Tells the member to drain or to resume.
    pub(super) async fn tell(&self, call: MemberCall, epoch: i64, place: &Place) -> Result<Told, Trouble> {
        let Some(drain) = &self.plan.drain else { return Ok(Told::Yes) };
        let port = place.drain_port.clone()?;
        let (method, name) = match call {
            MemberCall::Resume => (Method::Delete, "DELETE"),
            MemberCall::Drain | MemberCall::Probe => (Method::Post, "POST"),
        };
        let body = json!({"gate": self.gate, "epoch": epoch, "leaseSeconds": self.plan.lease_seconds});
        let answer = self.call(call, method, place, port, drain, Some(body.to_string().into_bytes())).await?;
        told(&answer, epoch, name, &drain.path)
    }

    async fn call(
        &self,
        kind: MemberCall,
        method: Method,
        place: &Place,
        port: u16,
        endpoint: &Endpoint,
        body: Option<Vec<u8>>,
    ) -> Result<Answer, Trouble> {
        let address = place.incarnation.address;
        if place.incarnation.host_network {
            let why = "uses the host network, so its address is the node's and is never called".into();
            return Err(Trouble::ForbiddenAddress(why));
        }
        let call = Call { method, address, port, path: endpoint.path.clone(), body, timeout: self.timeout() };
        let began = Instant::now();
        let answer = self.client.call(call).await;
        let result = match &answer {
            Ok(answer) if kind == MemberCall::Probe || (200..300).contains(&answer.code) => MemberCallResult::Ok,
            Ok(_) => MemberCallResult::Refused,
            Err(_) => MemberCallResult::Error,
        };
        self.metrics.member_called(kind, result, began.elapsed());
        answer.map_err(|error| match error {
            CallError::Refused { .. }
            | CallError::Path
            | CallError::NotActing
            | CallError::Connect(_)
            | CallError::Timeout { during: Stage::Connecting, .. } => Trouble::Unreached(error.to_string()),
            _ => Trouble::NoAnswer(error.to_string()),
        })
    }

    fn timeout(&self) -> Duration {
        Duration::from_secs(self.plan.timeout_seconds.into())
    }
}

/// What the answer to an order of this epoch says.
pub(crate) fn told(answer: &Answer, epoch: i64, method: &'static str, path: &str) -> Result<Told, Trouble> {
    let refused = || Trouble::DrainStatus { method, path: path.to_owned(), code: answer.code };
    match answer.code {
        200..300 => Ok(Told::Yes),
        409 => {
            let other = serde_json::from_slice::<serde_json::Value>(&answer.body).ok();
            let other = other.and_then(|body| body.get("epoch")?.as_i64());
            // Only a higher epoch explains the refusal, and can be gone above.
            other.filter(|other| *other > epoch).map(Told::OtherEpoch).ok_or_else(refused)
        }
        _ => Err(refused()),
    }
}
