//! The number of a run: members follow the highest one that they are told.

use upgradegate_crds::UpgradeGateStatus;

use super::{Observation, known::Known, standing};

/// The epoch of a run that begins now: above that of every gate of the target, its own from before its status lost the phase among
/// them, and from the clock, so that it also grows when the others are gone.
pub(crate) fn next(o: &Observation) -> i64 {
    let known = o.rivals.iter().chain([&o.gate]).filter_map(|gate| standing::epoch(gate)).max();
    o.now.as_millisecond().max(known.map_or(0, |epoch| epoch.saturating_add(1)))
}

/// Goes above the epoch that a member answered with 409, so that it follows this run.
pub(crate) fn rise(known: &Known, status: &mut UpgradeGateStatus) {
    let told = known.o.members.known.iter().filter_map(|member| member.facts.conflict).max();
    if let (Some(epoch), Some(told)) = (status.epoch, told)
        && told >= epoch
    {
        status.epoch = Some(told.saturating_add(1));
    }
}
