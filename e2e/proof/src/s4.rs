//! S4: errors and silence count as "not ready".

use upgradegate_crds::{MemberState, Phase, UpgradeGate, UpgradeGateStatus};

use crate::{
    Rule, Slack, Violation,
    slack::earlier,
    timeline::Version,
    witness::Witness,
    world::{World, gate_name, phase, status},
};

/// Checks every version in which members were counted: whoever is called ready must have said so.
pub(crate) fn check(world: &World, slack: Slack) -> Vec<Violation> {
    let mut found = Vec::new();
    for gate in world.gates.values() {
        let Some(last) = gate.last() else { continue };
        let witness = Witness::of(world, last.object);
        let mut before: Option<&UpgradeGateStatus> = None;
        for version in gate.versions() {
            let now = status(version.object);
            let counted = before.map(|status| (&status.pods, &status.members))
                != now.map(|status| (&status.pods, &status.members));
            if let Some(now) = now.filter(|_| counted && holds(version.object)) {
                found.extend(too_ready(world, &witness, version, now, slack));
            }
            before = now;
        }
    }
    found
}

/// Whether members are counted in this phase.
fn holds(gate: &UpgradeGate) -> bool {
    matches!(phase(gate), Some(Phase::Draining | Phase::Open))
}

/// Members that are called ready though at no moment at which that can have been decided they had said so.
fn too_ready(
    world: &World,
    witness: &Witness,
    version: &Version<UpgradeGate>,
    status: &UpgradeGateStatus,
    slack: Slack,
) -> Vec<Violation> {
    let Some(epoch) = status.epoch else { return Vec::new() };
    let moments = witness.moments(earlier(version.at, slack.write), version.at);
    let ready = status.members.iter().filter(|member| member.state == MemberState::Ready);
    let wrong = ready.filter(|member| {
        world.is_recorded(&member.uid) && !moments.iter().any(|at| witness.agrees(&member.uid, epoch, *at, *at))
    });
    let say = |name: &str| Violation {
        rule: Rule::S4,
        at: version.at,
        object: gate_name(version.object),
        why: format!("pod {name} counts as ready, and did not say so"),
    };
    wrong.map(|member| say(&member.name)).collect()
}
