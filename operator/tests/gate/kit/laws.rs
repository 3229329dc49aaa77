//! What holds for every decision, whatever the observation. Written from the design, not from the code that it checks.

use std::{collections::BTreeSet, sync::Arc};

use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use upgradegate_crds::{ActionType, OpenedByType, Outcome, Phase, UpgradeGate, UpgradeGateStatus};
use upgradegate_operator::gate::{
    Decision, DrainFact, Intent, Lifecycle, Member, Observation, Plan, Revision, Significance, Target, Workload,
    decide, significance,
};

use super::{
    status::{condition, is_open},
    story::mark,
};

/// The law that is looked at: it is named if it turns out to be broken.
pub struct Law(pub &'static str);

impl Drop for Law {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("broken: {}", self.0);
        }
    }
}

/// Checks all laws.
///
/// # Panics
/// If one is broken.
pub fn check(o: &Observation, d: &Decision) {
    let before = o.gate.status.clone().unwrap_or_default();
    moves_only_forward(&before, &d.status);
    open_only_for_a_cause(o, &d.status);
    every_wait_ends(o, d);
    calls_only_whom_it_may(o, d);
    finalizer_only_while_drained(o, d);
    if !is_silent(o, &d.status) {
        conditions_agree(&d.status);
    }
    stays_small(&d.status);
    outcome_is_true(o, &before, &d.status);
    called_off_at_once(o, &d.status);
    tells_only_transitions(&before, d);
    is_settled(o, d);
}

/// The outcome is set once, with its time; phases follow the design's order.
fn moves_only_forward(before: &UpgradeGateStatus, after: &UpgradeGateStatus) {
    let _law = Law("phases move only forward");
    if before.outcome.is_some() {
        assert_eq!(before.outcome, after.outcome, "an outcome is set once");
    }
    let ended = matches!(after.phase, Some(Phase::Resuming | Phase::Finished));
    assert_eq!(ended, after.outcome.is_some(), "an outcome belongs to the end: {after:?}");
    assert_eq!(after.phase == Some(Phase::Finished), after.finished_at.is_some());
    let closes = (before.phase, after.phase) == (Some(Phase::Open), Some(Phase::Draining));
    assert!(closes || before.phase <= after.phase, "from {:?} to {:?}", before.phase, after.phase);
    assert!(before.epoch <= after.epoch, "the epoch only grows");
}

/// An outcome says what is so when it is set.
fn outcome_is_true(o: &Observation, before: &UpgradeGateStatus, after: &UpgradeGateStatus) {
    let _law = Law("an outcome is true");
    let (None, Some(outcome)) = (before.outcome, after.outcome) else { return };
    let began = after.target.clone().unwrap_or_default();
    let counted = match &o.target {
        Target::Present(w) => Some(w).filter(|w| w.observed_generation >= w.generation),
        Target::Missing | Target::Unknown => None,
    };
    let at_baseline = counted.map(|w| (&w.uid, &w.template) == (&began.uid, &began.baseline));
    let is_over = |time: &Option<Time>| time.as_ref().is_some_and(|time| time.0 <= o.now);
    let was_open = after.opened_at.is_some();
    let failed =
        |w: &Workload| w.failed_since.is_some_and(|since| after.opened_at.as_ref().is_none_or(|at| at.0 <= since));
    let holds = match outcome {
        Outcome::Completed => counted.is_some_and(is_complete) && at_baseline == Some(false) && was_open,
        Outcome::RolledBack => at_baseline == Some(true) && was_open,
        Outcome::RolloutFailed => was_open && (counted.is_some_and(failed) || is_over(&after.progress_deadline)),
        Outcome::Unchanged => at_baseline == Some(true) || o.target == Target::Missing && began.uid.is_empty(),
        Outcome::Bypassed => !was_open && (at_baseline == Some(false) || o.target == Target::Missing),
        Outcome::NotUsed => was_open && is_over(&after.open_until),
        Outcome::DeadlineExceeded => !was_open && is_over(&after.deadline),
        Outcome::Superseded => o.rivals.iter().any(|rival| took_over(rival, after)),
        Outcome::Expired | Outcome::Cancelled => true,
        Outcome::Invalid => Plan::parse(&o.gate.spec).is_err(),
        Outcome::TargetNotFound => o.target == Target::Missing,
    };
    assert!(holds, "{outcome:?} of {:?}: {after:?}", o.target);
}

