//! Nothing else is touched: orders come only from a gate that runs, to its own members, under its epoch, and only if it drains at all; and
//! questions go where such a gate says.

use jiff::Timestamp;
use upgradegate_crds::{FINALIZER, UpgradeGate};

use crate::{
    Slack,
    s3::{runs, was_member},
    slack::{earlier, later},
    timeline::Timeline,
    witness::is_probe,
    world::{Arrived, World},
};

/// Why a question should not have been asked at all.
pub(super) fn by_question(world: &World, arrived: &Arrived, slack: Slack) -> Option<String> {
    let names = |gate: &&Timeline<UpgradeGate>| gate.last().is_some_and(|last| is_probe(last.object, arrived.call));
    let asked = world.gates.values().filter(names).any(|gate| runs(gate, arrived, slack));
    (!asked).then(|| format!("GET {}, which no gate that runs names", arrived.call.path))
}

/// Why an order should not have been sent at all.
pub(super) fn by_order(world: &World, arrived: &Arrived, slack: Slack) -> Option<String> {
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
    let (from, to) = (earlier(arrived.at, slack.lag), later(arrived.at, slack.lag));
    // Who was a member and left is owed a resume.
    let since = if method == "DELETE" { Timestamp::MIN } else { from };
    if !world.pods.get(call.pod.as_str()).is_some_and(|pod| was_member(world, pod, object, since, to)) {
        return Some(format!("{method} to a pod that is no member of its gate's target"));
    }
    let marked = |gate: &UpgradeGate| gate.metadata.finalizers.iter().flatten().any(|name| name == FINALIZER);
    if !gate.ever(Timestamp::MIN, to, marked) {
        return Some(format!("{method} before the gate had its finalizer"));
    }
    None
}
