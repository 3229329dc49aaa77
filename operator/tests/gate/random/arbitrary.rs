//! Observations of every kind: any phase with any facts, also those that no run would ever bring together.

use std::sync::Arc;

use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::{apis::meta::v1::Time, util::intstr::IntOrString};
use proptest::{option, prelude::*, sample::select};
use upgradegate_crds::{
    Action, ActionType, FINALIZER, MemberState, MemberStatus, OnDeadline, OnMissingTarget, OpenedBy, OpenedByType,
    Outcome, Phase, RolloutCounts, TargetStatus, UID_ANNOTATION, UpgradeGate, UpgradeGateStatus,
};
use upgradegate_operator::gate::{
    DrainFact, Facts, Lifecycle, Member, Members, Observation, ProbeFact, Report, Revision, Target, Trouble, Workload,
};

use crate::kit::{at, gate, workload};

/// Seconds around the deadline, the open time and the progress deadline of the default gate.
fn moment() -> impl Strategy<Value = Timestamp> {
    select(vec![-100, 0, 1, 2, 30, 179, 180, 181, 479, 480, 600, 780, 10_000]).prop_map(at)
}

fn time() -> impl Strategy<Value = Option<Time>> {
    option::of(moment().prop_map(Time))
}

fn epoch() -> impl Strategy<Value = i64> {
    select(vec![i64::MIN, -1, 0, 1, 2, at(1).as_millisecond(), i64::MAX - 1])
}

fn template() -> impl Strategy<Value = String> {
    select(vec!["old", "new", "newer"]).prop_map(Into::into)
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![Just(String::new()), "[a-z ]{1,20}", any::<String>(), Just("\n🦀\"".repeat(400))]
}

prop_compose! {
    fn target()(
        kind in 0..4, template in template(), counts in prop::array::uniform4(-1..4), behind in 0_i64..2,
        replaced in any::<bool>(), failed in option::of(moment()),
    ) -> Target {
        let [desired, updated, current, available] = counts;
        let uid = if replaced { "uid-of-another" } else { "uid-of-demo-app" };
        let known = Workload {
            uid: uid.into(), generation: 2, observed_generation: 2 - behind, desired, updated, current, available,
            failed_since: failed, ..workload(&template)
        };
        match kind {
            0 => Target::Unknown,
            1 => Target::Missing,
            _ => Target::Present(known),
        }
    }
}

fn trouble() -> impl Strategy<Value = Trouble> {
    prop_oneof![
        text().prop_map(Trouble::NoAnswer),
        (any::<u16>(), text()).prop_map(|(code, why)| Trouble::Unreadable { code, why }),
        text().prop_map(|path| Trouble::DrainStatus { method: "POST", path, code: 404 }),
        text().prop_map(Trouble::NoSuchPort),
    ]
}

fn report() -> impl Strategy<Value = Report> {
    (any::<bool>(), option::of(any::<bool>()), text()).prop_map(|(ready, draining, message)| Report {
        ready,
        draining,
        message,
    })
}

prop_compose! {
    fn facts()(
        drain in prop_oneof![
            Just(DrainFact::Never), Just(DrainFact::Maybe), Just(DrainFact::Resumed), epoch().prop_map(DrainFact::Acknowledged),
        ],
        drain_trouble in option::weighted(0.2, trouble()),
        probe in option::of((epoch(), moment(), prop::result::maybe_err(report(), trouble()))),
        conflict in option::weighted(0.1, epoch()),
        since in option::of(moment()),
    ) -> Facts {
        let probe = probe.map(|(epoch, at, result)| ProbeFact { epoch, at, result });
        Facts { drain, drain_trouble, probe, conflict, since }
    }
}

prop_compose! {
    fn member()(
        number in 0..9, belongs in prop::bool::weighted(0.9), template in option::weighted(0.9, template()),
        lifecycle in select(vec![Lifecycle::Running, Lifecycle::Running, Lifecycle::Idle, Lifecycle::Terminating]),
        leaves_by in option::of(moment()), facts in facts(),
    ) -> Member {
        let revision = template.map_or(Revision::Unresolved, Revision::Known);
        Member { uid: format!("uid-{number}"), name: format!("pod-{number}"), belongs, revision, lifecycle, leaves_by, facts }
    }
}

prop_compose! {
    fn members()(
        mut known in prop::collection::vec(member(), 0..6), whole in prop::bool::weighted(0.8), heard in prop::bool::weighted(0.8),
    ) -> Members {
        known.sort_by(|a, b| a.uid.cmp(&b.uid));
        known.dedup_by(|a, b| a.uid == b.uid);
        Members { known, whole, heard }
    }
}

fn outcome() -> impl Strategy<Value = Outcome> {
    select(vec![
        Outcome::Completed,
        Outcome::Unchanged,
        Outcome::DeadlineExceeded,
        Outcome::Cancelled,
        Outcome::Superseded,
        Outcome::Expired,
        Outcome::Bypassed,
        Outcome::Invalid,
        Outcome::TargetNotFound,
        Outcome::NotUsed,
        Outcome::RolledBack,
        Outcome::RolloutFailed,
    ])
}