/// `Cancel` and deletion end a run from every phase.
fn called_off_at_once(o: &Observation, status: &UpgradeGateStatus) {
    let _law = Law("a run that is called off ends at once");
    let cancelled = o.gate.spec.action.as_ref().is_some_and(|action| action.type_ == ActionType::Cancel);
    assert!(status.outcome.is_some() || !cancelled && o.gate.metadata.deletion_timestamp.is_none(), "{status:?}");
}

/// Whether a gate is newer than this one and may run.
fn took_over(rival: &UpgradeGate, ours: &UpgradeGateStatus) -> bool {
    let called_off = rival.spec.action.as_ref().is_some_and(|action| action.type_ == ActionType::Cancel);
    let status = rival.status.clone().unwrap_or_default();
    let over = status.outcome.is_some() || called_off || rival.metadata.deletion_timestamp.is_some();
    // Of two that nobody has seen, or of one epoch, the younger is newer.
    !over && (status.epoch.is_none() || status.epoch >= ours.epoch)
}

/// S1.
fn open_only_for_a_cause(o: &Observation, status: &UpgradeGateStatus) {
    let _law = Law("S1 open only for a cause");
    assert_eq!(is_open(status), status.phase == Some(Phase::Open));
    if !is_open(status) {
        return;
    }
    assert!(status.opened_at.is_some() && status.open_until.is_some());
    let by = status.opened_by.as_ref().expect("an open gate says what opened it").type_;
    let sure = o.members.whole && o.members.heard;
    let counting = o.members.known.iter().filter(|m| m.belongs && m.lifecycle == Lifecycle::Running);
    match by {
        OpenedByType::Quorum if sure => {
            let plan = Plan::parse(&o.gate.spec).unwrap();
            let required = plan.quorum.required(counting.clone().count().try_into().unwrap());
            let ready: BTreeSet<_> = counting.filter(|m| agrees(m, &plan, status, o.now)).map(|m| &m.uid).collect();
            assert!(ready.len() >= required as usize && !ready.is_empty(), "{} of {required} ready", ready.len());
        }
        OpenedByType::NoMembers if sure => assert_eq!(counting.count(), 0),
        OpenedByType::Action => assert!(status.action.is_some(), "an action that opened is on record"),
        // Who does not know all members opens nothing, and leaves open what was.
        OpenedByType::Quorum | OpenedByType::NoMembers => {
            assert_eq!(
                o.gate.status.as_ref().and_then(|s| s.phase),
                Some(Phase::Open),
                "opened without knowing the members"
            );
        }
        OpenedByType::Deadline => {}
    }
}

/// Whether a member said, freshly and under this epoch, that it may be upgraded.
fn agrees(member: &Member, plan: &Plan, status: &UpgradeGateStatus, now: Timestamp) -> bool {
    let epoch = status.epoch.unwrap();
    let drained = plan.drain.is_none() || member.facts.drain == DrainFact::Acknowledged(epoch);
    let said = member.facts.probe.as_ref().is_some_and(|probe| {
        let age = now.duration_since(probe.at).as_secs();
        let limit = 3 * i64::from(plan.period_seconds + plan.timeout_seconds);
        probe.epoch == epoch && age <= limit && probe.result.as_ref().is_ok_and(|report| report.ready)
    });
    drained && said && member.facts.drain_trouble.is_none()
}

