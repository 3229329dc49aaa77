//! Who is resumed, and who is drained, while a rollout replaces members.

use jiff::Timestamp;
use k8s_openapi::api::{apps::v1::Deployment, core::v1::Pod};
use upgradegate_crds::{Phase, UpgradeGate};

use crate::{
    Slack,
    member::{is_terminating, is_wanted, same_template},
    slack::{earlier, later, seconds},
    timeline::Timeline,
    world::{Arrived, World, phase, status, uid},
};

/// Why an order does not fit what the rollout does with this member.
pub(super) fn wrong(world: &World, arrived: &Arrived, slack: Slack) -> Option<String> {
    let pod = world.pods.get(arrived.call.pod.as_str())?;
    let gate = world.sender(arrived, later(arrived.at, slack.lag))?;
    // The order was given before the call arrived, by a watch that may have lagged.
    let timeout = gate.last()?.object.spec.probe.timeout_seconds.max(1);
    let (from, to) = (earlier(arrived.at, slack.lag + seconds(timeout)), later(arrived.at, slack.lag));
    if pod.always(from, arrived.at, is_terminating) {
        return Some(format!("{} to a member that is terminating", arrived.call.method));
    }
    match arrived.call.method.as_str() {
        "DELETE" if !may_be_resumed(world, gate, pod, from, to) => {
            Some("DELETE to a member that the rollout is about to replace".into())
        }
        "POST" if is_spared(world, gate, pod, from, to) => {
            Some("POST to a member of the template that the target wants".into())
        }
        _ => None,
    }
}

/// Every combination of target and member that a decision between these times may have rested on.
fn sights<'h>(
    world: &World<'h>,
    gate: &Timeline<'h, UpgradeGate>,
    pod: &Timeline<'h, Pod>,
    (from, to): (Timestamp, Timestamp),
) -> Vec<(Option<&'h Deployment>, &'h Pod)> {
    let name = gate.last().map(|last| last.object.spec.target_ref.name.as_str()).unwrap_or_default();
    let targets = world.deployments.get(name).map_or_else(|| vec![None], |target| target.during(from, to));
    let pods = pod.during(from, to);
    targets.iter().flat_map(|target| pods.iter().flatten().map(|pod| (*target, *pod))).collect()
}

/// A member is resumed if the target wants it or it left the target; any other only when nobody will replace it: the run is over, and the
/// target is complete, where it was, or without progress.
fn may_be_resumed(
    world: &World,
    gate: &Timeline<UpgradeGate>,
    pod: &Timeline<Pod>,
    from: Timestamp,
    to: Timestamp,
) -> bool {
    let versions: Vec<_> = gate.during(from, to).into_iter().flatten().collect();
    let ended = versions.iter().any(|gate| status(gate).is_some_and(|status| status.outcome.is_some()));
    let stuck = versions.iter().filter_map(|gate| status(gate)?.progress_deadline.as_ref()).any(|end| end.0 <= to);
    let untouched = versions.iter().any(|gate| status(gate).is_some_and(|status| status.rollout.is_none()));
    sights(world, gate, pod, (from, to)).into_iter().any(|(target, pod)| {
        let Some(target) = target else {
            return !world.belongs_to_any(pod, to) || ended && stuck || no_baseline(&versions);
        };
        let wanted = world.owner(pod, to).is_some_and(|set| is_wanted(set, target));
        let at_baseline = untouched && baseline(world, gate).is_some_and(|began| same_template(began, target));
        wanted
            || !world.belongs(pod, target, to)
            || ended && (at_baseline || stuck || is_complete(target) || has_failed(target))
    })
}

/// Whether the target wants this member, at all times, while it rolls out: then it is never drained.
fn is_spared(world: &World, gate: &Timeline<UpgradeGate>, pod: &Timeline<Pod>, from: Timestamp, to: Timestamp) -> bool {
    let rolls = |gate: &UpgradeGate| phase(gate) == Some(Phase::RollingOut);
    gate.always(from, to, rolls) && is_wanted_throughout(world, gate, pod, from, to)
}

/// Whether the target wants this member, whatever may have been seen of the two between these times.
pub(super) fn is_wanted_throughout(
    world: &World,
    gate: &Timeline<UpgradeGate>,
    pod: &Timeline<Pod>,
    from: Timestamp,
    to: Timestamp,
) -> bool {
    sights(world, gate, pod, (from, to)).into_iter().all(|(target, pod)| {
        target.is_some_and(|target| world.owner(pod, from).is_some_and(|set| is_wanted(set, target)))
    })
}

/// Whether the run began without a target.
fn no_baseline(versions: &[&UpgradeGate]) -> bool {
    let began = versions.iter().filter_map(|gate| status(gate)?.target.as_ref());
    began.into_iter().any(|target| target.uid.is_empty())
}

/// The target as it was when the run began.
fn baseline<'h>(world: &World<'h>, gate: &Timeline<'h, UpgradeGate>) -> Option<&'h Deployment> {
    let began = gate.versions().iter().find(|version| status(version.object).is_some_and(|s| s.target.is_some()))?;
    let target = status(began.object)?.target.as_ref()?;
    let versions = world.deployments.get(began.object.spec.target_ref.name.as_str())?.versions();
    let ours = versions.iter().filter(|version| uid(&version.object.metadata) == target.uid);
    ours.take_while(|version| version.at <= began.at).last().map(|version| version.object)
}

/// As `kubectl rollout status` reads it.
fn is_complete(target: &Deployment) -> bool {
    let desired = target.spec.as_ref().and_then(|spec| spec.replicas).unwrap_or(1);
    let Some(status) = &target.status else { return false };
    let count = |count: Option<i32>| count.unwrap_or_default();
    status.observed_generation >= target.metadata.generation
        && count(status.updated_replicas) >= desired
        && count(status.replicas) <= count(status.updated_replicas)
        && count(status.available_replicas) >= count(status.updated_replicas)
}

/// Whether the target itself says that its rollout failed.
fn has_failed(target: &Deployment) -> bool {
    let conditions = target.status.as_ref().and_then(|status| status.conditions.as_ref());
    conditions.into_iter().flatten().any(|condition| {
        condition.type_ == "Progressing"
            && condition.status == "False"
            && condition.reason.as_deref() == Some("ProgressDeadlineExceeded")
    })
}
