//! Pure: one gate in full, for people.

use jiff::Timestamp;
use kube::ResourceExt;
use upgradegate_crds::{RELEASE_LABEL, UpgradeGate, UpgradeGateStatus};

use crate::{
    gate::{answered, is_being_deleted, word},
    table::columns,
    view::{clean, clock, date},
};

/// The description: a line for each thing that is known.
pub fn describe(gate: &UpgradeGate, now: Timestamp) -> Vec<String> {
    let Some(status) = answered(gate) else {
        let unseen = row("Phase", "not seen by an operator yet");
        return columns(head(gate, now).into_iter().chain([unseen]));
    };
    let mut lines = columns(head(gate, now).into_iter().chain(body(status, now)));
    lines.extend(members(status));
    lines.extend(conditions(status));
    lines
}

fn head(gate: &UpgradeGate, now: Timestamp) -> Vec<[String; 2]> {
    let target = &gate.spec.target_ref;
    let mut lines = vec![row("Name", gate.name_any()), row("Namespace", gate.namespace().unwrap_or_default())];
    lines.extend(gate.labels().get(RELEASE_LABEL).map(|release| row("Release", release.as_str())));
    lines.push(row("Target", format!("{}/{}", target.kind, target.name)));
    lines.extend(gate.metadata.creation_timestamp.as_ref().map(|t| row("Created", date(t, now))));
    if is_being_deleted(gate) {
        lines.push(row("Deletion", "being deleted"));
    }
    lines.extend(gate.spec.action.as_ref().map(|action| {
        let reason = action.reason.as_deref().map(|r| format!(": {}", clean(r))).unwrap_or_default();
        row("Action", format!("{}{reason}", word(action.type_)))
    }));
    lines
}

fn body(status: &UpgradeGateStatus, now: Timestamp) -> Vec<[String; 2]> {
    let mut lines = Vec::new();
    lines.extend(status.phase.map(|phase| row("Phase", word(phase))));
    lines.extend(status.outcome.map(|outcome| row("Outcome", word(outcome))));
    lines.extend(status.pods.as_ref().map(|pods| {
        let counts = format!("{} draining, {} busy, {} unreachable", pods.draining, pods.busy, pods.unreachable);
        row("Ready", format!("{} of {} needed; {counts}", pods.ready, pods.required))
    }));
    lines.extend(status.rollout.as_ref().map(|r| {
        row(
            "Rollout",
            format!("{} of {} updated, {} available, {} in all", r.updated, r.desired, r.available, r.current),
        )
    }));
    lines.extend((!status.message.is_empty()).then(|| row("Message", &status.message)));
    lines.extend(status.started_at.as_ref().map(|t| row("Started", date(t, now))));
    lines.extend(status.deadline.as_ref().map(|t| row("Deadline", date(t, now))));
    lines.extend(status.opened_at.as_ref().map(|t| {
        let by = status.opened_by.as_ref().map(|by| {
            let reason = by.reason.as_deref().map(|r| format!(": {}", clean(r))).unwrap_or_default();
            format!(", by {}{reason}", word(by.type_))
        });
        row("Opened", format!("{}{}", date(t, now), by.unwrap_or_default()))
    }));
    lines.extend(status.open_until.as_ref().map(|t| row("Open Until", date(t, now))));
    lines.extend(status.finished_at.as_ref().map(|t| row("Finished", date(t, now))));
    lines
}

fn members(status: &UpgradeGateStatus) -> Vec<String> {
    if status.members.is_empty() {
        return Vec::new();
    }
    let header = ["  NAME", "STATE", "SINCE", "MESSAGE"].map(str::to_owned);
    let rows = status.members.iter().map(|m| {
        [format!("  {}", clean(&m.name)), word(m.state), format!("{} UTC", clock(&m.since)), clean(&m.message)]
    });
    [vec!["Members:".to_owned()], columns(std::iter::once(header).chain(rows))].concat()
}

fn conditions(status: &UpgradeGateStatus) -> Vec<String> {
    if status.conditions.is_empty() {
        return Vec::new();
    }
    let header = ["  TYPE", "STATUS", "REASON", "MESSAGE"].map(str::to_owned);
    let rows = status
        .conditions
        .iter()
        .map(|c| [format!("  {}", clean(&c.type_)), clean(&c.status), clean(&c.reason), clean(&c.message)]);
    [vec!["Conditions:".to_owned()], columns(std::iter::once(header).chain(rows))].concat()
}

fn row(name: &str, value: impl AsRef<str>) -> [String; 2] {
    [format!("{name}:"), clean(value.as_ref())]
}

#[cfg(test)]
#[path = "describe_tests.rs"]
mod tests;
