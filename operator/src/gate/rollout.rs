//! The upgrade itself: whether it came, whether it moves, and how it ends.

use jiff::Timestamp;
use upgradegate_crds::{Outcome, RolloutCounts, UpgradeGateStatus};

use super::{
    Lifecycle, Member, Revision, Target, Workload,
    known::{Known, Step},
    message, time,
};

/// `RollingOut`, until it is complete, back at baseline, or has failed.
pub(crate) fn step(known: &Known, status: &mut UpgradeGateStatus) -> Step {
    if let Some(false) = has_moved(known, status) {
        return Step::End(Outcome::RolledBack, message::rolled_back(&known.o.gate));
    }
    follow(known, status);
    match &known.o.target {
        Target::Present(workload) if is_complete(workload) => {
            Step::End(Outcome::Completed, message::completed(&known.o.gate, workload))
        }
        Target::Present(workload) if has_failed(workload, status) => {
            Step::End(Outcome::RolloutFailed, message::rollout_failed(&known.o.gate, workload))
        }
        _ if is_stuck(known, status) => {
            Step::End(Outcome::RolloutFailed, message::rollout_stuck(&known.o.gate, status))
        }
        _ => Step::Stay,
    }
}

/// Whether the target differs from what the run began with: another template, another object, or gone. `None`: not known.
pub(crate) fn has_moved(known: &Known, status: &UpgradeGateStatus) -> Option<bool> {
    let baseline = status.target.as_ref()?;
    match &known.o.target {
        Target::Unknown => None,
        Target::Present(workload) if workload.observed_generation < workload.generation => None,
        Target::Missing => Some(!baseline.uid.is_empty()),
        Target::Present(workload) => Some(workload.uid != baseline.uid || workload.template != baseline.baseline),
    }
}

/// Whether the target wants members like this one. `None`: its owner, or the target, is not known yet.
pub(crate) fn is_wanted(known: &Known, member: &Member) -> Option<bool> {
    match (&known.o.target, &member.revision) {
        (Target::Unknown, _) | (_, Revision::Unresolved) => None,
        (Target::Missing, _) => Some(false),
        (Target::Present(workload), Revision::Known(template)) => Some(*template == workload.template),
    }
}

/// Whether nobody will be replaced any more: the rollout is complete, or it does not move.
pub(crate) fn is_settled(known: &Known, status: &UpgradeGateStatus) -> bool {
    match &known.o.target {
        Target::Present(workload) => is_complete(workload) || has_failed(workload, status) || is_stuck(known, status),
        Target::Missing | Target::Unknown => is_stuck(known, status),
    }
}

/// Keeps the counts, and moves the progress deadline whenever they change. A terminating old member is progress while its grace period
/// lasts: it finishes its work. Of a target that is not known, or has not counted its new generation yet, there are no counts, but there is
/// a deadline.
pub(crate) fn follow(known: &Known, status: &mut UpgradeGateStatus) {
    let Ok(plan) = &known.plan else { return };
    let counts = counts(known).or_else(|| status.rollout.clone());
    let in_grace = leaving(known).any(|member| member.leaves_by > Some(known.o.now));
    let due = status.progress_deadline.as_ref().is_none_or(|at| at.0 <= known.o.now && in_grace);
    if due || status.rollout != counts {
        status.progress_deadline = Some(time::after(known.o.now, plan.progress_seconds));
    }
    status.rollout = counts;
}

/// As `kubectl rollout status` reads it: the generation first, then the counts; never the reason of `Progressing` alone, which stays from
/// the rollout before.
fn is_complete(workload: &Workload) -> bool {
    workload.observed_generation >= workload.generation
        && workload.updated >= workload.desired
        && workload.current <= workload.updated
        && workload.available >= workload.updated
}

/// Whether the workload itself says that this rollout failed; a verdict from before the gate opened is of the rollout before.
fn has_failed(workload: &Workload, status: &UpgradeGateStatus) -> bool {
    let began: Option<Timestamp> = status.opened_at.as_ref().or(status.started_at.as_ref()).map(|at| at.0);
    workload.observed_generation >= workload.generation
        && workload.failed_since.is_some_and(|since| began.is_none_or(|began| began <= since))
}

/// Whether the rollout made no progress for as long as the gate allows.
fn is_stuck(known: &Known, status: &UpgradeGateStatus) -> bool {
    status.progress_deadline.as_ref().is_some_and(|at| at.0 <= known.o.now)
}

/// The members that the rollout is getting rid of.
fn leaving<'k>(known: &'k Known<'k>) -> impl Iterator<Item = &'k Member> {
    let leaves = move |m: &&Member| m.lifecycle == Lifecycle::Terminating && is_wanted(known, m) != Some(true);
    known.o.members.known.iter().filter(leaves)
}

fn counts(known: &Known) -> Option<RolloutCounts> {
    let terminating = i32::try_from(leaving(known).count()).unwrap_or(i32::MAX);
    match &known.o.target {
        Target::Unknown => None,
        Target::Present(workload) if workload.observed_generation < workload.generation => None,
        Target::Missing => Some(RolloutCounts { terminating, ..RolloutCounts::default() }),
        Target::Present(Workload { desired, updated, current, available, .. }) => Some(RolloutCounts {
            desired: *desired,
            updated: *updated,
            current: *current,
            available: *available,
            terminating,
        }),
    }
}
