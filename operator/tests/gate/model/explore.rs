//! Walks all states with all cores, breadth first, so that a failure comes with the shortest way to it.
//!
//! S7 is looked at when all states are known. A move without a fault leaves the budget as it is; if such moves never lead in a circle, and
//! wherever none is left every run is over and everybody at work, then every run without further faults ends so, in whatever order.
//!
//! States with the same key are walked once, so a key must stand for one future. Of some states all copies are followed by a step to see
//! that they lead to the same ones.

use std::{
    collections::{BTreeSet, HashMap},
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Mutex, PoisonError},
    time::Instant,
};

use upgradegate_crds::Outcome;

use super::{key::digest, moves::Move, properties, world::World};
use crate::kit::laws::Law;

/// Parts of the table of states, so that threads seldom wait for one another.
const PARTS: usize = 64;

/// States that a thread takes at once.
const AT_ONCE: usize = 32;

/// Of one state in so many the copies are followed: of all, it would take three times as long.
const COPIES_OF_ONE_IN: u64 = 16;

/// What was found.
#[derive(Default)]
pub struct Found {
    pub states: usize,
    pub outcomes: BTreeSet<Outcome>,
}

/// How a state was come to first: from which one, by which move. `None`: it was there at the start.
type From = Option<(u64, Move)>;

/// The states that were seen.
struct Seen(Vec<Mutex<HashMap<u64, From>>>);

/// What a thread found in a level.
#[derive(Default)]
struct Share {
    next: Vec<(u64, World)>,
    outcomes: BTreeSet<Outcome>,
    /// Moves without a fault, from state to state.
    quiet: Vec<(u64, u64)>,
    /// What can follow on a state.
    futures: Vec<(u64, u64)>,
    copies: Vec<Copied>,
    broken: Option<Broken>,
}

/// A state in which something failed, the move that was made there, and what was said.
struct Broken {
    at: u64,
    what: Option<Move>,
    why: String,
}

/// A state that was come to once more.
struct Copied {
    key: u64,
    /// The state and the move that led to it this time.
    from: (u64, Move),
    future: u64,
}

/// Walks all states from these.
///
/// # Panics
/// If a rule is broken, or a run does not end; with the moves that lead there.
pub fn explore(name: &str, starts: impl IntoIterator<Item = World>) -> Found {
    let seen = Seen((0..PARTS).map(|_| Mutex::default()).collect());
    let (mut found, mut quiet, began) = (Found::default(), Vec::new(), Instant::now());
    let (mut futures, mut copies) = (HashMap::new(), Vec::new());
    let mut level: Vec<(u64, World)> = starts.into_iter().map(|start| (start.key(), start)).collect();
    level.retain(|(key, _)| seen.enter(*key, None));
    let starts: HashMap<u64, World> = level.iter().cloned().collect();
    while !level.is_empty() {
        found.states += level.len();
        let shares = expand(level, &seen);
        level = Vec::new();
        for share in shares {
            if let Some(broken) = share.broken {
                panic!("{}\nafter\n{}", broken.why, lines(&seen.way(&broken)));
            }
            level.extend(share.next);
            found.outcomes.extend(share.outcomes);
            quiet.extend(share.quiet);
            futures.extend(share.futures);
            copies.extend(share.copies);
        }
        if found.states > 200_000 {
            println!("{name}: {} states, {} s", found.states, began.elapsed().as_secs());
        }
    }
    if let Some(copy) = copies.iter().find(|copy| futures.get(&copy.key) != Some(&copy.future)) {
        let (at, what) = copy.from;
        let again = seen.way(&Broken { at, what: Some(what), why: String::new() });
        let first = seen.way(&Broken { at: copy.key, what: None, why: String::new() });
        panic!("one key, two futures\nafter\n{}\nand after\n{}", lines(&first), lines(&again));
    }
    if let Some(circle) = circle(&quiet) {
        let _law = Law("S7 every run ends");
        let way = seen.way(&Broken { at: circle[0], what: None, why: String::new() });
        panic!(
            "without a fault it goes in a circle\nafter\n{}\nagain and again\n{}",
            lines(&way),
            lines(&seen.moves(&starts, &circle))
        );
    }
    println!("{name}: {} states, {} outcomes, {} s", found.states, found.outcomes.len(), began.elapsed().as_secs());
    found
}

fn lines(moves: &[Move]) -> String {
    moves.iter().fold(String::new(), |text, what| text + &format!("  {what:?}\n"))
}

/// All that follows on these states.
fn expand(level: Vec<(u64, World)>, seen: &Seen) -> Vec<Share> {
    let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let threads = threads.min(level.len().div_ceil(AT_ONCE));
    let states = Mutex::new(level.into_iter());
    let work = || {
        let mut share = Share::default();
        while share.broken.is_none() {
            let taken: Vec<_> = states.lock().unwrap_or_else(PoisonError::into_inner).by_ref().take(AT_ONCE).collect();
            if taken.is_empty() {
                break;
            }
            for (key, world) in taken {
                follow(key, &world, seen, &mut share);
            }
        }
        share
    };
    if threads <= 1 {
        return vec![work()];
    }
    std::thread::scope(|scope| {
        let running: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        running.into_iter().map(|thread| thread.join().unwrap()).collect()
    })
}

