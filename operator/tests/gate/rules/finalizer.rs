//! Our finalizer: on the gate from the first drain until no drained member is left.

use upgradegate_crds::{ActionType, Phase};
use upgradegate_operator::gate::Intent;

use crate::kit::{Story, gate, mark};

#[test]
fn it_comes_with_the_first_drain_and_stays_to_the_end() {
    let mut story = Story::new();
    assert!(story.decide().finalizer, "draining");
    assert!(story.at(10).all_ready().decide().finalizer, "open");
    assert!(story.at(20).patch("new").decide().finalizer, "rolling out");
    assert!(story.at(30).counts(3, 3, 3).decide().finalizer, "resuming");
    story.leaves("a").leaves("b").leaves("c");
    assert!(!story.at(31).decide().finalizer, "finished");
    assert_eq!(story.phase(), Some(Phase::Finished));
}

#[test]
fn a_gate_that_never_drained_never_has_it() {
    let mut waiting = Story::new();
    let mut older = gate("older");
    older.status.get_or_insert_default().epoch = Some(1);
    waiting.rivals = vec![older];
    assert!(!waiting.decide().finalizer, "waiting");
    assert!(!waiting.at(3).order(ActionType::Cancel, "no").decide().finalizer, "cancelled");

    let mut asking = Story::new();
    asking.gate.spec.drain = None;
    assert!(!asking.decide().finalizer, "without a drain");
}

#[test]
fn taken_away_by_somebody_else_it_comes_back_until_nobody_is_drained() {
    let mut story = Story::rolling_out();
    mark(&mut story.gate, false);
    assert!(story.at(25).decide().finalizer, "rolling out");
    story.at(30).counts(1, 4, 3).order(ActionType::Cancel, "no").decide();
    mark(&mut story.gate, false);
    assert!(story.decide().finalizer, "resuming after the rollout");
    let epoch = story.epoch();
    assert_eq!(story.intent("a"), Intent::Drained { epoch, probe: false });

    let mut story = Story::open();
    story.at(20).order(ActionType::Cancel, "no").decide();
    mark(&mut story.gate, false);
    assert!(story.decide().finalizer, "resuming");
    assert_eq!(story.phase(), Some(Phase::Resuming));
    mark(&mut story.gate, false);
    assert!(!story.delete().decide().finalizer, "nothing can be put on a gate that is being deleted");
}

#[test]
fn nobody_is_forgotten_when_it_is_taken_away_as_the_run_ends() {
    let mut draining = Story::draining();
    draining.busy("a");
    for mut story in [draining, Story::open(), Story::rolling_out()] {
        mark(&mut story.gate, false);
        let before = story.phase();
        let decision = story.at(25).order(ActionType::Cancel, "no").decide();
        assert!(decision.finalizer, "{before:?}");
        assert_eq!(story.phase(), Some(Phase::Resuming), "{before:?}");
    }
}

#[test]
fn a_deleted_gate_keeps_it_until_its_members_work_again() {
    let mut story = Story::open();
    assert!(story.at(20).delete().decide().finalizer);
    assert_eq!(story.phase(), Some(Phase::Resuming));
    let decision = story.at(81).decide();
    assert!(!decision.finalizer && !decision.delete, "it goes by itself");
}