/// S5: until the end there is a time at which the decision is made again, it lies ahead, and the status shows it.
fn every_wait_ends(o: &Observation, d: &Decision) {
    let _law = Law("S5 every wait has an end");
    if d.status.phase == Some(Phase::Finished) {
        assert!(d.wake.is_none_or(|wake| wake > o.now), "a finished gate wakes nobody in the past");
        assert!(!d.delete || o.gate.spec.ttl_seconds_after_finished.is_some(), "no gate vanishes without a TTL");
        return;
    }
    assert!(!d.delete, "only finished gates are deleted");
    let s = &d.status;
    let wake = d.wake.unwrap_or_else(|| panic!("no end to this wait: {s:?}"));
    assert!(wake > o.now, "a wake in the past never ends: {s:?}");
    if is_silent(o, s) {
        return;
    }
    let shown = [&s.deadline, &s.open_until, &s.progress_deadline, &s.resume_until];
    assert!(shown.into_iter().flatten().any(|time| time.0 == wake), "the status shows when the wait ends: {s:?}");
}

/// Whether the gate is so young that its first write is still saved: the target is usually known within two seconds.
fn is_silent(o: &Observation, status: &UpgradeGateStatus) -> bool {
    let created = o.gate.metadata.creation_timestamp.as_ref().unwrap().0;
    status.phase.is_none()
        && o.now.duration_since(created).as_secs() < 2
        && o.gate.status.as_ref().is_none_or(|s| s == status)
}

/// S6: nobody is resumed whom the rollout is about to replace, or who was never drained; terminating members are left alone.
fn calls_only_whom_it_may(o: &Observation, d: &Decision) {
    let _law = Law("S6 calls only whom it may");
    assert_eq!(o.members.known.len(), d.intents.len(), "every member is told something");
    for member in &o.members.known {
        let intent = d.intents[&member.uid];
        if intent == Intent::Idle {
            continue;
        }
        assert_ne!(member.lifecycle, Lifecycle::Terminating, "a terminating member is never called");
        assert!(o.gate.metadata.finalizers.is_some() || d.finalizer || o.gate.spec.drain.is_none());
        match (d.status.phase, intent) {
            (Some(Phase::Draining | Phase::Open), Intent::Drained { epoch, probe: true }) => {
                assert!(member.belongs);
                assert_eq!(Some(epoch), d.status.epoch);
            }
            (Some(Phase::RollingOut | Phase::Resuming), Intent::Drained { epoch, probe: false }) => {
                assert!(is_wanted(o, member) != Some(true) && member.belongs, "a wanted member is never drained");
                assert_eq!(Some(epoch), d.status.epoch);
            }
            (Some(Phase::Draining | Phase::Open | Phase::RollingOut | Phase::Resuming), Intent::Resumed { epoch }) => {
                assert_eq!(Some(epoch), d.status.epoch);
                assert!(!matches!(member.facts.drain, DrainFact::Never | DrainFact::Resumed), "it was never drained");
                let stays = is_wanted(o, member) == Some(true) || !member.belongs;
                assert!(stays || nobody_replaces(o, &d.status), "{} is about to be replaced", member.name);
            }
            other => panic!("{} is told {other:?}", member.name),
        }
    }
}

/// Whether the target wants members like this one; `None` if that is not known.
pub fn is_wanted(o: &Observation, member: &Member) -> Option<bool> {
    match (&o.target, &member.revision) {
        (Target::Present(workload), Revision::Known(template)) => Some(*template == workload.template),
        (Target::Missing, Revision::Known(_)) => Some(false),
        _ => None,
    }
}

/// Whether nobody replaces members that the target does not want: it is complete, where it was, or without progress.
fn nobody_replaces(o: &Observation, status: &UpgradeGateStatus) -> bool {
    let stuck = status.progress_deadline.as_ref().is_some_and(|at| at.0 <= o.now);
    let began = status.target.clone().unwrap_or_default();
    stuck
        || match &o.target {
            Target::Unknown => false,
            Target::Missing => began.uid.is_empty(),
            Target::Present(w) => {
                let same = (&w.uid, &w.template) == (&began.uid, &began.baseline) && status.rollout.is_none();
                same || w.observed_generation >= w.generation && (is_complete(w) || w.failed_since.is_some())
            }
        }
}

