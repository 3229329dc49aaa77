//! The worlds that are walked, and the outcomes that each reaches: all twelve are among them.

use std::collections::BTreeSet;

use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;
use upgradegate_crds::{
    OnDeadline, OnMissingTarget,
    Outcome::{
        self, Bypassed, Cancelled, Completed, DeadlineExceeded, Expired, Invalid, NotUsed, RolledBack, RolloutFailed,
        Superseded, TargetNotFound, Unchanged,
    },
};

use super::{
    explore::explore,
    world::{Act, BAD, Budget, NEW, OLD, World},
};
use crate::kit::laws::Law;

/// Nothing but time.
fn calm() -> Budget {
    Budget::default()
}

fn worlds(budgets: impl IntoIterator<Item = Budget>) -> Vec<World> {
    budgets.into_iter().map(World::new).collect()
}

/// Walks these worlds, and sees that these outcomes and no others are reached.
fn walk(name: &str, starts: Vec<World>, outcomes: &[Outcome]) {
    let found = explore(name, starts);
    let _law = Law("S7 these outcomes and no others");
    assert_eq!(found.outcomes, outcomes.iter().copied().collect::<BTreeSet<_>>());
}

#[test]
fn faults() {
    let budgets = [
        Budget { faults: 2, ..calm() },
        Budget { faults: 1, restarts: 1, ..calm() },
        Budget { faults: 1, work: 1, ..calm() },
    ];
    walk("faults", worlds(budgets), &[DeadlineExceeded, Expired, NotUsed]);
}

#[test]
fn an_upgrade() {
    let budgets = [
        Budget { patches: vec![NEW], faults: 1, ..calm() },
        Budget { patches: vec![NEW], work: 1, ..calm() },
        Budget { patches: vec![NEW], acts: vec![Act::Finish], ..calm() },
        Budget { acts: vec![Act::Finish], faults: 1, ..calm() },
    ];
    walk("an upgrade", worlds(budgets), &[Completed, Unchanged, DeadlineExceeded, Expired, NotUsed]);
}

#[test]
fn members_that_lie() {
    let budgets = [
        Budget { lies: 2, work: 1, ..calm() },
        Budget { lies: 1, faults: 1, restarts: 1, ..calm() },
        Budget { lies: 1, patches: vec![NEW], work: 1, ..calm() },
        Budget { lies: 1, acts: vec![Act::Second], ..calm() },
    ];
    let outcomes = [Completed, Superseded, DeadlineExceeded, Expired, NotUsed];
    walk("members that lie", worlds(budgets), &outcomes);
}

#[test]
fn members_that_hang() {
    let budgets = [
        Budget { hangs: 1, faults: 1, ..calm() },
        Budget { hangs: 1, restarts: 1, work: 1, ..calm() },
        Budget { hangs: 1, patches: vec![NEW], ..calm() },
        Budget { hangs: 2, acts: vec![Act::Cancel], ..calm() },
        Budget { hangs: 1, acts: vec![Act::Second], ..calm() },
    ];
    let outcomes = [Completed, Superseded, Cancelled, DeadlineExceeded, Expired, NotUsed];
    walk("members that hang", worlds(budgets), &outcomes);
}

#[test]
fn watches_that_lag() {
    let budgets = [
        Budget { stale: 1, patches: vec![NEW], acts: vec![Act::Finish], ..calm() },
        Budget { stale: 1, patches: vec![NEW], slow: 1, ..calm() },
        Budget { stale: 1, patches: vec![BAD, OLD], ..calm() },
        Budget { stale: 1, faults: 1, restarts: 1, ..calm() },
        Budget { stale: 1, acts: vec![Act::Replace], ..calm() },
        Budget { stale: 1, acts: vec![Act::Remove], ..calm() },
    ];
    let outcomes =
        [Completed, Unchanged, RolledBack, RolloutFailed, Bypassed, TargetNotFound, DeadlineExceeded, Expired, NotUsed];
    walk("watches that lag", worlds(budgets), &outcomes);
}

#[test]
fn people_whom_a_lagging_watch_hides() {
    let budgets = [
        Budget { stale: 1, acts: vec![Act::Open, Act::Cancel], work: 1, ..calm() },
        Budget { stale: 1, acts: vec![Act::Second, Act::Delete], ..calm() },
        Budget { stale: 1, acts: vec![Act::Second, Act::Cancel], ..calm() },
    ];
    walk("people behind a lagging watch", worlds(budgets), &[Cancelled, Superseded, DeadlineExceeded, NotUsed]);
}

#[test]
fn three_members() {
    let sized = |budget| World::sized(3, budget);
    let quorum = |budget, min_ready: IntOrString| {
        let mut world = World::sized(3, budget);
        world.gates[0].edit(|gate| gate.spec.min_ready = min_ready);
        world
    };
    let starts = vec![
        sized(Budget { faults: 1, work: 1, ..calm() }),
        sized(Budget { patches: vec![NEW], restarts: 1, ..calm() }),
        sized(Budget { lies: 1, stale: 1, ..calm() }),
        sized(Budget { acts: vec![Act::Second], ..calm() }),
        quorum(Budget { work: 2, lies: 1, ..calm() }, IntOrString::Int(2)),
        quorum(Budget { work: 2, patches: vec![NEW], ..calm() }, IntOrString::String("50%".into())),
    ];
    walk("three members", starts, &[Completed, Superseded, DeadlineExceeded, Expired, NotUsed]);
}

