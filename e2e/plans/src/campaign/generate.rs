//! Which plans there are.

use fastrand::Rng;

use crate::fault::{Calls, Fault, Mishap, Plan};
use crate::run::Report;

/// One plan for each call of each of these runs and each side of it: the operator is killed before and after every call.
pub fn crashes(plain: &[Report]) -> Vec<Plan> {
    let both = |report: &Report| {
        let scenario = report.plan.scenario.clone();
        let points = report.calls.clone();
        points.into_iter().flat_map(move |at| {
            let scenario = scenario.clone();
            [Mishap::KillBefore, Mishap::KillAfter].map(move |what| {
                let faults = vec![Fault { at: at.clone(), what }];
                Plan { scenario: scenario.clone(), replicas: 1, faults }
            })
        })
    };
    plain.iter().flat_map(both).collect()
}

/// So many plans with 2 to 5 faults of any kind each, some with two replicas. The same seed and calls give the same plans.
pub fn random(plain: &[Report], seed: u64, count: usize) -> Vec<Plan> {
    let mut rng = Rng::with_seed(seed);
    let mut plans = Vec::new();
    while plans.len() < count {
        let Some(report) = rng.choice(plain) else { break };
        let faults = (0..rng.usize(2..=5)).filter_map(|_| {
            // The kind first: else nearly all would strike the calls that come often.
            let of = rng.choice(&[Calls::Write, Calls::Read, Calls::Watch, Calls::Member]).copied()?;
            let at =
                rng.choice(report.calls.iter().filter(|at| Calls::of(&at.kind) == of).collect::<Vec<_>>())?.clone();
            let what = *rng.choice(of.mishaps())?;
            Some(Fault { at, what })
        });
        let faults = faults.collect();
        let replicas = if rng.u8(0..3) == 0 { 2 } else { 1 };
        plans.push(Plan { scenario: report.plan.scenario.clone(), replicas, faults });
    }
    plans
}