fn is_complete(w: &Workload) -> bool {
    w.updated >= w.desired && w.current <= w.updated && w.available >= w.updated
}

/// Our finalizer is on the gate from the first drain to the end, and on no gate that never drains.
fn finalizer_only_while_drained(o: &Observation, d: &Decision) {
    let _law = Law("S6 finalizer while drained");
    let may = matches!(d.status.phase, Some(Phase::Draining | Phase::Open | Phase::RollingOut | Phase::Resuming));
    assert!(!d.finalizer || may && o.gate.spec.drain.is_some(), "a finalizer in {:?}", d.status.phase);
    let drained = d.intents.values().any(|intent| matches!(intent, Intent::Drained { .. }));
    assert!(d.finalizer || !drained || o.gate.spec.drain.is_none(), "members are drained without the finalizer");
}

/// What `kubectl wait` and kstatus read.
fn conditions_agree(status: &UpgradeGateStatus) {
    let _law = Law("conditions agree");
    let good = matches!(status.outcome, Some(Outcome::Completed | Outcome::Unchanged));
    let finished = status.phase == Some(Phase::Finished);
    let is_true = |type_| condition(status, type_).is_some_and(|(holds, _)| holds == "True");
    assert_eq!(is_true("Complete"), finished && good);
    assert_eq!(is_true("Failed"), finished && !good);
    assert_eq!(is_true("Stalled"), is_true("Failed"));
    assert_eq!(condition(status, "Ready").is_none(), good, "Ready is absent after a good end, and only then");
    assert!(status.outcome.is_none() || !status.message.is_empty(), "an end without a sentence");
    for condition in &status.conditions {
        assert!(!condition.reason.is_empty() && condition.reason.chars().all(|c| c.is_ascii_alphanumeric()));
    }
}

/// A status is read by people and paid for by etcd.
fn stays_small(status: &UpgradeGateStatus) {
    let _law = Law("a status stays small");
    assert!(status.members.len() <= 10);
    let size = serde_json::to_string(status).unwrap().len();
    assert!(size < 8 * 1024, "{size} bytes");
    let texts = status.members.iter().map(|m| &m.message).chain([&status.message]);
    for text in texts {
        assert!(!text.contains(char::is_control), "{text:?}");
    }
    assert!(status.members.iter().all(|m| m.message.chars().count() <= 256));
}

/// Events tell transitions; a transition time moves only with its status.
fn tells_only_transitions(before: &UpgradeGateStatus, d: &Decision) {
    let _law = Law("Events tell transitions");
    let after = &d.status;
    let moved = before.phase != after.phase || before.outcome != after.outcome;
    assert_eq!(moved, !d.events.is_empty(), "{:?} -> {:?}: {:?}", before.phase, after.phase, d.events);
    assert!(!moved || significance(before, after) == Significance::Transition);
    for now in &after.conditions {
        if let Some(then) = before.conditions.iter().find(|c| c.type_ == now.type_ && c.status == now.status) {
            assert_eq!(then.last_transition_time, now.last_transition_time);
        }
    }
}

/// The same decision again changes nothing.
fn is_settled(o: &Observation, d: &Decision) {
    let _law = Law("a decision is settled");
    let mut gate = (*o.gate).clone();
    gate.status = Some(d.status.clone());
    mark(&mut gate, d.finalizer);
    let again = decide(&Observation { gate: Arc::new(gate), ..o.clone() });
    assert_eq!(again.status, d.status, "deciding twice changes the status");
    assert_eq!((&again.intents, again.finalizer), (&d.intents, d.finalizer));
    assert_eq!((again.wake, again.delete), (d.wake, d.delete));
}
