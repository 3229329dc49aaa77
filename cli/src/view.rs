//! Pure: gates as lines for people.

use std::time::Duration;

use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use upgradegate_crds::{
    MemberState, MemberStatus, OpenedBy, OpenedByType, Outcome, Phase, PodCounts, UpgradeGate, UpgradeGateStatus,
};

use crate::{
    duration,
    gate::{Key, answered, title, word},
    verdict::Refusal,
};

/// Members named on a progress line; the counts tell of the others.
const NAMED: usize = 3;

/// What is going on with a gate, on one line; nothing before an operator has seen it and has something to say.
pub fn progress(gate: &UpgradeGate) -> Option<String> {
    let status = answered(gate)?;
    let line = match (status.outcome, status.phase) {
        (Some(outcome), Some(Phase::Resuming)) => join(&format!("resuming: {}", word(outcome)), &status.message),
        (Some(outcome), _) => over(outcome, status),
        (None, Some(Phase::Waiting)) => join("waiting", &status.message),
        (None, Some(Phase::Open)) => open(status),
        (None, Some(Phase::RollingOut)) => rolling_out(status),
        (None, _) => draining(status),
    };
    Some(line).filter(|line| !line.is_empty())
}

/// Why a gate will not open, with a line for each member that holds it.
pub fn refusal(key: &Key, refusal: &Refusal, gate: Option<&UpgradeGate>) -> String {
    let gate_name = title(&key.name);
    match refusal {
        Refusal::NotFound => format!("{gate_name} not found in namespace {}", key.namespace),
        Refusal::Deleted => format!("{gate_name} was deleted while it was awaited: create another gate"),
        Refusal::BeingDeleted => {
            format!("{gate_name} is being deleted and lets nobody through: create another gate under another name")
        }
        Refusal::RollingOut => {
            format!("{gate_name} lets nobody else through, its target is rolling out already: create another gate")
        }
        Refusal::Over(outcome) if outcome.is_good() => {
            format!("{gate_name} is already over: {}; create another gate for another upgrade", word(outcome))
        }
        Refusal::Over(outcome) => {
            let status = gate.and_then(answered);
            let verdict = status.map_or_else(|| word(outcome), |status| over(*outcome, status));
            let mut lines = vec![format!("{gate_name} refused the upgrade: {verdict}")];
            lines.extend(status.map(blocker_lines).unwrap_or_default());
            lines.push(format!("  see: kubectl -n {} describe upgradegate {}", key.namespace, key.name));
            lines.join("\n")
        }
    }
}

/// That the time is over, and what holds the gates.
pub fn timed_out(gates: &[(&Key, Option<&UpgradeGate>)], timeout: Duration, last_error: Option<&str>) -> String {
    let mut lines = vec![format!("timed out after {} waiting for the gate to open", duration::format(timeout))];
    for (key, gate) in gates {
        let state = gate.and_then(held).unwrap_or_else(|| "nothing is known of it".into());
        lines.push(format!("  {} {state}", title(&key.name)));
        lines.extend(gate.and_then(answered).map(blocker_lines).unwrap_or_default());
    }
    lines.extend(last_error.map(|error| format!("  last error: {error}")));
    lines.join("\n")
}

/// The progress of a gate without its members, which get a line each.
fn held(gate: &UpgradeGate) -> Option<String> {
    match answered(gate)? {
        UpgradeGateStatus { outcome: None, phase: None | Some(Phase::Draining), .. } => answered(gate).map(ready),
        _ => progress(gate),
    }
}

/// That no operator has seen a gate.
pub fn no_operator(key: &Key, waited: Duration) -> String {
    format!(
        "no operator answered {} within {}; is it running? Look with: kubectl -n upgradegate-system get pods",
        title(&key.name),
        duration::format(waited)
    )
}

/// The time of day, UTC.
pub fn clock(time: &Time) -> String {
    time.0.strftime("%H:%M:%S").to_string()
}

/// Date and time, UTC, and how long ago.
pub fn date(time: &Time, now: Timestamp) -> String {
    let seconds = time.0.duration_until(now).as_secs();
    let distance =
        if seconds < 0 { format!("in {}", duration::age(-seconds)) } else { format!("{} ago", duration::age(seconds)) };
    format!("{} ({distance})", time.0.strftime("%Y-%m-%d %H:%M:%S UTC"))
}