#[test]
fn an_upgrade_around_the_gate() {
    let budgets = [Budget { patches: vec![NEW], acts: vec![Act::Bypass], ..calm() }];
    walk("around the gate", worlds(budgets), &[Completed, Bypassed, NotUsed]);
}

#[test]
fn an_upgrade_that_fails() {
    let budgets = [
        Budget { patches: vec![BAD, OLD], ..calm() },
        Budget { patches: vec![BAD], faults: 1, ..calm() },
        Budget { patches: vec![NEW], slow: 1, ..calm() },
    ];
    walk(
        "a failing upgrade",
        worlds(budgets),
        &[Completed, RolledBack, RolloutFailed, DeadlineExceeded, Expired, NotUsed],
    );
}

#[test]
fn people_in_every_phase() {
    let budgets = [
        Budget { patches: vec![NEW], acts: vec![Act::Open], work: 1, ..calm() },
        Budget { patches: vec![NEW], acts: vec![Act::Cancel], ..calm() },
        Budget { patches: vec![NEW], acts: vec![Act::Delete], ..calm() },
        Budget { acts: vec![Act::Cancel], faults: 1, ..calm() },
        Budget { acts: vec![Act::Delete], faults: 1, ..calm() },
    ];
    walk("people", worlds(budgets), &[Completed, Cancelled, DeadlineExceeded, Expired, NotUsed]);
}

#[test]
fn a_finalizer_that_is_taken_away() {
    let budgets = [
        Budget { acts: vec![Act::Strip, Act::Cancel], faults: 1, ..calm() },
        Budget { acts: vec![Act::Strip, Act::Delete], ..calm() },
        Budget { acts: vec![Act::Strip, Act::Second], ..calm() },
        Budget { acts: vec![Act::Strip], patches: vec![NEW], ..calm() },
        Budget { acts: vec![Act::Strip], stale: 1, ..calm() },
    ];
    let outcomes = [Completed, Superseded, Cancelled, DeadlineExceeded, Expired, NotUsed];
    walk("a finalizer taken away", worlds(budgets), &outcomes);
}

#[test]
fn a_second_gate() {
    let budgets = [
        Budget { acts: vec![Act::Second], faults: 1, ..calm() },
        Budget { acts: vec![Act::Second], work: 1, ..calm() },
        Budget { acts: vec![Act::Second, Act::Cancel], ..calm() },
    ];
    walk("a second gate", worlds(budgets), &[Superseded, Cancelled, DeadlineExceeded, Expired, NotUsed]);
}

#[test]
fn a_second_gate_during_an_upgrade() {
    let budgets = [Budget { acts: vec![Act::Second], patches: vec![NEW], ..calm() }];
    walk("a second gate during an upgrade", worlds(budgets), &[Completed, Superseded, Bypassed, NotUsed]);
}

#[test]
fn another_target_or_none() {
    let budgets = [
        Budget { acts: vec![Act::Replace], faults: 1, ..calm() },
        Budget { acts: vec![Act::Remove], faults: 1, ..calm() },
    ];
    let outcomes = [Completed, Bypassed, RolloutFailed, TargetNotFound, DeadlineExceeded, Expired, NotUsed];
    walk("another target", worlds(budgets), &outcomes);
}

#[test]
fn a_gate_that_only_asks() {
    let budgets = [
        Budget { patches: vec![NEW], work: 1, ..calm() },
        Budget { patches: vec![NEW], faults: 1, acts: vec![Act::Cancel], ..calm() },
    ];
    let mut starts = worlds(budgets);
    for world in &mut starts {
        world.gates[0].edit(|gate| gate.spec.drain = None);
    }
    let outcomes = [Completed, Cancelled, RolloutFailed, DeadlineExceeded, Expired, NotUsed];
    walk("only asks", starts, &outcomes);
}

#[test]
fn gates_of_other_kinds() {
    let world = || World::new(Budget { patches: vec![NEW], work: 1, ..calm() });
    let mut invalid = world();
    invalid.gates[0].edit(|gate| gate.spec.target_ref.kind = "DaemonSet".into());
    let mut expired = world();
    expired.now = 100;
    let mut proceeds = world();
    proceeds.gates[0].edit(|gate| gate.spec.on_deadline = OnDeadline::Proceed);
    let mut failed_before = world();
    failed_before.target.as_mut().unwrap().failed_since = Some(-10);
    let mut missing = world();
    (missing.target, missing.pods) = (None, [].into());
    let mut first_sync = missing.clone();
    first_sync.gates[0].edit(|gate| gate.spec.on_missing_target = OnMissingTarget::Open);
    let starts = vec![invalid, expired, proceeds, failed_before, missing, first_sync];
    walk("other kinds", starts, &[Invalid, Expired, TargetNotFound, DeadlineExceeded, Completed, NotUsed]);
}
