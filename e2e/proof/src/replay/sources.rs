//! Every observation that is consistent with the record around one write, the likely ones first.

use std::{collections::BTreeSet, ptr, sync::Arc};

use jiff::Timestamp;
use k8s_openapi::api::{apps::v1::Deployment, core::v1::Pod};
use upgradegate_crds::UpgradeGate;
use upgradegate_operator::{
    gate::{Member, Members, Observation, Plan, Target},
    run::recorded::{self, Owners},
};

use super::{
    Step,
    facts::Reader,
    hidden::{Hidden, Unrecorded},
    moment,
};
use crate::{
    Slack,
    slack::{HEARING, earlier, later, seconds},
    timeline::Timeline,
    world::{World, status, uid},
};

/// All observations of a step.
pub(super) fn observations<'o>(
    world: &'o World<'o>,
    gate: &'o Timeline<'o, UpgradeGate>,
    step: &'o Step<'o, 'o>,
    plan: Option<&'o Plan>,
    slack: Slack,
) -> impl Iterator<Item = Observation> + 'o {
    let around = Around::of(world, gate, step, plan, slack);
    let times = moment::decided(step, slack);
    let rivals = around.rivals();
    let object = Arc::new(step.before.object.clone());
    around.sights().flat_map(move |(target, members)| {
        let (rivals, times, object) = (rivals.clone(), times.clone(), Arc::clone(&object));
        rivals.into_iter().flat_map(move |rivals| {
            let (target, members, object) = (target.clone(), members.clone(), Arc::clone(&object));
            times.clone().into_iter().map(move |now| Observation {
                now,
                gate: Arc::clone(&object),
                rivals: rivals.clone(),
                target: target.clone(),
                members: members.clone(),
            })
        })
    })
}

/// Until when answers were heard.
#[derive(Clone, Copy)]
struct Heard<'o> {
    until: Timestamp,
    /// The member whose last answers were still on their way.
    late: Option<&'o str>,
}

impl Heard<'_> {
    /// Until when this member's were.
    fn of(self, pod: &str) -> Timestamp {
        if self.late == Some(pod) { earlier(self.until, HEARING) } else { self.until }
    }
}

/// What may be known around a write.
struct Around<'o> {
    world: &'o World<'o>,
    gate: &'o Timeline<'o, UpgradeGate>,
    step: &'o Step<'o, 'o>,
    plan: Option<&'o Plan>,
    /// What a watch may show at the time of the decision: the oldest and the newest.
    from: Timestamp,
    to: Timestamp,
}

impl<'o> Around<'o> {
    fn of(
        world: &'o World<'o>,
        gate: &'o Timeline<'o, UpgradeGate>,
        step: &'o Step<'o, 'o>,
        plan: Option<&'o Plan>,
        slack: Slack,
    ) -> Self {
        let at = step.after.at;
        // The operator's watch may lag, and the recorder's too.
        let (from, to) = (earlier(at, slack.write + slack.lag), later(at, slack.lag));
        Self { world, gate, step, plan, from, to }
    }

    /// What the other gates of the target were, nearest to the write first.
    fn rivals(&self) -> Vec<Vec<Arc<UpgradeGate>>> {
        let ours = self.step.before.object;
        let others: Vec<_> = self
            .world
            .gates
            .iter()
            .filter(|(other, gate)| {
                **other != uid(&ours.metadata)
                    && gate.last().is_some_and(|last| last.object.spec.target_ref == ours.spec.target_ref)
            })
            .map(|(_, gate)| gate)
            .collect();
        let changes = others.iter().flat_map(|gate| instants(gate, self.from, self.to));
        let at = |at: Timestamp| others.iter().filter_map(|gate| gate.at(at)).cloned().map(Arc::new).collect();
        let mut seen: Vec<Vec<Arc<UpgradeGate>>> = self.around(changes).into_iter().map(at).collect();
        seen.dedup();
        seen
    }