/// Text of others, fit for a line of a terminal: applications write what they like into their messages.
pub fn clean(text: &str) -> String {
    text.split(|c: char| c.is_whitespace() || is_harmful(c))
        .filter(|part| !part.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}

/// Control characters, and the marks that turn the direction of writing (Unicode's `Bidi_Control`), behind which a line can pretend to be
/// another.
fn is_harmful(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// What a member that holds the gate does, since when, and what it says.
pub fn member(member: &MemberStatus, zone: &str) -> String {
    let state = word(member.state).to_lowercase();
    join(&format!("{} {state} since {}{zone}", clean(&member.name), clock(&member.since)), &member.message)
}

fn open(status: &UpgradeGateStatus) -> String {
    let until = status.open_until.as_ref().map(|t| format!(" until {}", clock(t))).unwrap_or_default();
    let why = match &status.opened_by {
        Some(OpenedBy { type_: OpenedByType::NoMembers, .. }) => "no members".to_owned(),
        Some(OpenedBy { type_: OpenedByType::Deadline, .. }) => {
            format!("{}; the deadline passed and onDeadline is Proceed", ready(status))
        }
        Some(OpenedBy { type_: OpenedByType::Action, reason }) => {
            let reason = reason.as_deref().map(|r| format!(" ({})", clean(r))).unwrap_or_default();
            format!("{}; opened by an action{reason}", ready(status))
        }
        Some(OpenedBy { type_: OpenedByType::Quorum, .. }) | None => ready(status),
    };
    format!("{why}; open{until}")
}

fn rolling_out(status: &UpgradeGateStatus) -> String {
    match &status.rollout {
        Some(counts) => format!("rolling out; {} of {} updated", counts.updated, counts.desired),
        None => "rolling out".into(),
    }
}

fn draining(status: &UpgradeGateStatus) -> String {
    match &status.pods {
        None if status.members.is_empty() => return clean(&status.message),
        // Not known yet: a target without members opens at once.
        Some(PodCounts { total: 0, draining: 0, .. }) => return String::new(),
        _ => {}
    }
    let blockers: Vec<_> = blockers(status).collect();
    let mut parts = vec![ready(status)];
    parts.extend(blockers.iter().take(NAMED).map(|m| member(m, "")));
    let hidden = hidden(status, blockers.len().min(NAMED));
    if hidden > 0 {
        parts.push(format!("and {hidden} more"));
    }
    parts.join("; ")
}

fn ready(status: &UpgradeGateStatus) -> String {
    match &status.pods {
        Some(pods) if !pods.summary.is_empty() => format!("{} ready", clean(&pods.summary)),
        Some(PodCounts { ready, total, .. }) => format!("{ready}/{total} ready"),
        None => "members not counted yet".into(),
    }
}

fn over(outcome: Outcome, status: &UpgradeGateStatus) -> String {
    let outcome = word(outcome);
    let message = headline(status);
    if message.starts_with(&outcome) { message } else { join(&outcome, &message) }
}

/// The message up to the first member that it names: those get a line each.
fn headline(status: &UpgradeGateStatus) -> String {
    let message = clean(&status.message);
    let named = blockers(status).filter_map(|m| message.find(&m.name)).min().unwrap_or(message.len());
    message[..named].trim_end_matches([';', ' ']).to_owned()
}

fn blockers(status: &UpgradeGateStatus) -> impl Iterator<Item = &MemberStatus> {
    status.members.iter().filter(|m| m.state != MemberState::Ready)
}

fn blocker_lines(status: &UpgradeGateStatus) -> Vec<String> {
    let mut lines: Vec<_> = blockers(status).map(|m| format!("  {}", member(m, " UTC"))).collect();
    let hidden = hidden(status, lines.len());
    if hidden > 0 {
        lines.push(format!("  and {hidden} more"));
    }
    lines
}

/// How many members hold the gate beyond those that were named: the list in a status is cut, the counts are whole.
fn hidden(status: &UpgradeGateStatus, named: usize) -> usize {
    let counted = status.pods.as_ref().map_or(0, |p| p.draining.saturating_add(p.busy).saturating_add(p.unreachable));
    let all = usize::try_from(counted).unwrap_or(usize::MAX).max(blockers(status).count());
    all.saturating_sub(named)
}

fn join(head: &str, message: &str) -> String {
    let message = clean(message);
    if message.is_empty() { head.to_owned() } else { format!("{head}: {message}") }
}

#[cfg(test)]
#[path = "view_tests.rs"]
mod tests;
