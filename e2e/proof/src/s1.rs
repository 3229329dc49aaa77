//! S1: open only if the quorum of distinct live UIDs acknowledged this run, or an order or `Proceed` is on record.

use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;
use upgradegate_crds::{ActionType, OnDeadline, OpenedBy, OpenedByType, UpgradeGate, UpgradeGateStatus};

use crate::{
    Rule, Slack, Violation,
    slack::{HEARING, earlier, later},
    timeline::{Timeline, Version},
    witness::Witness,
    world::{World, gate_name, is_open, status, uid},
};

/// Checks every version that opened a gate, or says of an open one that something else opened it; and that what an open gate says of its
/// members is what keeps it open.
pub(crate) fn check(world: &World, slack: Slack) -> Vec<Violation> {
    let mut found = Vec::new();
    for gate in world.gates.values() {
        let mut opened: Option<&OpenedBy> = None;
        for version in gate.versions() {
            let by = status(version.object).and_then(|status| status.opened_by.as_ref());
            let opens = is_open(version.object) && !version.gone;
            if opens {
                let stays = opened.is_some() && opened == by;
                let why = if stays { without_ready(version.object) } else { wrong(world, gate, version, slack) };
                let violation =
                    |why| Violation { rule: Rule::S1, at: version.at, object: gate_name(version.object), why };
                found.extend(why.map(violation));
            }
            opened = by.filter(|_| opens);
        }
    }
    found
}

/// Why a gate should not have been opened.
fn wrong(
    world: &World,
    versions: &Timeline<UpgradeGate>,
    version: &Version<UpgradeGate>,
    slack: Slack,
) -> Option<String> {
    let gate = version.object;
    let Some(status) = status(gate) else { return Some("it is open, and nobody has looked at it".into()) };
    match status.opened_by.as_ref().map(|by| by.type_) {
        None => Some("it is open, and does not say what opened it".into()),
        Some(OpenedByType::Action) => {
            let given =
                |gate: &UpgradeGate| gate.spec.action.as_ref().is_some_and(|action| action.type_ == ActionType::Open);
            let ordered = versions.ever(Timestamp::MIN, version.at, given);
            (!ordered || status.action.is_none()).then(|| "no order to open is on record".into())
        }
        Some(OpenedByType::Deadline) => {
            let due = status.deadline.as_ref().is_some_and(|deadline| deadline.0 <= version.at);
            let proceeds = gate.spec.on_deadline == OnDeadline::Proceed;
            (!proceeds || !due).then(|| "the deadline opened it, and had not come or does not open".into())
        }
        Some(OpenedByType::NoMembers) => {
            let empty = instants(world, version, slack).any(|at| world.counting(gate, at).is_empty());
            (!empty).then(|| "it has members, and says that there are none".into())
        }
        Some(OpenedByType::Quorum) => without_quorum(world, version, status, slack),
    }
}

/// Why a gate that the quorum opened should not have stayed open, by its own count.
fn without_ready(gate: &UpgradeGate) -> Option<String> {
    let status = status(gate)?;
    let by_quorum = status.opened_by.as_ref().is_some_and(|by| by.type_ == OpenedByType::Quorum);
    let pods = status.pods.as_ref().filter(|_| by_quorum)?;
    let required = required(&gate.spec.min_ready, usize::try_from(pods.total).ok()?);
    let ready = usize::try_from(pods.ready).ok()?;
    (ready < required).then(|| format!("it stayed open with {ready} members ready, and {required} are needed"))
}

/// Why the quorum can't have agreed, at no moment at which the decision can have been made.
fn without_quorum(
    world: &World,
    version: &Version<UpgradeGate>,
    status: &UpgradeGateStatus,
    slack: Slack,
) -> Option<String> {
    let gate = version.object;
    let Some(epoch) = status.epoch else { return Some("it is open without an epoch".into()) };
    let witness = Witness::of(world, gate);
    let pods: Vec<Timestamp> = instants(world, version, slack).collect();
    let mut best = String::new();
    for decided in witness.moments(earlier(version.at, slack.write), version.at).into_iter().rev() {
        for at in pods.iter().filter(|at| **at <= later(decided, slack.lag)) {
            let members = world.counting(gate, *at);
            let required = required(&gate.spec.min_ready, members.len());
            // What a member has answered since may still be on its way.
            let heard = [decided, earlier(decided, HEARING)];
            let agrees = |pod: &str| heard.iter().any(|heard| witness.agrees(pod, epoch, *heard, *at));
            let agree = |pod: &&&str| !world.is_recorded(pod) || agrees(pod);
            let ready = members.iter().filter(agree).count();
            if required > 0 && ready >= required {
                return None;
            }
            if best.is_empty() {
                best = format!("{ready} of {} members had agreed, and {required} are needed", members.len());
            }
        }
    }
    Some(best)
}

/// Instants of the members' objects that a decision may have rested on.
fn instants<'w>(
    world: &'w World,
    version: &Version<UpgradeGate>,
    slack: Slack,
) -> impl Iterator<Item = Timestamp> + use<'w> {
    // A run lists its members when it begins: what they were before that it never knew.
    let gate = world.gates.get(uid(&version.object.metadata));
    let began = gate.and_then(|gate| gate.versions().first()).map_or(Timestamp::MIN, |first| first.at);
    // The recorder may be as late as the operator.
    let (from, to) = (earlier(version.at, slack.write + slack.lag).max(began), later(version.at, slack.lag));
    let targets = world.deployments.values().flat_map(|target| target.versions().iter().map(|version| version.at));
    let changes = world.pods.values().flat_map(|pod| pod.versions().iter().map(|version| version.at));
    changes.chain(targets).filter(move |at| from < *at && *at <= to).chain([from, version.at])
}

/// How many of so many members must be ready: all if fewer are there than a number says; of a percentage, rounded up.
pub(crate) fn required(min_ready: &IntOrString, total: usize) -> usize {
    match min_ready {
        IntOrString::Int(number) => usize::try_from(*number).unwrap_or(total).min(total),
        IntOrString::String(text) => {
            let percent: usize = text.trim_end_matches('%').parse().unwrap_or(100);
            (total * percent).div_ceil(100)
        }
    }
}