    /// What target and members may be known.
    fn sights(self) -> impl Iterator<Item = (Target, Members)> + 'o {
        let targets = self.targets();
        let blind = (Target::Unknown, Members::default());
        // A process that never saw the target knows no selector, and so no member.
        let missing = (Target::Missing, Members { known: Vec::new(), whole: true, heard: true });
        let gone = targets.iter().any(Option::is_none).then_some(missing);
        let around = Arc::new(self);
        let seen = Hidden::ALL.into_iter().flat_map(move |hidden| {
            let (around, targets) = (Arc::clone(&around), targets.clone());
            let (objects, heard) = (around.instants(), around.heard(hidden));
            nearest_first([targets.len(), objects.len(), heard.len()]).into_iter().flat_map(move |[t, o, h]| {
                match (targets.get(t), objects.get(o), heard.get(h)) {
                    (Some(target), Some(objects), Some(told)) => around.sight(*target, *objects, *told, hidden),
                    _ => Vec::new(),
                }
            })
        });
        // The cheap ones first: there may be more of the others than are tried.
        [blind].into_iter().chain(gone).chain(seen)
    }

    /// What the target was, nearest to the write first.
    fn targets(&self) -> Vec<Option<&'o Deployment>> {
        let name = self.step.before.object.spec.target_ref.name.as_str();
        let Some(target) = self.world.deployments.get(name) else { return vec![None] };
        let mut seen: Vec<Option<&Deployment>> = Vec::new();
        for at in self.around(instants(target, self.from, self.to)) {
            let version = target.at(at);
            let is_same = |other: Option<&Deployment>| other.map(ptr::from_ref) == version.map(ptr::from_ref);
            if !seen.iter().copied().any(is_same) {
                seen.push(version);
            }
        }
        seen
    }

    /// Times at which pods or ReplicaSets changed, nearest to the write first.
    fn instants(&self) -> Vec<Timestamp> {
        let pods = self.world.pods.values().flat_map(|pod| instants(pod, self.from, self.to));
        let sets = self.world.replica_sets.values().flat_map(|set| instants(set, self.from, self.to));
        self.around(pods.chain(sets))
    }

    /// These times, that of the write and the bounds, those nearest to the write first. The recorder may be told of a change later than of
    /// the write that followed from it.
    fn around(&self, changes: impl Iterator<Item = Timestamp>) -> Vec<Timestamp> {
        let at = self.step.after.at;
        let all: BTreeSet<_> = changes.chain([self.from, at, self.to]).collect();
        let mut all: Vec<_> = all.into_iter().collect();
        all.sort_by_key(|instant| instant.duration_since(at).abs());
        all
    }

    /// Times until which answers may have been heard, latest first; then those at which one member's was still on its way.
    fn heard(&self, hidden: Hidden) -> Vec<Heard<'o>> {
        let at = self.step.after.at;
        if hidden == Hidden::Restart {
            return vec![Heard { until: at, late: None }];
        }
        let timeout = seconds(self.plan.map_or(1, |plan| plan.timeout_seconds));
        let told = self
            .world
            .calls
            .iter()
            .flat_map(|arrived| [Some(arrived.at), arrived.call.answered, Some(later(arrived.at, timeout))]);
        let all: BTreeSet<_> =
            told.flatten().filter(|told| self.from < *told && *told <= at).chain([self.from, at]).collect();
        let late = self.world.pods.keys().map(|pod| Some(*pod)).filter(|_| hidden == Hidden::Nothing);
        let late: Vec<Option<&str>> = [None].into_iter().chain(late).collect();
        let at_once = |late: Option<&'o str>| all.iter().rev().map(move |until| Heard { until: *until, late });
        late.into_iter().flat_map(at_once).collect()
    }

    /// The target, and the members as of these times, with what may be hidden of them.
    fn sight(
        &self,
        target: Option<&'o Deployment>,
        objects: Timestamp,
        told: Heard<'o>,
        hidden: Hidden,
    ) -> Vec<(Target, Members)> {
        let sight = match target.map(recorded::target) {
            None => Target::Missing,
            Some(Ok(workload)) => Target::Present(workload),
            Some(Err(_)) => return Vec::new(),
        };
        let unrecorded = if self.has_unrecorded() { &Unrecorded::ALL[..] } else { &Unrecorded::ALL[..1] };
        let knowledge: &[(bool, bool)] = match hidden {
            Hidden::Nothing | Hidden::Silence => &[(true, true), (true, false), (false, false)],
            Hidden::Adopted => &[(true, true), (true, false)],
            Hidden::Restart => &[(true, false), (false, false)],
        };
        let mut seen = Vec::new();
        for unrecorded in unrecorded {
            let Some(known) = self.members(target, objects, told, hidden, *unrecorded) else { continue };
            for (whole, heard) in knowledge {
                let members = Members { known: known.clone(), whole: *whole, heard: *heard };
                seen.push((sight.clone(), members));
            }
        }
        seen
    }

    fn members(
        &self,
        target: Option<&'o Deployment>,
        objects: Timestamp,
        told: Heard<'o>,
        hidden: Hidden,
        unrecorded: Unrecorded,
    ) -> Option<Vec<Member>> {
        let Some(plan) = self.plan else { return Some(Vec::new()) };
        let gate = self.step.before.object;
        let now = status(gate).or_else(|| status(self.step.after.object))?;
        let epoch = now.epoch.or_else(|| status(self.step.after.object)?.epoch).unwrap_or_default();
        let began = now.started_at.as_ref().map_or(Timestamp::MIN, |at| at.0);
        let reader = Reader { world: self.world, gate, plan, epoch, began };
        let name = gate.spec.target_ref.name.as_str();
        let last_seen = || {
            let versions = self.world.deployments.get(name)?.versions();
            versions.iter().rfind(|version| version.at <= objects).map(|version| version.object)
        };
        let mut owners = Owners::of(target.or_else(last_seen), now.target.as_ref().map(|target| target.uid.as_str()));
        owners.uids.remove("");
        let pods = self.world.pods.values().filter_map(|pod| pod.at(objects));
        let sets = self.world.replica_sets.values().filter_map(|set| set.at(objects));
        let facts = |pod: &Pod, belongs: bool| {
            // Who was told nothing and does not belong was never a member.
            let told = told.of(uid(&pod.metadata));
            let facts = if self.world.is_recorded(uid(&pod.metadata)) {
                hidden.hide(reader.facts(pod, told, hidden.drain()), plan, epoch, told)
            } else {
                unrecorded.facts(epoch, told)
            };
            let was_told = self.world.calls.iter().any(|arrived| arrived.call.pod == uid(&pod.metadata));
            (belongs || was_told).then_some(facts)
        };
        recorded::members(&owners, sets, pods, plan, facts).ok()
    }

    /// Whether there are members of which calls are not recorded.
    fn has_unrecorded(&self) -> bool {
        self.world.pods.keys().any(|pod| !self.world.is_recorded(pod)) && self.gate.last().is_some()
    }
}

/// Times of the versions between two times, both excluded.
fn instants<T>(timeline: &Timeline<T>, from: Timestamp, to: Timestamp) -> impl Iterator<Item = Timestamp> {
    timeline.versions().iter().map(|version| version.at).filter(move |at| from < *at && *at < to)
}

/// Every combination of three indices below these numbers: those first that are small together.
fn nearest_first([a, b, c]: [usize; 3]) -> Vec<[usize; 3]> {
    let all = (0..a).flat_map(|i| (0..b).flat_map(move |j| (0..c).map(move |k| [i, j, k])));
    let mut all: Vec<_> = all.collect();
    all.sort_by_key(|indices| indices.iter().sum::<usize>());
    all
}
