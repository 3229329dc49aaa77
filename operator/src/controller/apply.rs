//! From a decision to the world: status before the effect that it announces, then the finalizer, then what members are told.

use std::sync::Arc;

use jiff::Timestamp;
use kube::{
    Api, Resource, ResourceExt,
    api::{DeleteParams, Patch, PatchParams, PostParams, Preconditions},
    runtime::{
        controller::Action,
        events::{Event as KubeEvent, EventType, Recorder},
    },
};
use serde_json::{Value, json};
use tokio::time::{Duration, Instant};
use upgradegate_crds::{FINALIZER, Phase, UID_ANNOTATION, UpgradeGate, UpgradeGateStatus};

use super::{Context, NAME, record::Record};
use crate::{
    client::{ApiError, within},
    gate::{Decision, Event, Observation, Severity, Significance, has_finalizer, significance},
    metrics::Reconciled,
};

/// How soon something is asked again that could not be found out.
const ASK_AGAIN: Duration = Duration::from_secs(2);

impl Context {
    /// Carries out a decision, and says when to decide again.
    pub(super) async fn apply(
        &self,
        observation: &Observation,
        decision: Decision,
        record: &mut Record,
        again: bool,
    ) -> Result<Action, ApiError> {
        let before = observation.gate.status.clone().unwrap_or_default();
        let now = Instant::now();
        let weight = significance(&before, &decision.status);
        let postponed = match weight {
            Significance::Progress => record.progress.take(&self.budget, now).err(),
            Significance::None | Significance::Transition => None,
        };
        let mut gate = Arc::clone(&observation.gate);
        let mut wrote = weight != Significance::None && postponed.is_none();
        if wrote {
            gate = self.written.keep(self.write_status(&gate, &decision.status).await?);
            self.measure(&before, &decision.status, &gate);
            self.publish(&gate, &decision.events);
        }
        if decision.finalizer != has_finalizer(&gate) {
            gate = self.written.keep(self.mark(&gate, decision.finalizer).await?);
            wrote = true;
        }
        if wrote {
            record.progress.wrote(now);
        }
        self.outside.metrics.reconciled(if wrote { Reconciled::Changed } else { Reconciled::Unchanged });
        if let Some(run) = &record.run {
            run.order(&decision.intents);
        }
        if decision.status.phase == Some(Phase::Finished) {
            record.run = None;
        }
        if decision.delete {
            self.delete(&gate).await?;
            return Ok(Action::await_change());
        }
        let wake = decision.wake.map(|at| Duration::try_from(at.duration_since(Timestamp::now())).unwrap_or_default());
        let soon = again.then_some(ASK_AGAIN);
        Ok([wake, postponed, soon].into_iter().flatten().min().map_or_else(Action::await_change, Action::requeue))
    }

    /// Writes the status of the version that was decided on, or fails with a conflict.
    async fn write_status(&self, gate: &UpgradeGate, status: &UpgradeGateStatus) -> Result<UpgradeGate, ApiError> {
        let mut gate = gate.clone();
        gate.status = Some(status.clone());
        let call = format!("write status of gate {}", full_name(&gate));
        let params = PostParams { field_manager: Some(NAME.into()), ..PostParams::default() };
        within(&call, self.api(&gate).replace_status(&gate.name_any(), &params, &gate)).await
    }

    /// Puts our finalizer and the gate's UID on it, or takes the finalizer away.
    async fn mark(&self, gate: &UpgradeGate, present: bool) -> Result<UpgradeGate, ApiError> {
        let mut finalizers: Vec<&str> =
            gate.finalizers().iter().map(String::as_str).filter(|f| *f != FINALIZER).collect();
        let mut annotations = Value::Null;
        if present {
            finalizers.push(FINALIZER);
            annotations = json!({UID_ANNOTATION: gate.uid()});
        }
        let mut metadata = json!({"resourceVersion": gate.resource_version(), "finalizers": finalizers});
        if present {
            metadata["annotations"] = annotations;
        }
        let call = format!("write finalizer of gate {}", full_name(gate));
        let params = PatchParams { field_manager: Some(NAME.into()), ..PatchParams::default() };
        let patch = Patch::Merge(json!({"metadata": metadata}));
        match within(&call, self.api(gate).patch(&gate.name_any(), &params, &patch)).await {
            // The last finalizer of a gate that is being deleted: it is gone.
            Err(error) if !present && error.is_not_found() => Ok(gate.clone()),
            answer => answer,
        }
    }

    async fn delete(&self, gate: &UpgradeGate) -> Result<(), ApiError> {
        let params = DeleteParams {
            preconditions: Some(Preconditions { uid: gate.uid(), resource_version: None }),
            ..DeleteParams::default()
        };
        let call = format!("delete gate {}", full_name(gate));
        match within(&call, self.api(gate).delete(&gate.name_any(), &params)).await {
            Err(error) if !error.is_not_found() && !error.is_conflict() => Err(error),
            _ => Ok(()),
        }
    }

    /// Records Events beside the reconciliation. They are never a reason to fail: a terminating namespace refuses them.
    fn publish(&self, gate: &UpgradeGate, events: &[Event]) {
        let (client, reporter, reference) = (self.outside.client.clone(), self.reporter.clone(), gate.object_ref(&()));
        let events: Vec<KubeEvent> = events.iter().map(kube_event).collect();
        if events.is_empty() {
            return;
        }
        tokio::spawn(async move {
            for event in events {
                // One recorder an Event: a shared one would repeat the first note of a reason, with the blockers of that time.
                let recorder = Recorder::new(client.clone(), reporter.clone());
                if let Err(error) = within("record an Event", recorder.publish(&event, &reference)).await {
                    tracing::debug!(%error, reason = event.reason, "Event not recorded");
                }
            }
        });
    }

    /// Counts what the status says happened, and logs it.
    fn measure(&self, before: &UpgradeGateStatus, after: &UpgradeGateStatus, gate: &UpgradeGate) {
        let metrics = &self.outside.metrics;
        if let (None, Some(outcome)) = (before.outcome, after.outcome) {
            metrics.ended(outcome);
        }
        if let (None, Some(opened), Some(created)) = (&before.opened_at, &after.opened_at, gate.creation_timestamp()) {
            metrics.opened(Duration::try_from(opened.0.duration_since(created.0)).unwrap_or_default());
        }
        if before.phase != after.phase {
            let (phase, outcome) = (after.phase, after.outcome);
            tracing::info!(gate = full_name(gate), ?phase, ?outcome, message = after.message, "phase changed");
        }
    }

    fn api(&self, gate: &UpgradeGate) -> Api<UpgradeGate> {
        Api::namespaced(self.outside.client.clone(), gate.metadata.namespace.as_deref().unwrap_or_default())
    }
}

/// An Event as the API has it: notes are cut at 1 KiB, on a character.
fn kube_event(event: &Event) -> KubeEvent {
    let type_ = match event.severity {
        Severity::Normal => EventType::Normal,
        Severity::Warning => EventType::Warning,
    };
    let mut note = event.note.clone();
    note.truncate(note.floor_char_boundary(1000));
    KubeEvent { type_, reason: event.reason.clone(), note: Some(note), action: "Reconcile".into(), secondary: None }
}

fn full_name(gate: &UpgradeGate) -> String {
    format!("{}/{}", gate.metadata.namespace.as_deref().unwrap_or_default(), gate.name_any())
}
