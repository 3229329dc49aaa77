//! Putting members back to work: one rule for every ending (S6).

use upgradegate_crds::{Outcome, Phase, UpgradeGateStatus};

use super::{
    Lifecycle, Member,
    known::{Known, Step},
    rollout, standing, time,
};

/// What a drained member is owed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Owed {
    /// Nothing: it was not drained, works again, does not run, is terminating, or belongs to the gate that took over.
    Nothing,
    /// To work again.
    Resume,
    /// To stay drained: the rollout is about to replace it.
    Stay,
}

/// `Resuming`, until nobody is owed anything, or every lease has run out.
pub(crate) fn step(known: &Known, status: &mut UpgradeGateStatus) -> Step {
    // A gate that brought our finalizer along from a backup has not begun.
    if !standing::may_have_drained(&known.o.gate) || status.epoch.is_none() {
        return finish(known, status);
    }
    let Ok(plan) = &known.plan else { return finish(known, status) };
    let debts: Vec<Owed> = known.o.members.known.iter().map(|member| owed(known, status, member)).collect();
    if debts.contains(&Owed::Stay) {
        rollout::follow(known, status);
        status.resume_until = None;
        return Step::Stay;
    }
    let until = status.resume_until.get_or_insert_with(|| time::after(known.o.now, plan.lease_over_seconds())).0;
    if until <= known.o.now || (known.o.members.whole && !debts.contains(&Owed::Resume)) {
        return finish(known, status);
    }
    Step::Stay
}

/// What this member is owed, whatever the phase.
pub(crate) fn owed(known: &Known, status: &UpgradeGateStatus, member: &Member) -> Owed {
    // A container that does not run took its drain with it.
    if !member.may_be_drained() || member.lifecycle != Lifecycle::Running {
        return Owed::Nothing;
    }
    if !member.belongs {
        return Owed::Resume;
    }
    let ended = status.outcome.is_some();
    match rollout::is_wanted(known, member) {
        Some(true) => Owed::Resume,
        _ if ended && status.outcome == Some(Outcome::Superseded) => Owed::Nothing,
        _ if ended && may_resume_old(known, status) => Owed::Resume,
        Some(false) | None => Owed::Stay,
    }
}

/// Members that the target does not want work again only when nobody will replace them: the rollout has settled, or this run never let
/// one through and leaves everything as it was.
fn may_resume_old(known: &Known, status: &UpgradeGateStatus) -> bool {
    let untouched = status.rollout.is_none() && rollout::has_moved(known, status) == Some(false);
    untouched || rollout::is_settled(known, status)
}

fn finish(known: &Known, status: &mut UpgradeGateStatus) -> Step {
    status.finished_at = Some(time::stamp(known.o.now));
    Step::Go(Phase::Finished)
}
