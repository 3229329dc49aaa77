//! What a record does not show of the operator's knowledge: calls that reached nobody, a restart, applications that print no calls.

use jiff::Timestamp;
use upgradegate_operator::gate::{DrainFact, Facts, Plan, ProbeFact, Report, Trouble};

use crate::slack::{later, seconds};

/// How what is known differs from what the record shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Hidden {
    /// Not at all.
    Nothing,
    /// Members that were not heard of for longer than a round of asking could not be reached.
    Silence,
    /// The operator restarted a while ago: members that it was not told of may have been drained.
    Adopted,
    /// The operator restarted just now: nothing is known.
    Restart,
}

impl Hidden {
    pub(super) const ALL: [Hidden; 4] = [Hidden::Nothing, Hidden::Silence, Hidden::Adopted, Hidden::Restart];

    /// What is known of a member before its first call.
    pub(super) fn drain(self) -> DrainFact {
        match self {
            Hidden::Nothing | Hidden::Silence => DrainFact::Never,
            Hidden::Adopted | Hidden::Restart => DrainFact::Maybe,
        }
    }

    /// Facts of the record, as they are known.
    pub(super) fn hide(self, facts: Facts, plan: &Plan, epoch: i64, at: Timestamp) -> Facts {
        match self {
            Hidden::Nothing | Hidden::Adopted => facts,
            Hidden::Restart => Facts { drain: DrainFact::Maybe, ..Facts::default() },
            Hidden::Silence => silenced(facts, plan, epoch, at),
        }
    }
}

/// A member that could have been heard again by now, and was not, was not reached.
fn silenced(mut facts: Facts, plan: &Plan, epoch: i64, at: Timestamp) -> Facts {
    let round = seconds(plan.period_seconds);
    if facts.probe.as_ref().is_some_and(|probe| later(probe.at, round) > at) {
        return facts;
    }
    let trouble = || Trouble::Unreached("not reached".into());
    if plan.drain.is_some() && !matches!(facts.drain, DrainFact::Acknowledged(_)) {
        facts.drain_trouble = Some(trouble());
    } else {
        facts.probe = Some(ProbeFact { epoch, at, result: Err(trouble()) });
    }
    facts
}

/// What may be known of a member whose calls are not recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unrecorded {
    /// It drains, and is ready.
    Ready,
    /// It drains, and is not ready.
    Busy,
    /// It was told to drain, and has not answered.
    Told,
    /// It works again.
    Resumed,
    /// It was never told anything.
    Never,
}

impl Unrecorded {
    pub(super) const ALL: [Unrecorded; 5] =
        [Unrecorded::Ready, Unrecorded::Busy, Unrecorded::Resumed, Unrecorded::Never, Unrecorded::Told];

    /// The facts of such a member.
    pub(super) fn facts(self, epoch: i64, at: Timestamp) -> Facts {
        let said = |ready| {
            let report = Report { ready, draining: None, message: String::new() };
            Some(ProbeFact { epoch, at, result: Ok(report) })
        };
        let (drain, probe) = match self {
            Unrecorded::Ready => (DrainFact::Acknowledged(epoch), said(true)),
            Unrecorded::Busy => (DrainFact::Acknowledged(epoch), said(false)),
            Unrecorded::Told => (DrainFact::Maybe, None),
            Unrecorded::Resumed => (DrainFact::Resumed, None),
            Unrecorded::Never => (DrainFact::Never, None),
        };
        Facts { drain, probe, ..Facts::default() }
    }
}
