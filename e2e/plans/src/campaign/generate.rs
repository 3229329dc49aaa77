//! Which plans there are.

use std::collections::{BTreeMap, BTreeSet};

use fastrand::Rng;

use crate::fault::{Calls, Fault, Mishap, Plan, Point};
use crate::run::Report;

/// Where faults can strike: the calls of each scenario.
pub type Points = BTreeMap<String, BTreeSet<Point>>;

/// The calls that every one of these runs without faults makes. How often a member is asked, and whether two writes conflict, depends on time.
pub fn points(plain: &[Report]) -> Points {
    let mut points = Points::new();
    for report in plain {
        let calls: BTreeSet<Point> = report.calls.iter().cloned().collect();
        let known = points.entry(report.plan.scenario.clone()).or_insert_with(|| calls.clone());
        known.retain(|point| calls.contains(point));
    }
    points
}

/// One plan for each call and each side of it: the operator is killed before and after every call.
pub fn crashes(points: &Points) -> Vec<Plan> {
    let mut plans = Vec::new();
    for (scenario, calls) in points {
        for at in calls {
            for what in [Mishap::KillBefore, Mishap::KillAfter] {
                let faults = vec![Fault { at: at.clone(), what }];
                plans.push(Plan { scenario: scenario.clone(), replicas: 1, faults });
            }
        }
    }
    plans
}

/// So many plans with up to 5 faults of any kind each, at different calls, some with two replicas. The same seed and calls give the same plans.
pub fn random(points: &Points, seed: u64, count: usize) -> Vec<Plan> {
    let mut rng = Rng::with_seed(seed);
    let scenarios: Vec<_> = points.iter().collect();
    let mut plans = Vec::new();
    while plans.len() < count {
        let Some((scenario, calls)) = rng.choice(&scenarios) else { break };
        let mut faults: Vec<Fault> = Vec::new();
        for _ in 0..rng.usize(2..=5) {
            // The kind first: else nearly all would strike the calls that come often.
            let of = [Calls::Write, Calls::Read, Calls::Watch, Calls::Member][rng.usize(..4)];
            let is_free = |at: &&Point| Calls::of(&at.kind) == of && faults.iter().all(|other| other.at != **at);
            if let Some(at) = rng.choice(calls.iter().filter(is_free).collect::<Vec<_>>())
                && let Some(what) = rng.choice(of.mishaps())
            {
                faults.push(Fault { at: at.clone(), what: *what });
            }
        }
        let replicas = if rng.u8(0..3) == 0 { 2 } else { 1 };
        plans.push(Plan { scenario: (*scenario).clone(), replicas, faults });
    }
    plans
}
