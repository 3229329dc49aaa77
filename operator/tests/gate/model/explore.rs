//! Walks all states, breadth first, so that a failure comes with the shortest way to it.

use std::{
    collections::{BTreeSet, HashMap, HashSet, VecDeque},
    panic::{AssertUnwindSafe, catch_unwind},
};

use upgradegate_crds::Outcome;

use super::{moves::Move, world::World};

/// What was found.
#[derive(Default)]
pub struct Found {
    pub states: usize,
    pub outcomes: BTreeSet<Outcome>,
}

/// Walks all states from these, and from each the way to the end without further faults.
///
/// # Panics
/// If a law is broken, or a run does not end; with the moves that lead there.
pub fn explore(starts: impl IntoIterator<Item = World>) -> Found {
    let mut came_from: HashMap<u64, Option<(u64, Move)>> = HashMap::new();
    let (mut next, mut ending, mut found) = (VecDeque::new(), HashSet::new(), Found::default());
    for start in starts {
        came_from.insert(start.key(), None);
        next.push_back(start);
    }
    while let Some(world) = next.pop_front() {
        let key = world.key();
        found.states += 1;
        found.outcomes.extend(world.gates.iter().filter_map(|gate| gate.object.as_ref()?.status.as_ref()?.outcome));
        guarded(&came_from, key, None, || world.clone().ends(&mut ending));
        for what in world.moves() {
            let mut after = world.clone();
            guarded(&came_from, key, Some(what), || after.happen(what));
            came_from.entry(after.key()).or_insert_with(|| {
                next.push_back(after);
                Some((key, what))
            });
        }
    }
    found
}

/// Does `work`; if it fails, tells the way there.
fn guarded(came_from: &HashMap<u64, Option<(u64, Move)>>, key: u64, last: Option<Move>, work: impl FnOnce()) {
    let Err(failure) = catch_unwind(AssertUnwindSafe(work)) else { return };
    let mut way: Vec<Move> = last.into_iter().collect();
    let mut at = key;
    while let Some(Some((before, what))) = came_from.get(&at) {
        way.push(*what);
        at = *before;
    }
    way.reverse();
    let why =
        failure.downcast_ref::<String>().cloned().or_else(|| failure.downcast_ref::<&str>().map(|s| (*s).to_owned()));
    panic!("{}\nafter {way:#?}", why.unwrap_or_default());
}
