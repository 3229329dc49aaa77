//! The rules S1 to S6 over the whole world. `kit/laws.rs` looks at one decision; here it is compared with what members really said, with
//! what is stored, and with who really is drained. With lies and lagging watches a rule is what the operator can know: what was said to it,
//! of whom it was shown. S7 is a property of all runs together: see `explore.rs`.

use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;
use upgradegate_crds::{MemberState, OnDeadline, OpenedByType, Outcome, Phase};
use upgradegate_operator::gate::{Decision, Intent, Observation, Target};

use super::{
    calls::Call,
    operator::number,
    world::{Gate, Life, Pod, World},
};
use crate::kit::{at, is_marked, laws::Law, status::is_open};

/// Seconds for which an answer counts: three rounds of a second's period and a second's timeout.
const FRESH: i64 = 6;

/// What holds in every state.
pub fn in_every_state(world: &World) {
    s2_one_run_a_target(world);
    s5_every_wait_ends(world);
    s6_who_is_drained_is_remembered(world);
}

/// What holds for every decision.
pub fn at_decision(world: &World, index: usize, o: &Observation, d: &Decision) {
    s1_open_only_with_the_quorum(world, index, o, d);
    s1_who_counts_as_ready_is_idle(world, index, o, d);
    s4_silence_is_not_ready(world, index, o, d);
    s6_nobody_goes_back_to_work_before_being_replaced(world, d);
}

/// S1: a gate opens with the quorum only if so many of the pods that it was shown acknowledged the drain of this run and said since then
/// that they may be upgraded, not long ago.
fn s1_open_only_with_the_quorum(world: &World, index: usize, o: &Observation, d: &Decision) {
    let _law = Law("S1 open only with the quorum");
    let opened = d.status.opened_by.as_ref().map(|by| by.type_);
    let sure = o.members.whole && o.members.heard;
    let (true, Some(by), true) = (is_open(&d.status), opened, sure) else { return };
    let running = || world.pods_shown().iter().filter(|(_, pod)| pod.life == Life::Running).map(|(id, _)| *id);
    let needed = required(&o.gate.spec.min_ready, running().count());
    let agree = running().filter(|id| agrees(world, index, *id, d)).count();
    match by {
        OpenedByType::Quorum => assert!(agree >= needed && agree > 0, "{agree} of {needed} agreed"),
        OpenedByType::NoMembers => assert_eq!(running().count(), 0, "there are members"),
        OpenedByType::Deadline => {
            assert!(o.gate.spec.on_deadline == OnDeadline::Proceed && world.now >= 100, "it may not proceed");
        }
        OpenedByType::Action => assert!(d.status.action.is_some(), "no action is on record"),
    }
}

/// Whether this pod really said to this gate what opens it.
fn agrees(world: &World, index: usize, id: u8, d: &Decision) -> bool {
    let said = world.gates[index].said.get(&id).copied().unwrap_or_default();
    let drains = world.gates[index].seen().is_some_and(|gate| gate.spec.drain.is_some());
    let acknowledged = !drains || said.drained == d.status.epoch;
    let ready = said
        .ready
        .is_some_and(|(epoch, when, ready)| ready && Some(epoch) == d.status.epoch && world.now - when <= FRESH);
    acknowledged && ready
}

/// How many of so many pods must agree: written again, so that it is not the code that it checks.
fn required(min_ready: &IntOrString, total: usize) -> usize {
    match min_ready {
        IntOrString::Int(n) => usize::try_from(*n).unwrap().min(total),
        IntOrString::String(percent) => {
            let percent: usize = percent.trim_end_matches('%').parse().unwrap();
            (total * percent).div_ceil(100)
        }
    }
}

/// S1, where nobody lies and the watches are up to date: who counts as ready in a gate that drains works on nothing.
fn s1_who_counts_as_ready_is_idle(world: &World, index: usize, o: &Observation, d: &Decision) {
    let _law = Law("S1 who counts as ready is idle");
    let drains = world.gates[index].seen().is_some_and(|gate| gate.spec.drain.is_some());
    let counted = o.members.whole && o.members.heard;
    if !drains || !counted || world.lag.pods.is_some() || !is_open(&d.status) {
        return;
    }
    for member in d.status.members.iter().filter(|member| member.state == MemberState::Ready) {
        let Some(pod) = world.pods.get(&number(&member.uid)) else { continue };
        assert!(pod.app.lied || !pod.app.busy, "{} counts as ready and works", member.name);
    }
}

/// S2: at most one run of a target.
fn s2_one_run_a_target(world: &World) {
    let _law = Law("S2 one run a target");
    let phases = world.gates.iter().filter_map(Gate::phase);
    let runs = phases.filter(|phase| !matches!(phase, Phase::Waiting | Phase::Finished)).count();
    assert!(runs <= 1, "{runs} runs of one target");
}

/// S3: only running pods are called that the operator was shown as members, and only in a run whose epoch and finalizer are stored.
pub fn s3_calls_only_whom_it_may(world: &World, index: usize, id: u8, call: Call) {
    let _law = Law("S3 calls only whom it may");
    let shown = world.pods_shown().get(&id).map(|pod| pod.life);
    assert_eq!(shown, Some(Life::Running), "pod {id} is called");
    let slot = &world.gates[index];
    let gate = slot.object.as_ref().expect("a gate that is gone calls nobody");
    let (Call::Drain(epoch) | Call::Probe(epoch) | Call::Resume(epoch)) = call;
    let stored = gate.status.as_ref().and_then(|status| status.epoch);
    assert!(stored >= Some(epoch), "epoch {epoch} is used before it is stored: {stored:?}");
    assert!(is_marked(gate) || slot.stripped || gate.spec.drain.is_none(), "{call:?} without the finalizer");
}

