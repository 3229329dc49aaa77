//! Counts the calls of a run by kind, and says which are struck.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};

use hyper::body::Bytes;

use super::{Fault, Mishap, Point};

/// The faults of one run, shared by all replicas and members.
#[derive(Debug)]
pub struct Striker(Mutex<State>);

#[derive(Debug)]
struct State {
    counts: BTreeMap<String, usize>,
    faults: Vec<Fault>,
    /// The first answer to each GET and LIST, by path and query.
    first: HashMap<String, Bytes>,
    /// The replica that last wrote the Lease.
    holder: usize,
}

impl State {
    fn has_struck(&self, fault: &Fault) -> bool {
        self.counts.get(&fault.at.kind).is_some_and(|count| *count >= fault.at.nth)
    }
}

impl Striker {
    /// A run with these faults.
    pub fn new(faults: Vec<Fault>) -> Self {
        Self(Mutex::new(State { counts: BTreeMap::new(), faults, first: HashMap::new(), holder: 0 }))
    }

    /// Counts a call, and says what happens to it.
    pub fn meet(&self, kind: &str) -> Option<Mishap> {
        let mut state = self.state();
        let count = state.counts.entry(kind.to_owned()).or_default();
        *count += 1;
        let nth = *count;
        let struck = |fault: &&Fault| fault.at.kind == kind && fault.at.nth == nth;
        state.faults.iter().find(struck).map(|fault| fault.what)
    }

    /// All calls so far.
    pub fn calls(&self) -> Vec<Point> {
        let state = self.state();
        let points = |(kind, count): (&String, &usize)| {
            let kind = kind.clone();
            (1..=*count).map(move |nth| Point { kind: kind.clone(), nth })
        };
        state.counts.iter().flat_map(points).collect()
    }

    /// How many faults have struck.
    pub fn struck(&self) -> usize {
        let state = self.state();
        state.faults.iter().filter(|fault| state.has_struck(fault)).count()
    }

    /// Whether every fault has struck.
    pub fn is_spent(&self) -> bool {
        let state = self.state();
        state.faults.iter().all(|fault| state.has_struck(fault))
    }

    /// Whether a fault waits for one of these kinds of calls.
    pub fn waits_for(&self, kinds: &[&str]) -> bool {
        let state = self.state();
        state.faults.iter().any(|fault| kinds.contains(&fault.at.kind.as_str()) && !state.has_struck(fault))
    }

    /// Keeps the first answer to a read, and returns it.
    pub(super) fn first_answer(&self, uri: &str, answer: &Bytes) -> Bytes {
        self.state().first.entry(uri.to_owned()).or_insert_with(|| answer.clone()).clone()
    }

    /// Notes who wrote the Lease.
    pub(super) fn holds(&self, replica: usize) {
        self.state().holder = replica;
    }

    /// The replica that last wrote the Lease.
    pub fn holder(&self) -> usize {
        self.state().holder
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
