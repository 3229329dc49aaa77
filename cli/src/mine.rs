//! The gates that this process created, and so has to cancel when it fails.

use std::time::Duration;

use futures::future::join_all;
use kube::ResourceExt;
use tokio::time::{sleep, timeout};
use upgradegate_crds::{Action, ActionType, UpgradeGate};

use crate::{
    api::{Gates, PAUSES, persistently},
    api_error::ApiError,
    error::Error,
    gate::{Key, is_being_deleted, outcome, resource, title},
    plan::Planned,
    say,
    stop::Stop,
};

/// How long cancelling may take: a pod that is told to stop has 30 s by default.
const CANCEL: Duration = Duration::from_secs(8);

/// What was created, or may have been.
pub struct Mine<'a> {
    gates: &'a Gates,
    created: Vec<Created>,
}

struct Created {
    key: Key,
    /// None while the answer to the creation is missing.
    uid: Option<String>,
}

impl<'a> Mine<'a> {
    /// Nothing yet.
    pub fn none(gates: &'a Gates) -> Self {
        Mine { gates, created: Vec::new() }
    }

    /// Creates a gate, and says so. A creation whose answer was lost is repeated: the name tells whether it had worked.
    ///
    /// # Errors
    /// The API server's; [`Error::Exists`]; [`Error::Stopped`] by a signal between two attempts.
    pub async fn create(&mut self, planned: &Planned, stop: &mut Stop) -> Result<UpgradeGate, Error> {
        let key = Key::of(&planned.gate);
        let mut pauses = PAUSES.into_iter();
        let mut lost = false;
        loop {
            let error = match self.gates.create(&planned.gate).await {
                Ok(gate) => return Ok(self.keep(gate)),
                Err(ApiError::Exists) if lost || planned.named_after_pod => return self.adopt(planned).await,
                Err(ApiError::Exists) => return Err(Error::Exists { name: key.name, namespace: key.namespace }),
                Err(e) => e,
            };
            if error.may_have_worked() && !lost {
                lost = true;
                self.created.push(Created { key: key.clone(), uid: None });
            }
            match pauses.next().filter(|_| error.may_pass()) {
                None => return Err(error.when(format!("create {key}"))),
                Some(pause) => tokio::select! {
                    () = sleep(pause) => {}
                    signal = stop.received() => return Err(Error::Stopped(signal)),
                },
            }
        }
    }

    /// Cancels all that was created and is not over yet; says what was done, and what is left to do by hand.
    pub async fn cancel(&self, reason: &str) {
        join_all(self.created.iter().map(|created| self.cancel_one(created, reason))).await;
    }

    /// Takes a gate that exists for the one we created, if it is what we wanted to create.
    async fn adopt(&mut self, planned: &Planned) -> Result<UpgradeGate, Error> {
        let key = Key::of(&planned.gate);
        let gate =
            persistently(async || self.gates.get(&key).await).await.map_err(|e| e.when(format!("read {key}")))?;
        if gate.spec == planned.gate.spec && gate.labels() == planned.gate.labels() {
            Ok(self.keep(gate))
        } else {
            self.created.retain(|created| created.key != key);
            Err(Error::Exists { name: key.name, namespace: key.namespace })
        }
    }

    fn keep(&mut self, gate: UpgradeGate) -> UpgradeGate {
        let key = Key::of(&gate);
        say::out(format_args!("{} created", resource(&key.name)));
        self.created.retain(|created| created.key != key);
        self.created.push(Created { key, uid: gate.uid() });
        gate
    }

    async fn cancel_one(&self, created: &Created, reason: &str) {
        let name = title(&created.key.name);
        match timeout(CANCEL, self.order_cancel(created, reason))
            .await
            .unwrap_or_else(|_| Err(ApiError::Unreachable(format!("no answer within {}s", CANCEL.as_secs()))))
        {
            Ok(true) => say::out(format_args!("{} told to cancel: {reason}", resource(&created.key.name))),
            Ok(false) | Err(ApiError::NotFound) => {}
            Err(e) => {
                let Key { namespace, name: bare } = &created.key;
                let may = if created.uid.is_some() { "is not cancelled" } else { "may exist and is not cancelled" };
                say::err(format_args!(
                    "error: {name} {may}: {e}; cancel it by hand: kubectl upgradegate -n {namespace} cancel {bare}"
                ));
            }
        }
    }

    /// Whether there was something to cancel.
    async fn order_cancel(&self, created: &Created, reason: &str) -> Result<bool, ApiError> {
        let action = Action { type_: ActionType::Cancel, reason: Some(reason.to_owned()) };
        persistently(async || {
            let gate = self.gates.get(&created.key).await?;
            let ours = created.uid.is_none() || gate.uid() == created.uid;
            if !ours || outcome(&gate).is_some() || is_being_deleted(&gate) {
                return Ok(false);
            }
            self.gates.act(&created.key, gate.metadata.uid.as_deref(), &action).await?;
            Ok(true)
        })
        .await
    }
}
