//! Nothing else is touched: orders come only from a gate that runs, under its epoch, and only if it drains at all.

use crate::{
    Slack,
    s3::runs,
    slack::later,
    world::{Arrived, World},
};

/// Why an order should not have been sent at all.
pub(crate) fn wrong(world: &World, arrived: &Arrived, slack: Slack) -> Option<String> {
    let call = arrived.call;
    let method = &call.method;
    // The epoch is written before it is told; a watch may show that later than the member does.
    let Some(gate) = world.sender(arrived, later(arrived.at, slack.lag)) else {
        return Some(format!("{method} names a gate and an epoch that no status has: {}", call.body));
    };
    let object = gate.last()?.object;
    let Some(drain) = &object.spec.drain else {
        return Some(format!("{method} by a gate that does not drain"));
    };
    if drain.http.path != call.path {
        return Some(format!("{method} to {}, which the gate does not name", call.path));
    }
    if call.body["leaseSeconds"].as_i64() != Some(drain.lease_seconds.into()) {
        return Some(format!("{method} with another lease than the gate has: {}", call.body));
    }
    if !runs(gate, arrived, slack) {
        return Some(format!("{method} though its gate did not run"));
    }
    let marked = |gate: &upgradegate_crds::UpgradeGate| {
        gate.metadata.finalizers.iter().flatten().any(|name| name == upgradegate_crds::FINALIZER)
    };
    if !gate.ever(jiff::Timestamp::MIN, later(arrived.at, slack.lag), marked) {
        return Some(format!("{method} before the gate had its finalizer"));
    }
    None
}
