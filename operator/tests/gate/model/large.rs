//! Larger worlds: more faults, lies and lags at once, with three members or two gates or both. They take minutes, so they are walked on
//! demand: `cargo test -p upgradegate-operator --test gate -- --ignored --nocapture model::large`.

use super::{
    explore::explore,
    world::{Act, BAD, Budget, NEW, OLD, World},
};

/// A size of the target, and what may happen.
type Walk = (&'static str, u8, Budget);

fn calm() -> Budget {
    Budget::default()
}

fn faults() -> Vec<Walk> {
    vec![
        ("three faults, three members", 3, Budget { faults: 3, ..calm() }),
        ("two faults and a restart", 3, Budget { faults: 2, restarts: 1, work: 1, ..calm() }),
        ("two faults in an upgrade", 2, Budget { faults: 2, patches: vec![NEW], ..calm() }),
        ("a fault in an upgrade of three", 3, Budget { faults: 1, patches: vec![NEW], work: 1, ..calm() }),
        ("a fault in a failing upgrade", 2, Budget { faults: 1, slow: 1, patches: vec![BAD, OLD], ..calm() }),
        ("a fault around the gate", 2, Budget { faults: 1, patches: vec![NEW], acts: vec![Act::Bypass], ..calm() }),
    ]
}

fn lies() -> Vec<Walk> {
    vec![
        ("two lies, three members", 3, Budget { lies: 2, work: 1, restarts: 1, ..calm() }),
        ("a lie and a fault in an upgrade", 2, Budget { lies: 1, faults: 1, patches: vec![NEW], ..calm() }),
        ("a lie, a fault and a lagging watch", 3, Budget { lies: 1, faults: 1, stale: 1, ..calm() }),
        ("two lies and a second gate", 2, Budget { lies: 2, acts: vec![Act::Second], ..calm() }),
    ]
}

fn lags() -> Vec<Walk> {
    vec![
        ("a fault and a lagging watch", 2, Budget { stale: 1, faults: 1, patches: vec![NEW], ..calm() }),
        ("two lagging watches", 2, Budget { stale: 2, patches: vec![NEW], ..calm() }),
        ("a lagging watch, three members", 3, Budget { stale: 1, restarts: 1, patches: vec![NEW], ..calm() }),
    ]
}

fn gates() -> Vec<Walk> {
    let second = |also: &[Act]| [&[Act::Second], also].concat();
    vec![
        (
            "two gates, a lagging watch, an upgrade",
            2,
            Budget { stale: 1, patches: vec![NEW], acts: second(&[]), ..calm() },
        ),
        ("two gates and two faults", 2, Budget { faults: 2, acts: second(&[]), ..calm() }),
        ("two gates, three members, a fault", 3, Budget { faults: 1, acts: second(&[]), ..calm() }),
        ("two gates, a fault, orders", 2, Budget { faults: 1, acts: second(&[Act::Cancel, Act::Delete]), ..calm() }),
        ("two gates, a fault, no finalizer", 2, Budget { faults: 1, acts: second(&[Act::Strip]), ..calm() }),
    ]
}

/// Walks these worlds. Whatever the outcomes are, the rules hold and every run ends.
fn walk(walks: Vec<Walk>) {
    for (name, size, budget) in walks {
        let found = explore(name, [World::sized(size, budget)]);
        assert!(!found.outcomes.is_empty());
    }
}

#[test]
#[ignore = "takes minutes"]
fn more_faults() {
    walk(faults());
}

#[test]
#[ignore = "takes minutes"]
fn more_lies() {
    walk(lies());
}

#[test]
#[ignore = "takes minutes"]
fn more_lag() {
    walk(lags());
}

#[test]
#[ignore = "takes minutes"]
fn more_gates() {
    walk(gates());
}
