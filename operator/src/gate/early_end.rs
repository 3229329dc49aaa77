//! What ends a run early, whatever its phase.

use upgradegate_crds::{ActedOn, Action, ActionType, Outcome, UpgradeGateStatus};

use super::{
    Observation,
    known::{Known, Step},
    message, rivals, standing, text, time,
};

/// The first reason to end, if there is one.
pub(crate) fn step(known: &Known, status: &mut UpgradeGateStatus) -> Step {
    let o = known.o;
    if o.gate.metadata.deletion_timestamp.is_some() {
        return Step::End(Outcome::Cancelled, "The gate was deleted.".into());
    }
    if standing::is_restored(&o.gate) {
        return Step::End(
            Outcome::Expired,
            "The gate was restored from a backup; an upgrade needs a gate of its own.".into(),
        );
    }
    if standing::is_cancelled(&o.gate) {
        act_on(o, status);
        return Step::End(Outcome::Cancelled, message::cancelled(&o.gate));
    }
    if let Err(invalid) = &known.plan {
        return Step::End(Outcome::Invalid, format!("The gate can't run: {invalid}."));
    }
    if status.phase.is_none() && known.deadline <= o.now {
        let deadline = time::clock(&time::stamp(known.deadline));
        let why = format!("The deadline ({deadline}) had passed when the operator first saw the gate.");
        let late = format!("The deadline ({deadline}) passed before {} could be looked at.", message::target(&o.gate));
        return match status.deadline {
            None => Step::End(Outcome::Expired, why),
            Some(_) => Step::End(Outcome::DeadlineExceeded, late),
        };
    }
    match rivals::successor(o) {
        Some(newer) => Step::End(Outcome::Superseded, message::superseded(newer)),
        None => Step::Stay,
    }
}

/// Keeps the action that is acted on in the status, once.
pub(crate) fn act_on(o: &Observation, status: &mut UpgradeGateStatus) {
    let Some(Action { type_, .. }) = o.gate.spec.action else { return };
    if status.action.as_ref().is_none_or(|acted| acted.type_ != type_) {
        status.action = Some(ActedOn { type_, reason: reason(o), at: time::stamp(o.now) });
    }
}

/// The reason of the gate's action, as a status tells it.
pub(crate) fn reason(o: &Observation) -> Option<String> {
    o.gate.spec.action.as_ref()?.reason.as_ref().map(|reason| text::one_line(reason, text::REASON))
}

/// Whether the gate's action is of this type.
pub(crate) fn is_ordered(o: &Observation, type_: ActionType) -> bool {
    o.gate.spec.action.as_ref().is_some_and(|action| action.type_ == type_)
}
