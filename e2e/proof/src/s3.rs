//! S3: calls go to the current IP of a matching UID, to members of a gate that runs, and to nobody else.

use std::net::IpAddr;

use k8s_openapi::api::core::v1::Pod;
use upgradegate_crds::UpgradeGate;

use crate::{
    Rule, Slack, Violation,
    slack::{earlier, later, seconds},
    timeline::Timeline,
    world::{Arrived, World, is_running},
};

/// Checks every call.
pub(crate) fn check(world: &World, slack: Slack) -> Vec<Violation> {
    let mut found = Vec::new();
    for arrived in &world.calls {
        if let Some((object, why)) = wrong(world, arrived, slack) {
            let why = format!("{} {} {why}", arrived.call.method, arrived.call.path);
            found.push(Violation { rule: Rule::S3, at: arrived.at, object, why });
        }
    }
    found
}

/// Why a call should not have been made, and of whom.
fn wrong(world: &World, arrived: &Arrived, slack: Slack) -> Option<(String, String)> {
    let call = arrived.call;
    let Some(pod) = world.pods.get(call.pod.as_str()) else {
        return Some((format!("pod {}", call.pod), "reached a pod that nobody has seen".into()));
    };
    let (from, to) = (earlier(arrived.at, slack.lag), later(arrived.at, slack.lag));
    let name = pod.versions().first().and_then(|version| version.object.metadata.name.clone()).unwrap_or_default();
    let say = |why: &str| Some((format!("pod {name}"), why.to_owned()));
    if !pod.ever(from, to, |pod| has_address(pod, call.address)) {
        return say(&format!("reached {}, which is not its address", call.address));
    }
    if pod.ever(from, to, |pod| pod.spec.as_ref().is_some_and(|spec| spec.host_network == Some(true))) {
        return say("reached a pod on the host's network");
    }
    let gates: Vec<_> = world.gates.values().filter(|gate| runs(gate, arrived, slack)).collect();
    if gates.is_empty() {
        return say("came while no gate ran");
    }
    // Who was a member and left is owed a resume.
    let since = if call.method == "DELETE" { jiff::Timestamp::MIN } else { from };
    let versions = gates.iter().filter_map(|gate| gate.at(to).or_else(|| gate.last().map(|last| last.object)));
    if !versions.into_iter().any(|gate| was_member(world, pod, gate, since, to)) {
        return say("reached a pod that is no member of a running gate's target");
    }
    None
}

fn has_address(pod: &Pod, address: IpAddr) -> bool {
    let status = pod.status.as_ref();
    status.and_then(|status| status.pod_ip.as_ref()).is_some_and(|ip| ip.parse() == Ok(address))
}

/// Whether a gate ran when a call was sent. A call that is under way when the run ends may still arrive.
pub(crate) fn runs(gate: &Timeline<UpgradeGate>, arrived: &Arrived, slack: Slack) -> bool {
    let Some(last) = gate.last() else { return false };
    let sent = earlier(arrived.at, seconds(last.object.spec.probe.timeout_seconds.max(1)));
    gate.ever(earlier(sent, slack.lag), later(arrived.at, slack.lag), is_running)
}

/// Whether a pod was a member of a gate's target at any time from `since` to `to`.
pub(crate) fn was_member(
    world: &World,
    pod: &Timeline<Pod>,
    gate: &UpgradeGate,
    since: jiff::Timestamp,
    to: jiff::Timestamp,
) -> bool {
    let Some(targets) = world.deployments.get(gate.spec.target_ref.name.as_str()) else { return false };
    let owners = world.replica_sets.values().flat_map(|set| set.versions().iter().map(|version| version.at));
    let of_pod = pod.versions().iter().map(|version| version.at);
    let of_target = targets.versions().iter().map(|version| version.at);
    let mut instants = owners.chain(of_pod).chain(of_target).filter(|at| since <= *at && *at <= to).chain([since, to]);
    instants.any(|at| {
        let (Some(pod), Some(target)) = (pod.at(at), targets.at(at)) else { return false };
        world.belongs(pod, target, at)
    })
}
