//! Random runs: things happen in any order, and after each the laws hold.

use proptest::{prelude::*, sample::select};
use upgradegate_crds::{ActionType, Phase};
use upgradegate_operator::gate::{DrainFact, Lifecycle, Revision, Target};

use super::cases;
use crate::kit::{Story, gate, workload};

/// Something that happens.
#[derive(Clone, Debug)]
enum Step {
    Wait(i64),
    AllReady,
    Busy,
    Silent,
    Conflict,
    Resumed,
    Restarts,
    Leaves,
    Relabelled,
    Terminates,
    Idles,
    Unresolved,
    Joins(&'static str),
    Patch(&'static str),
    PatchUnseen(&'static str),
    Counts(i32, i32, i32),
    Verdict,
    TargetUnknown,
    TargetMissing,
    TargetBack(&'static str),
    Order(ActionType),
    Delete,
    Deadline(u32),
    Rival,
    RivalEnds,
    OperatorRestarts,
    Heard,
    Unwhole,
}

fn step() -> impl Strategy<Value = Step> {
    use Step::*;
    let template = || select(vec!["old", "new", "newer"]);
    prop_oneof![
        6 => select(vec![0, 1, 5, 60, 180, 300, 600]).prop_map(Wait),
        6 => Just(AllReady),
        6 => select(vec![Busy, Silent, Conflict, Resumed, Restarts, Leaves, Relabelled, Terminates, Idles, Unresolved]),
        2 => template().prop_map(Joins),
        3 => template().prop_map(Patch),
        2 => template().prop_map(PatchUnseen),
        3 => (0..4, 0..5, 0..4).prop_map(|(updated, current, available)| Counts(updated, current, available)),
        1 => select(vec![Verdict, TargetUnknown, TargetMissing]),
        1 => template().prop_map(TargetBack),
        1 => select(vec![ActionType::Open, ActionType::Finish, ActionType::Cancel]).prop_map(Order),
        1 => select(vec![Delete, Deadline(60), Deadline(900), Rival, RivalEnds]),
        2 => select(vec![OperatorRestarts, Heard, Heard, Unwhole]),
    ]
}

/// Lets it happen; what can't happen now does not.
fn happen(story: &mut Story, step: &Step, now: &mut i64, joined: &mut u32) {
    let known = matches!(story.target, Target::Present(_));
    let name = story.members.known.first().map(|member| member.name.clone());
    match (step, name) {
        (Step::Wait(seconds), _) => *now += seconds,
        (Step::AllReady, _) => {
            story.all_ready();
        }
        (Step::Busy, Some(name)) => {
            story.busy(&name);
        }
        (Step::Silent, Some(name)) => {
            story.silent(&name);
        }
        (Step::Conflict, Some(name)) => story.member(&name).facts.conflict = Some(story.epoch() + 3),
        (Step::Resumed, _) => story.members.known.iter_mut().for_each(|member| member.facts.drain = DrainFact::Resumed),
        (Step::Restarts, Some(name)) => story.member(&name).facts = upgradegate_operator::gate::Facts::default(),
        (Step::Leaves, Some(name)) => {
            story.leaves(&name);
        }
        (Step::Relabelled, Some(name)) => story.member(&name).belongs = false,
        (Step::Terminates, Some(name)) => {
            story.terminates(&name, *now + 700);
        }
        (Step::Idles, Some(name)) => story.member(&name).lifecycle = Lifecycle::Idle,
        (Step::Unresolved, Some(name)) => story.member(&name).revision = Revision::Unresolved,
        (Step::Joins(template), _) => {
            *joined += 1;
            story.joins(&format!("joined-{joined}"), template);
        }
        (Step::Patch(template), _) if known => {
            story.patch(template);
        }
        (Step::PatchUnseen(template), _) if known => {
            story.patch_unseen(template);
        }
        (Step::Counts(updated, current, available), _) if known => {
            story.counts(*updated, *current, *available);
        }
        (Step::Verdict, _) if known => story.workload().failed_since = Some(crate::kit::at(*now)),
        (Step::TargetUnknown, _) => story.target = Target::Unknown,
        (Step::TargetMissing, _) => story.target = Target::Missing,
        (Step::TargetBack(template), _) if !known => story.target = Target::Present(workload(template)),
        (Step::Order(type_), _) if story.gate.spec.action.as_ref().is_none_or(|action| action.type_ < *type_) => {
            story.order(*type_, "because");
        }
        (Step::Delete, _) => {
            story.delete();
        }
        (Step::Deadline(seconds), _) => story.gate.spec.deadline_seconds = *seconds,
        (Step::Rival, _) => story.rivals = vec![gate("rival")],
        (Step::RivalEnds, _) => {
            for rival in &mut story.rivals {
                rival.status.get_or_insert_default().phase = Some(Phase::Finished);
            }
        }
        (Step::OperatorRestarts, _) => {
            story.restart();
        }
        (Step::Heard, _) => (story.members.whole, story.members.heard) = (true, true),
        (Step::Unwhole, _) => story.members.whole = false,
        _ => {}
    }
}

proptest! {
    #![proptest_config(cases(600))]

    #[test]
    fn whatever_happens_the_laws_hold_and_the_run_ends(steps in prop::collection::vec(step(), 1..30)) {
        let mut story = Story::new();
        let (mut now, mut joined) = (0, 0);
        story.decide();
        for step in &steps {
            happen(&mut story, step, &mut now, &mut joined);
            story.at(now).decide();
        }
        // Nothing happens any more but time: every wait ends by itself.
        for _ in 0..12 {
            match story.decide().wake {
                Some(wake) if story.phase() != Some(Phase::Finished) => story.now = wake,
                _ => break,
            }
        }
        prop_assert!(story.phase() == Some(Phase::Finished), "still {:?}", story.status());
    }
}