/// S4: a member that did not answer its last probe, or answered no, does not count as ready.
fn s4_silence_is_not_ready(world: &World, index: usize, o: &Observation, d: &Decision) {
    let _law = Law("S4 silence is not ready");
    let counted = o.members.whole && o.members.heard && matches!(d.status.phase, Some(Phase::Draining | Phase::Open));
    for member in d.status.members.iter().filter(|m| counted && m.state == MemberState::Ready) {
        let (gate, id) = (&world.gates[index], number(&member.uid));
        let heard = world.facts(index, id).probe.is_some_and(|probe| probe.result.is_ok_and(|report| report.ready));
        let waits = gate.run.pending.contains_key(&id);
        let said = gate.said.get(&id).and_then(|said| said.ready).is_some_and(|(_, _, ready)| ready);
        assert!(heard && (said || waits), "{} was not heard saying so", member.name);
    }
}

/// S5: a gate that waits shows until when.
fn s5_every_wait_ends(world: &World) {
    let _law = Law("S5 every wait ends");
    if !world.operators_moves().is_empty() {
        return;
    }
    for gate in &world.gates {
        let (Some(object), None) = (&gate.object, &gate.shown) else { continue };
        let Some(status) = &object.status else {
            // The first write is saved if the target is known soon.
            let age = at(world.now).duration_since(object.metadata.creation_timestamp.as_ref().unwrap().0).as_secs();
            assert!(age < 2, "nobody has said anything for {age} s");
            continue;
        };
        if status.phase == Some(Phase::Finished) {
            continue;
        }
        let shown = [&status.deadline, &status.open_until, &status.progress_deadline, &status.resume_until];
        let ahead = shown.into_iter().flatten().any(|time| time.0 > at(world.now));
        assert!(ahead, "nothing is due, and no time is shown at which the wait ends: {status:?}");
    }
}

/// S6: as long as a live pod has a drain of a run that is not over, the gate is stored and carries our finalizer; but for the moment in
/// which somebody takes that away.
fn s6_who_is_drained_is_remembered(world: &World) {
    let _law = Law("S6 who is drained is remembered");
    for (id, pod, index) in drained(world) {
        let gate = &world.gates[index];
        if gate.over || gate.stripped || pod.app.lied {
            continue;
        }
        assert!(gate.object.as_deref().is_some_and(is_marked), "pod {id} is drained, and nothing holds gate {index}");
    }
}

/// S6: when a run is over, no live member has a drain of it that still runs; but for those that a newer run took over.
pub fn s6_nobody_is_left_drained(world: &World, index: usize, outcome: Option<Outcome>) {
    let _law = Law("S6 nobody is left drained");
    for (id, pod, gate) in drained(world) {
        let shown = world.pods_shown().contains_key(&id);
        let handed_over = outcome == Some(Outcome::Superseded) && !is_wanted_as_shown(world, pod);
        assert!(gate != index || handed_over || pod.app.lied || !shown, "pod {id} is left drained by a finished run");
    }
}

/// S6: nobody is resumed that the rollout is about to replace.
fn s6_nobody_goes_back_to_work_before_being_replaced(world: &World, d: &Decision) {
    let _law = Law("S6 nobody goes back to work before being replaced");
    let Target::Present(workload) = world.target_shown() else { return };
    let fresh = world.lag.target.is_none();
    let stuck = d.status.progress_deadline.as_ref().is_some_and(|until| until.0 <= at(world.now));
    let complete = workload.updated >= workload.desired && workload.current <= workload.updated;
    let moves = fresh && !complete && workload.failed_since.is_none() && !stuck;
    let baseline = d.status.target.as_ref().is_some_and(|target| target.baseline == workload.template);
    for (uid, intent) in &d.intents {
        let Some(pod) = world.pods_shown().get(&number(uid)) else { continue };
        let wanted = workload.template == format!("template-{}", pod.template);
        let resumed = matches!(intent, Intent::Resumed { .. });
        assert!(
            !(resumed && moves && !wanted) || baseline && d.status.rollout.is_none(),
            "{uid} is about to be replaced"
        );
    }
}

/// S6: no pod is told to resume that this run never told to drain.
pub fn s6_touches_only_its_own(world: &World, index: usize, id: u8, call: Call) {
    let _law = Law("S6 touches only its own");
    let gate = &world.gates[index];
    let known = gate.told.contains(&id) || gate.adopted;
    assert!(known || !matches!(call, Call::Resume(_)), "pod {id} is resumed and was never told to drain");
}

/// The live pods that are drained by a call of a gate that waited for the answer, and that gate.
fn drained(world: &World) -> impl Iterator<Item = (u8, &Pod, usize)> {
    let running = world.pods.iter().filter(|(_, pod)| pod.life == Life::Running);
    running.filter_map(|(id, pod)| Some((*id, pod, pod.app.drained(world.now)?.gate?)))
}

fn is_wanted_as_shown(world: &World, pod: &Pod) -> bool {
    let Target::Present(workload) = world.target_shown() else { return false };
    workload.template == format!("template-{}", pod.template)
}

/// S7, at the end of all: all runs are over, and no live pod is drained.
pub fn s7_everybody_is_back_at_work(world: &World) {
    let _law = Law("S7 everybody is back at work");
    for gate in world.gates.iter().filter_map(|gate| gate.object.as_ref()) {
        let phase = gate.status.as_ref().and_then(|status| status.phase);
        assert_eq!(phase, Some(Phase::Finished), "the end of all is a finished gate");
    }
    for (id, pod) in &world.pods {
        assert!(pod.app.drained(world.now).is_none(), "pod {id} is drained for nobody");
    }
}
