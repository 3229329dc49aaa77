//! While the gate holds the upgrade or lets it through: `Waiting`, `Draining`, `Open`.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use upgradegate_crds::{ActionType, OnDeadline, OpenedBy, OpenedByType, Outcome, Phase, UpgradeGateStatus};

use super::{
    early_end::{act_on, is_ordered, reason},
    epoch,
    known::{Known, Step},
    message, rivals, rollout,
    tally::Tally,
    time,
};

/// How long an open gate waits for the upgrade beyond its deadline: Helm runs the hooks after ours one by one.
const OPEN_BEYOND_DEADLINE_SECONDS: u32 = 300;

/// `Waiting`: nothing is called until the older gate is finished.
pub(crate) fn wait(known: &Known, status: &mut UpgradeGateStatus) -> Step {
    match over(known, status) {
        Step::Stay if rivals::predecessor(known.o).is_none() => Step::Go(Phase::Draining),
        Step::Stay if is_late(known, status) => late(known, status),
        other => other,
    }
}

/// `Draining` and `Open`: opens with the quorum, closes without it.
pub(crate) fn step(known: &Known, status: &mut UpgradeGateStatus) -> Step {
    epoch::rise(known, status);
    let tally = Tally::of(known, status);
    let cause = cause(known, status, &tally);
    // Half a list would be written as if it were the whole; and after a restart, members that were not heard yet as if they held an open gate.
    let is_open = status.phase == Some(Phase::Open);
    if is_open {
        bound(known, status);
    }
    if known.o.members.whole && (known.o.members.heard || !is_open) {
        tally.record(status);
    }
    match (over(known, status), cause) {
        (Step::Stay, cause) => {
            if is_spent(known, status) {
                return Step::End(Outcome::NotUsed, message::not_used(status));
            }
            match cause {
                Some(by) => open(known, status, by),
                None if is_late(known, status) => late(known, status),
                None if is_open => Step::Go(Phase::Draining),
                None => Step::Stay,
            }
        }
        (end, _) => end,
    }
}

/// Ends that have nothing to do with members: the template came, or `Finish` says that it won't.
fn over(known: &Known, status: &mut UpgradeGateStatus) -> Step {
    // The status holds the deadline that counts: it may be changed during the run.
    status.deadline = Some(time::stamp(known.deadline));
    if status.open_until.is_some() {
        status.open_until = Some(open_until(known));
    }
    match rollout::has_moved(known, status) {
        Some(true) if status.opened_at.is_some() => Step::Go(Phase::RollingOut),
        Some(true) => Step::End(Outcome::Bypassed, message::bypassed(known.o)),
        Some(false) if is_ordered(known.o, ActionType::Finish) => {
            act_on(known.o, status);
            Step::End(Outcome::Unchanged, message::unchanged(&known.o.gate))
        }
        Some(false) | None => Step::Stay,
    }
}

/// What opens the gate now, if anything does. Without whole knowledge of the members, what was last decided stands.
fn cause(known: &Known, status: &UpgradeGateStatus, tally: &Tally) -> Option<OpenedBy> {
    let by = |type_| Some(OpenedBy { type_, reason: None });
    if is_ordered(known.o, ActionType::Open) {
        return Some(OpenedBy { type_: OpenedByType::Action, reason: reason(known.o) });
    }
    match &status.opened_by {
        // What a person or the spec decided stays decided; an order to open may have become an order to finish since.
        Some(opened) if matches!(opened.type_, OpenedByType::Deadline | OpenedByType::Action) => Some(opened.clone()),
        opened if !(known.o.members.whole && known.o.members.heard) => {
            opened.clone().filter(|_| status.phase == Some(Phase::Open))
        }
        _ if tally.pods.total == 0 => by(OpenedByType::NoMembers),
        _ if tally.has_quorum() => by(OpenedByType::Quorum),
        _ => None,
    }
}

/// Opens, or stays open.
fn open(known: &Known, status: &mut UpgradeGateStatus, by: OpenedBy) -> Step {
    if by.type_ == OpenedByType::Action {
        act_on(known.o, status);
    }
    status.opened_by = Some(by);
    if status.phase == Some(Phase::Open) {
        return Step::Stay;
    }
    bound(known, status);
    Step::Go(Phase::Open)
}

/// An open gate says since when it is, and until when. Where somebody took that out of its status, it is as if it opened now: without a
/// limit it would stay open for ever.
fn bound(known: &Known, status: &mut UpgradeGateStatus) {
    status.opened_at.get_or_insert_with(|| time::stamp(known.o.now));
    status.open_until.get_or_insert_with(|| open_until(known));
}

/// The deadline and five minutes.
fn open_until(known: &Known) -> Time {
    time::after(known.deadline, OPEN_BEYOND_DEADLINE_SECONDS)
}

/// Whether the deadline is here and counts: it does until the gate was open, and always if it opens the gate.
fn is_late(known: &Known, status: &UpgradeGateStatus) -> bool {
    known.deadline <= known.o.now && (status.opened_at.is_none() || proceeds(known))
}

fn proceeds(known: &Known) -> bool {
    known.plan.as_ref().is_ok_and(|plan| plan.on_deadline == OnDeadline::Proceed)
}

/// When this wait is over.
pub(crate) fn limit<'s>(known: &Known, status: &'s UpgradeGateStatus) -> Option<&'s Time> {
    let opens = status.phase == Some(Phase::Draining) && proceeds(known) && known.deadline > known.o.now;
    if status.opened_at.is_none() || opens { status.deadline.as_ref() } else { status.open_until.as_ref() }
}

/// What happens at the deadline. A gate that waits for an older one ends, whatever it says: two runs must not overlap.
fn late(known: &Known, status: &mut UpgradeGateStatus) -> Step {
    if proceeds(known) && status.phase != Some(Phase::Waiting) {
        return open(known, status, OpenedBy { type_: OpenedByType::Deadline, reason: None });
    }
    Step::End(Outcome::DeadlineExceeded, message::deadline_exceeded(known, status))
}

/// Whether the time of an opened gate has run out.
fn is_spent(known: &Known, status: &UpgradeGateStatus) -> bool {
    status.opened_at.is_some() && status.open_until.as_ref().is_some_and(|until| until.0 <= known.o.now)
}
