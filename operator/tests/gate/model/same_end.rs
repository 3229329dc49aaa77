//! S7: once faults stop, the end is that of a run without faults. Each run is told once without, and then with a fault at each step.

use upgradegate_crds::{ActionType, Outcome};

use super::{
    app::Lie,
    calls::{Call, Luck},
    changes::Change,
    moves::Move,
    properties,
    world::{Act, BAD, Budget, NEW, OLD, World},
};
use crate::kit::laws::Law;

/// What people do in a run, as soon as the operator has nothing left to do.
type Plot = fn(&World) -> Option<Move>;

/// Answers to a drain or a resume that a member may give once without changing how it ends.
const REFUSALS: [Lie; 4] = [Lie::Done, Lie::NextEpoch, Lie::HighestEpoch, Lie::LowerEpoch];

/// More steps than any run takes to its end.
const MOST_STEPS: usize = 500;

/// Everything that may happen once.
fn start() -> World {
    let acts = vec![Act::Finish, Act::Cancel, Act::Delete];
    World::new(Budget { patches: vec![NEW], faults: 1, lies: 1, acts, ..Budget::default() })
}

/// Goes on to the end; at step `fault.0` this fault happens instead, if it can.
fn run(mut world: World, plot: Plot, fault: Option<(usize, Fault)>) -> (Option<Outcome>, usize) {
    for step in 0..MOST_STEPS {
        let operators = world
            .operators_moves()
            .into_iter()
            .find(|what| !matches!(what, Move::Call(_, _, _, luck) if *luck != Luck::Fine));
        let next = operators.or_else(|| plot(&world)).or_else(|| world.next_fair());
        let Some(next) = next else {
            let outcome = world.gates[0].object.as_ref().and_then(|object| object.status.as_ref()?.outcome);
            properties::s7_everybody_is_back_at_work(&world);
            return (outcome, step);
        };
        let (due, kind) = fault.map_or((false, Fault::Crash), |(at, kind)| (at == step, kind));
        world.happen(match (due, kind, next) {
            (true, Fault::Crash, _) => Move::Crash,
            (true, Fault::Call(luck), Move::Call(gate, pod, call, _)) if luck.suits(call) => {
                Move::Call(gate, pod, call, luck)
            }
            _ => next,
        });
    }
    panic!("no end after {MOST_STEPS} steps: {:?}", world.gates[0].object)
}

#[derive(Clone, Copy, Debug)]
enum Fault {
    Crash,
    Call(Luck),
}

/// The same outcome, whichever fault happens at whichever step.
fn ends_the_same(world: &World, plot: Plot, expected: Option<Outcome>) {
    let (outcome, steps) = run(world.clone(), plot, None);
    assert_eq!(outcome, expected, "without a fault");
    let faults = Luck::faults(Call::Drain(0))
        .iter()
        .copied()
        .chain(REFUSALS.map(Luck::Lie))
        .map(Fault::Call)
        .chain([Fault::Crash])
        .collect::<Vec<_>>();
    let _law = Law("S7 the same end with and without a fault");
    for (at, fault) in (0..steps).flat_map(|at| faults.iter().map(move |fault| (at, *fault))) {
        let (outcome, _) = run(world.clone(), plot, Some((at, fault)));
        assert_eq!(outcome, expected, "{fault:?} at step {at} of {steps}");
    }
}

fn upgrade(world: &World) -> Option<Move> {
    let template = world.budget.patches.first()?;
    world.gates[0].let_through.then_some(Move::Change(Change::Patch(*template)))
}

#[test]
fn an_upgrade() {
    ends_the_same(&start(), upgrade, Some(Outcome::Completed));
}

#[test]
fn an_upgrade_that_fails_and_is_rolled_back() {
    let mut world = start();
    world.budget.patches = vec![BAD];
    ends_the_same(
        &world,
        |world| upgrade(world).or(world.is_stuck().then_some(Move::Change(Change::Verdict))),
        Some(Outcome::RolloutFailed),
    );
    world.budget.patches = vec![BAD, OLD];
    ends_the_same(
        &world,
        |world| if world.is_stuck() || world.budget.patches.len() == 2 { upgrade(world) } else { None },
        Some(Outcome::RolledBack),
    );
}

#[test]
fn a_gate_that_nobody_uses() {
    ends_the_same(&start(), |_| None, Some(Outcome::NotUsed));
}

#[test]
fn a_busy_member_until_the_deadline() {
    let mut world = start();
    world.pods.get_mut(&1).unwrap().app.busy = true;
    // The work ends only after the gate: until then time passes first.
    let waits: Plot = |world| (world.now < 100).then_some(Move::Pass);
    ends_the_same(&world, waits, Some(Outcome::DeadlineExceeded));
}

#[test]
fn an_upgrade_that_brings_nothing() {
    let finish: Plot = |world| {
        (world.gates[0].let_through && world.budget.may(Act::Finish))
            .then_some(Move::Change(Change::Order(0, ActionType::Finish)))
    };
    ends_the_same(&start(), finish, Some(Outcome::Unchanged));
}

#[test]
fn a_gate_that_is_cancelled_or_deleted_while_it_rolls_out() {
    let cancel: Plot = |world| {
        upgrade(world).or(world.budget.may(Act::Cancel).then_some(Move::Change(Change::Order(0, ActionType::Cancel))))
    };
    ends_the_same(&start(), cancel, Some(Outcome::Cancelled));
    let delete: Plot =
        |world| upgrade(world).or(world.budget.may(Act::Delete).then_some(Move::Change(Change::Delete(0))));
    ends_the_same(&start(), delete, None);
}
