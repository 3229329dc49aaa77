//! The sentences of a status. They hold points in time, never durations.

use upgradegate_crds::{MemberState, MemberStatus, OpenedByType, Phase, UpgradeGate, UpgradeGateStatus};

use super::{Observation, Target, Workload, known::Known, rivals, time};

/// Most blockers that a sentence names.
const NAMED: usize = 3;

/// What is going on.
pub(crate) fn running(known: &Known, status: &UpgradeGateStatus) -> String {
    match status.phase {
        None | Some(Phase::Waiting) => match rivals::predecessor(known.o) {
            Some(older) => waiting(older),
            None => format!("Looking for {}.", target(&known.o.gate)),
        },
        Some(Phase::Draining) => held(status),
        Some(Phase::Open) => opened(status),
        Some(Phase::RollingOut) => rolling_out(&known.o.gate, status),
        Some(Phase::Resuming | Phase::Finished) => String::new(),
    }
}

/// Until when an older gate may take.
fn waiting(older: &UpgradeGate) -> String {
    let limit =
        older.status.as_ref().and_then(|status| status.resume_until.as_ref().or(status.progress_deadline.as_ref()));
    let latest = limit.map(|at| format!(", at the latest {}", time::clock(at))).unwrap_or_default();
    format!("Waiting until the older gate {} is finished{latest}.", name(older))
}

/// `2/3 ready; demo-app-abc busy since 14:02:11: 1 operation running`.
fn held(status: &UpgradeGateStatus) -> String {
    let Some(pods) = &status.pods else { return "Looking for members.".into() };
    let quorum = if pods.required < pods.total { format!(" ({} needed)", pods.required) } else { String::new() };
    format!("{} ready{quorum}{}", pods.summary, blockers(&status.members, pods.total - pods.ready.min(pods.total)))
}

/// `; a busy since 14:02:11: why; b …; and 4 more`, or nothing.
fn blockers(members: &[MemberStatus], count: u32) -> String {
    let holding = members.iter().filter(|m| m.state != MemberState::Ready);
    let mut parts: Vec<String> = holding.take(NAMED).map(blocker).collect();
    let named = u32::try_from(NAMED).unwrap_or(u32::MAX);
    if count > named {
        parts.push(format!("and {} more", count - named));
    }
    parts.iter().fold(String::new(), |text, part| text + "; " + part)
}

/// `demo-app-abc busy since 14:02:11: 1 operation running`.
fn blocker(member: &MemberStatus) -> String {
    let state = match member.state {
        MemberState::Unreachable => "unreachable",
        MemberState::Draining => "not drained",
        MemberState::Busy => "busy",
        MemberState::Ready => "ready",
    };
    let since = time::clock(&member.since);
    let why = if member.message.is_empty() { String::new() } else { format!(": {}", member.message) };
    format!("{} {state} since {since}{why}", member.name)
}

fn opened(status: &UpgradeGateStatus) -> String {
    let until = status.open_until.as_ref().map(time::clock).unwrap_or_default();
    let pods = status.pods.as_ref().map(|pods| pods.summary.clone()).unwrap_or_default();
    let by = status.opened_by.as_ref();
    let why = match by.map(|by| by.type_) {
        Some(OpenedByType::Quorum) => format!("{pods} ready"),
        Some(OpenedByType::NoMembers) => "there are no members to wait for".into(),
        Some(OpenedByType::Deadline) => format!("the deadline passed and onDeadline is Proceed, with {pods} ready"),
        Some(OpenedByType::Action) => {
            let reason = by.and_then(|by| by.reason.as_deref()).unwrap_or("no reason given");
            format!("opened by action: {reason}")
        }
        None => String::new(),
    };
    format!("Open until {until}: {why}.")
}

fn rolling_out(gate: &UpgradeGate, status: &UpgradeGateStatus) -> String {
    let target = target(gate);
    match &status.rollout {
        Some(counts) => format!(
            "{target} rolls out: {} of {} pods are new, {} available.",
            counts.updated, counts.desired, counts.available
        ),
        None => format!("{target} rolls out."),
    }
}

pub(crate) fn deadline_exceeded(known: &Known, status: &UpgradeGateStatus) -> String {
    let deadline = time::clock(&time::stamp(known.deadline));
    match status.phase {
        Some(Phase::Waiting) => format!("The deadline ({deadline}) passed while an older gate was not finished."),
        _ => format!("The deadline ({deadline}) passed: {}", held(status)),
    }
}

pub(crate) fn target_not_found(gate: &UpgradeGate) -> String {
    let namespace = gate.metadata.namespace.as_deref().unwrap_or("default");
    format!("{} does not exist in namespace {namespace}; check spec.targetRef.", target(gate))
}

pub(crate) fn cancelled(gate: &UpgradeGate) -> String {
    match gate.spec.action.as_ref().and_then(|action| action.reason.as_deref()) {
        Some(reason) if !reason.trim().is_empty() => format!("Cancelled by action: {reason}"),
        _ => "Cancelled by action.".into(),
    }
}

pub(crate) fn superseded(newer: &UpgradeGate) -> String {
    format!("The newer gate {} of the same target took over.", name(newer))
}

pub(crate) fn bypassed(o: &Observation) -> String {
    let target = target(&o.gate);
    match o.target {
        Target::Missing => format!("{target} was deleted although the gate had never been open."),
        _ => format!("A new pod template came to {target} although the gate had never been open."),
    }
}

pub(crate) fn unchanged(gate: &UpgradeGate) -> String {
    format!("The upgrade is over and brought no new pod template to {}.", target(gate))
}

pub(crate) fn not_used(status: &UpgradeGateStatus) -> String {
    let until = status.open_until.as_ref().map(time::clock).unwrap_or_default();
    format!("The gate was open, and no new pod template came until {until}.")
}

pub(crate) fn rolled_back(gate: &UpgradeGate) -> String {
    format!("{} went back to the pod template that it had before.", target(gate))
}

pub(crate) fn completed(gate: &UpgradeGate, workload: &Workload) -> String {
    format!("{} rolled out: {} of {} pods are new.", target(gate), workload.updated, workload.desired)
}

pub(crate) fn rollout_failed(gate: &UpgradeGate, workload: &Workload) -> String {
    format!(
        "{} reports that its rollout exceeded its progress deadline: {} of {} pods are new.",
        target(gate),
        workload.updated,
        workload.desired
    )
}

pub(crate) fn rollout_stuck(gate: &UpgradeGate, status: &UpgradeGateStatus) -> String {
    let at = status.progress_deadline.as_ref().map(time::clock).unwrap_or_default();
    format!("The rollout of {} made no progress until {at}.", target(gate))
}

/// `Deployment demo-app`.
pub(crate) fn target(gate: &UpgradeGate) -> String {
    format!("{} {}", gate.spec.target_ref.kind, gate.spec.target_ref.name)
}

fn name(gate: &UpgradeGate) -> &str {
    gate.metadata.name.as_deref().unwrap_or_default()
}
