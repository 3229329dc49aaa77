//! From an observation to a decision.

use std::collections::BTreeMap;

use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use upgradegate_crds::{Phase, UpgradeGateStatus};

use super::{
    Event, Intent, Observation, conditions, early_end, events, first_sight, hold, intent,
    known::{Known, Step},
    message, resume, rollout, standing, stored, text, time,
};

/// What is to be done, in this order: status, finalizer, intents, events.
#[derive(Clone, Debug, PartialEq)]
pub struct Decision {
    /// The status as it should be. It is written before any effect that it announces, and only if it differs.
    pub status: UpgradeGateStatus,
    /// Whether the gate has to carry our finalizer and its UID: from the first drain until no drained member is left.
    pub finalizer: bool,
    /// What each known member is told, by UID.
    pub intents: BTreeMap<String, Intent>,
    /// Events to record.
    pub events: Vec<Event>,
    /// When to decide again though nothing has happened.
    pub wake: Option<Timestamp>,
    /// Whether the gate's time after its end is over, and it is to be deleted.
    pub delete: bool,
}

/// More steps than any run of phases within one decision: the phases only move forward, but for `Open` and `Draining`, between which
/// one observation can't go both ways.
const MOST_STEPS: usize = 8;

/// Decides on a gate. Total: every phase has an answer to every observation.
pub fn decide(o: &Observation) -> Decision {
    let known = Known::from(o);
    let before = o.gate.status.clone().unwrap_or_default();
    let mut status = stored::status(o);
    status.observed_generation = o.gate.metadata.generation.unwrap_or_default();
    for _ in 0..MOST_STEPS {
        match step(&known, &mut status) {
            Step::Stay => break,
            Step::Go(phase) => status.phase = Some(phase),
            Step::End(outcome, why) => {
                status.outcome = Some(outcome);
                status.message = why;
                status.phase = Some(Phase::Resuming);
            }
        }
    }
    if status.phase.is_none() && first_sight::silent_until(&known).is_some() {
        status = before.clone();
    } else {
        if status.outcome.is_none() {
            status.message = message::running(&known, &status);
        }
        status.message = text::one_line(&status.message, text::SENTENCE);
        status.conditions = conditions::of(&known, &status, &before.conditions);
    }
    let finished = status.phase == Some(Phase::Finished);
    let expiry = finished.then(|| expiry(o, &status)).flatten();
    Decision {
        finalizer: !finished && needs_finalizer(&known, &status),
        intents: intent::all(&known, &status),
        events: events::between(&o.gate, &before, &status),
        wake: if finished { expiry.filter(|at| *at > o.now) } else { wake(&known, &status) },
        delete: expiry.is_some_and(|at| at <= o.now) && o.gate.metadata.deletion_timestamp.is_none(),
        status,
    }
}

/// The rule of the current phase.
fn step(known: &Known, status: &mut UpgradeGateStatus) -> Step {
    match status.phase {
        Some(Phase::Finished) => Step::Stay,
        Some(Phase::Resuming) => resume::step(known, status),
        phase => match early_end::step(known, status) {
            Step::Stay => match phase {
                None => first_sight::step(known, status),
                Some(Phase::Waiting) => hold::wait(known, status),
                Some(Phase::RollingOut) => rollout::step(known, status),
                Some(_) => hold::step(known, status),
            },
            end => end,
        },
    }
}

/// The finalizer is there from the first drain: the phases before it never told a member anything.
fn needs_finalizer(known: &Known, status: &UpgradeGateStatus) -> bool {
    let drains = known.plan.as_ref().is_ok_and(|plan| plan.drain.is_some());
    let began = matches!(status.phase, Some(Phase::Draining | Phase::Open | Phase::RollingOut));
    drains && (began || standing::may_have_drained(&known.o.gate))
}

/// The next time that the status itself announces.
fn wake(known: &Known, status: &UpgradeGateStatus) -> Option<Timestamp> {
    match status.phase {
        None => first_sight::silent_until(known).or(status.deadline.as_ref().map(|at| at.0)),
        Some(phase) => limit(known, phase, status).map(|at| at.0),
    }
}

/// When the wait of a phase is over.
fn limit<'s>(known: &Known, phase: Phase, status: &'s UpgradeGateStatus) -> Option<&'s Time> {
    match phase {
        Phase::Waiting | Phase::Draining | Phase::Open => hold::limit(known, status),
        Phase::RollingOut => status.progress_deadline.as_ref(),
        Phase::Resuming => status.resume_until.as_ref().or(status.progress_deadline.as_ref()),
        Phase::Finished => None,
    }
}

/// When a finished gate is to be deleted.
fn expiry(o: &Observation, status: &UpgradeGateStatus) -> Option<Timestamp> {
    let ttl = o.gate.spec.ttl_seconds_after_finished?;
    Some(time::after(status.finished_at.as_ref()?.0, ttl).0)
}
