//! Events on transitions, and only on those.

use upgradegate_crds::{Outcome, Phase, UpgradeGate, UpgradeGateStatus};

use super::message;

/// How serious an Event is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Severity {
    /// `Normal`.
    Normal,
    /// `Warning`.
    Warning,
}

/// An Event on the gate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// How serious it is.
    pub severity: Severity,
    /// One word.
    pub reason: String,
    /// What happened, with the blockers by name.
    pub note: String,
}

/// What happened from one status to the next.
pub(crate) fn between(gate: &UpgradeGate, before: &UpgradeGateStatus, after: &UpgradeGateStatus) -> Vec<Event> {
    let mut events = Vec::new();
    if before.phase != after.phase && after.outcome.is_none() {
        events.extend(phase(gate, before, after));
    }
    if before.outcome.is_none()
        && let Some(outcome) = after.outcome
    {
        events.push(ended(outcome, after));
    }
    if before.phase != Some(Phase::Finished)
        && after.phase == Some(Phase::Finished)
        && before.phase == Some(Phase::Resuming)
    {
        events.push(event(Severity::Normal, "Finished", "The run is over; no member is drained by it any more."));
    }
    events
}

fn phase(gate: &UpgradeGate, before: &UpgradeGateStatus, after: &UpgradeGateStatus) -> Option<Event> {
    let says = |severity, reason| Some(event(severity, reason, &after.message));
    match after.phase? {
        Phase::Waiting => says(Severity::Normal, "Waiting"),
        Phase::Draining if before.phase == Some(Phase::Open) => says(Severity::Warning, "Closed"),
        Phase::Draining => {
            let note = format!("Draining and probing the members of {}.", message::target(gate));
            Some(event(Severity::Normal, "Draining", &note))
        }
        Phase::Open => says(Severity::Normal, "Opened"),
        Phase::RollingOut => says(Severity::Normal, "RollingOut"),
        Phase::Resuming | Phase::Finished => None,
    }
}

fn ended(outcome: Outcome, after: &UpgradeGateStatus) -> Event {
    let severity = if outcome.is_good() { Severity::Normal } else { Severity::Warning };
    event(severity, &format!("{outcome:?}"), &after.message)
}

fn event(severity: Severity, reason: &str, note: &str) -> Event {
    Event { severity, reason: reason.into(), note: note.into() }
}
