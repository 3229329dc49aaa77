//! Reads of a status, so that tests stay short.

use upgradegate_crds::UpgradeGateStatus;

/// Status and reason of a condition: `("False", "MembersNotReady")`; `None` if it is absent.
pub fn condition<'s>(status: &'s UpgradeGateStatus, type_: &str) -> Option<(&'s str, &'s str)> {
    let found = status.conditions.iter().find(|condition| condition.type_ == type_)?;
    Some((&found.status, &found.reason))
}

/// Whether the gate is open, as everybody outside reads it.
pub fn is_open(status: &UpgradeGateStatus) -> bool {
    condition(status, "Ready").is_some_and(|(holds, _)| holds == "True")
}