/// All that can happen in one state.
fn follow(key: u64, world: &World, seen: &Seen, share: &mut Share) {
    share.outcomes.extend(world.gates.iter().filter_map(|gate| gate.object.as_ref()?.status.as_ref()?.outcome));
    let mut moves = Vec::new();
    share.guarded(key, None, || {
        properties::in_every_state(world);
        moves = world.moves();
    });
    let (mut quiet, mut next_keys) = (0, Vec::new());
    for what in moves {
        let mut after = world.clone();
        let (mut next, mut copied) = (0, None);
        share.guarded(key, Some(what), || {
            after.happen(what);
            next = after.key();
        });
        if after.budget == world.budget {
            quiet += 1;
            share.quiet.push((key, next));
        }
        next_keys.push(next);
        if share.broken.is_none() && seen.enter(next, Some((key, what))) {
            share.next.push((next, after));
        } else if share.broken.is_none() && has_copies_followed(next) {
            share.guarded(key, Some(what), || copied = Some(future(&after)));
            share.copies.extend(copied.map(|future| Copied { key: next, from: (key, what), future }));
        }
    }
    if has_copies_followed(key) {
        share.futures.push((key, digest_of_all(next_keys)));
    }
    if quiet == 0 && share.broken.is_none() {
        share.guarded(key, None, || properties::s7_everybody_is_back_at_work(world));
    }
}

fn has_copies_followed(key: u64) -> bool {
    key.is_multiple_of(COPIES_OF_ONE_IN)
}

/// What can follow on this state.
fn future(world: &World) -> u64 {
    let after = |what: Move| {
        let mut after = world.clone();
        after.happen(what);
        after.key()
    };
    digest_of_all(world.moves().into_iter().map(after))
}

/// Equal for the same states, in whatever order, however often.
fn digest_of_all(keys: impl IntoIterator<Item = u64>) -> u64 {
    digest(&keys.into_iter().collect::<BTreeSet<_>>())
}

impl Share {
    /// Does `work`; if it fails, keeps why.
    fn guarded(&mut self, at: u64, what: Option<Move>, work: impl FnOnce()) {
        if let Err(failure) = catch_unwind(AssertUnwindSafe(work)) {
            let text = failure.downcast_ref::<String>().cloned();
            let text = text.or_else(|| failure.downcast_ref::<&str>().map(|s| (*s).to_owned()));
            self.broken.get_or_insert(Broken { at, what, why: text.unwrap_or_default() });
        }
    }
}

impl Seen {
    /// Whether this state is new.
    fn enter(&self, key: u64, from: From) -> bool {
        let mut part = self.part(key).lock().unwrap_or_else(PoisonError::into_inner);
        let before = part.len();
        part.entry(key).or_insert(from);
        part.len() > before
    }

    fn part(&self, key: u64) -> &Mutex<HashMap<u64, From>> {
        &self.0[usize::try_from(key % PARTS as u64).unwrap()]
    }

    /// The moves that lead to a failure.
    fn way(&self, broken: &Broken) -> Vec<Move> {
        let (mut way, mut at): (Vec<Move>, u64) = (broken.what.into_iter().collect(), broken.at);
        while let Some(Some((before, what))) =
            self.part(at).lock().unwrap_or_else(PoisonError::into_inner).get(&at).copied()
        {
            way.push(what);
            at = before;
        }
        way.reverse();
        way
    }

    /// The moves that lead from state to state around a circle.
    fn moves(&self, starts: &HashMap<u64, World>, circle: &[u64]) -> Vec<Move> {
        let mut root = circle[0];
        while let Some(Some((before, _))) =
            self.part(root).lock().unwrap_or_else(PoisonError::into_inner).get(&root).copied()
        {
            root = before;
        }
        let after = |world: &World, what: Move| {
            let mut world = world.clone();
            world.happen(what);
            world
        };
        let way = self.way(&Broken { at: circle[0], what: None, why: String::new() });
        let mut world = way.into_iter().fold(starts[&root].clone(), |world, what| after(&world, what));
        let mut moves = Vec::new();
        for next in circle.iter().skip(1).chain(circle.first()) {
            let leads = |what: &Move| after(&world, *what).key() == *next;
            let Some(what) = world.moves().into_iter().find(leads) else { break };
            world = after(&world, what);
            moves.push(what);
        }
        moves
    }
}

/// States on a circle, in order, if there is one. States without predecessors are taken away, again and again; whatever is left has one.
fn circle(moves: &[(u64, u64)]) -> Option<Vec<u64>> {
    let mut index: HashMap<u64, u32> = HashMap::new();
    let mut keys = Vec::new();
    let mut number = |key: u64| {
        *index.entry(key).or_insert_with(|| {
            keys.push(key);
            u32::try_from(keys.len() - 1).unwrap()
        })
    };
    let mut moves: Vec<(u32, u32)> = moves.iter().map(|(from, to)| (number(*from), number(*to))).collect();
    moves.sort_unstable();
    let mut before = vec![0_u32; keys.len()];
    for (_, to) in &moves {
        before[*to as usize] += 1;
    }
    let mut free: Vec<u32> = (0..).zip(&before).filter(|(_, n)| **n == 0).map(|(at, _)| at).collect();
    while let Some(at) = free.pop() {
        let first = moves.partition_point(|(from, _)| *from < at);
        for (_, to) in moves[first..].iter().take_while(|(from, _)| *from == at) {
            before[*to as usize] -= 1;
            if before[*to as usize] == 0 {
                free.push(*to);
            }
        }
    }
    let is_left = |at: u32| before[at as usize] > 0;
    let mut way = vec![(0..).zip(&before).find(|(_, n)| **n > 0)?.0];
    loop {
        let at = *way.last()?;
        let (from, _) = moves.iter().find(|(from, to)| *to == at && is_left(*from))?;
        if let Some(start) = way.iter().position(|seen| seen == from) {
            let circle = way[start..].iter().rev().map(|at| keys[*at as usize]);
            return Some(circle.collect());
        }
        way.push(*from);
    }
}