fn phase() -> impl Strategy<Value = Option<Phase>> {
    use Phase::{Draining, Finished, Open, Resuming, RollingOut, Waiting};
    option::of(select(vec![Waiting, Draining, Open, RollingOut, Resuming, Finished]))
}

fn opened_by() -> impl Strategy<Value = OpenedBy> {
    use OpenedByType::{Action, Deadline, NoMembers, Quorum};
    (select(vec![Quorum, NoMembers, Deadline, Action]), option::of("[a-z]{1,9}"))
        .prop_map(|(type_, reason)| OpenedBy { type_, reason })
}

prop_compose! {
    /// A status as a run may have written it: an outcome at the end and only there, an epoch once it began.
    fn status()(
        phase in phase(), outcome in outcome(), epoch in epoch(), baseline in template(), times in prop::array::uniform7(time()),
        opened_by in opened_by(), counts in option::of(prop::array::uniform3(0..4)),
        listed in prop::collection::vec((0..9, moment()), 0..4),
    ) -> UpgradeGateStatus {
        let [started_at, deadline, opened_at, open_until, progress_deadline, resume_until, finished_at] = times;
        let opened_at = if phase == Some(Phase::Waiting) { None } else { opened_at };
        let over = matches!(phase, Some(Phase::Resuming | Phase::Finished));
        let open = matches!(phase, Some(Phase::Open | Phase::RollingOut));
        let opened_at = if open { opened_at.or(Some(Time(at(1)))) } else { opened_at };
        let mut members: Vec<_> = listed.into_iter().map(|(number, since)| MemberStatus {
            name: format!("pod-{number}"), uid: format!("uid-{number}"), state: MemberState::Busy, since: Time(since), message: String::new(),
        }).collect();
        members.dedup_by(|a, b| a.uid == b.uid);
        let began = phase.is_some();
        UpgradeGateStatus {
            observed_generation: 1, phase, outcome: over.then_some(outcome), epoch: began.then_some(epoch),
            target: began.then(|| TargetStatus { uid: "uid-of-demo-app".into(), baseline }),
            started_at: started_at.filter(|_| began), deadline,
            opened_by: opened_at.as_ref().map(|_| opened_by), open_until: opened_at.as_ref().map(|_| open_until.unwrap_or(Time(at(480)))),
            opened_at, progress_deadline: progress_deadline.filter(|_| began), resume_until: resume_until.filter(|_| over),
            finished_at: if phase == Some(Phase::Finished) { finished_at.or(Some(Time(at(9)))) } else { None },
            rollout: counts.filter(|_| began).map(|[updated, current, available]| RolloutCounts { desired: 3, updated, current, available, terminating: 0 }),
            members, ..UpgradeGateStatus::default()
        }
    }
}

fn action() -> impl Strategy<Value = Option<Action>> {
    let type_ = select(vec![ActionType::Open, ActionType::Finish, ActionType::Cancel]);
    option::weighted(0.3, (type_, option::of(text())).prop_map(|(type_, reason)| Action { type_, reason }))
}

prop_compose! {
    fn any_gate(name: &'static str)(
        status in option::of(status()), action in action(), deleted in prop::bool::weighted(0.1), finalizer in any::<bool>(),
        annotation in option::weighted(0.3, select(vec![format!("uid-of-{name}"), "uid-of-another".into()])),
        drains in prop::bool::weighted(0.8), min_ready in select(vec!["100%", "50%", "1%", "0%", "200%", "x"]),
        proceed in any::<bool>(), open_without in any::<bool>(), ttl in option::of(0_u32..500), deadline in select(vec![0, 1, 180, 600, u32::MAX]),
        cel in select(vec![None, Some("response.code == 200"), Some("((")]), created in option::weighted(0.9, moment()),
    ) -> UpgradeGate {
        let mut gate = gate(name);
        gate.status = status;
        gate.metadata.creation_timestamp = created.map(Time);
        gate.metadata.deletion_timestamp = deleted.then(|| Time(at(5)));
        gate.metadata.finalizers = (finalizer && drains).then(|| vec![FINALIZER.into()]);
        gate.metadata.annotations = annotation.map(|uid| [(UID_ANNOTATION.to_owned(), uid)].into());
        gate.spec.action = action;
        gate.spec.drain = gate.spec.drain.filter(|_| drains);
        gate.spec.min_ready = IntOrString::String(min_ready.into());
        gate.spec.on_deadline = if proceed { OnDeadline::Proceed } else { OnDeadline::Fail };
        gate.spec.on_missing_target = if open_without { OnMissingTarget::Open } else { OnMissingTarget::Fail };
        gate.spec.ttl_seconds_after_finished = ttl;
        gate.spec.deadline_seconds = deadline;
        gate.spec.probe.ready = cel.map(Into::into);
        gate
    }
}

prop_compose! {
    /// Any observation at all.
    pub fn observation()(
        now in moment(), gate in any_gate("demo"), rival in option::weighted(0.4, any_gate("rival")), target in target(), members in members(),
    ) -> Observation {
        let rivals = rival.into_iter().map(Arc::new).collect();
        Observation { now, gate: Arc::new(gate), rivals, target, members }
    }
}
