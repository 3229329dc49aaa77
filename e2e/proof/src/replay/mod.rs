//! What the operator did must be a step that the model allows: for each status that it wrote there is an observation, consistent with the
//! record, for which the real `decide` gives that status.
//!
//! An observation has many sources, and each may lag behind by itself: the target, its pods, the other gates, and what members answered. So
//! all combinations are tried of what each of them was within the slack before the write, the likely ones first, up to a bound.

mod facts;
mod hidden;
mod moment;
mod outcome;
mod sources;

use upgradegate_crds::UpgradeGate;
use upgradegate_operator::gate::{Plan, decide};

use crate::{
    History, Rule, Slack, Violation,
    timeline::{Timeline, Version},
    world::{World, gate_name, status},
};

/// The most observations that are tried for one step, in each window.
const MOST_TRIES: usize = 40_000;

/// What the model says of a history.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Replayed {
    /// How many written statuses were held against the model.
    pub steps: usize,
    /// Those that it does not allow.
    pub violations: Vec<Violation>,
}

/// The written statuses of a history that are no step of the model, in order; empty if all are.
pub fn replay(history: &History) -> Vec<Violation> {
    replay_within(history, Slack::USUAL).violations
}

/// The same with another slack, and counted. With a wrong clock nothing can be held against the model.
pub fn replay_within(history: &History, slack: Slack) -> Replayed {
    let world = World::of(history);
    let mut replayed = Replayed::default();
    if !slack.clock.is_zero() {
        return replayed;
    }
    for gate in world.gates.values() {
        for step in steps(gate).filter(|step| !world.has_gap(step.before.at, step.after.at)) {
            replayed.steps += 1;
            if let Some(why) = step.wrong(&world, gate, slack) {
                let (at, object) = (step.after.at, gate_name(step.after.object));
                replayed.violations.push(Violation { rule: Rule::Model, at, object, why });
            }
        }
    }
    replayed.violations.sort_by_key(|violation| violation.at);
    replayed
}

/// A write of a status.
pub(crate) struct Step<'t, 'h> {
    pub(crate) before: &'t Version<'h, UpgradeGate>,
    pub(crate) after: &'t Version<'h, UpgradeGate>,
}

/// Each two versions after another of which the second has another status.
fn steps<'t, 'h>(gate: &'t Timeline<'h, UpgradeGate>) -> impl Iterator<Item = Step<'t, 'h>> {
    let pairs = gate.versions().windows(2).filter_map(|pair| match pair {
        [before, after] => Some(Step { before, after }),
        _ => None,
    });
    pairs.filter(|step| !step.after.gone && step.before.object.status != step.after.object.status)
}

impl Step<'_, '_> {
    /// Why the model does not allow this write, if it does not.
    fn wrong(&self, world: &World, gate: &Timeline<UpgradeGate>, slack: Slack) -> Option<String> {
        let written = status(self.after.object)?;
        let plan = Plan::parse(&self.before.object.spec).ok();
        let mut nearest: Option<(usize, String)> = None;
        let tried = |slack| sources::observations(world, gate, self, plan.as_ref(), slack).take(MOST_TRIES);
        for observation in slack.windows().flat_map(tried) {
            let differences = outcome::differences(&decide(&observation).status, written);
            if differences.is_empty() {
                return None;
            }
            if nearest.as_ref().is_none_or(|(count, _)| differences.len() < *count) {
                nearest = Some((differences.len(), differences.join("; ")));
            }
        }
        let nearest = nearest.map_or_else(|| "there is no observation at all".into(), |(_, nearest)| nearest);
        Some(format!("no decision gives this status; of the nearest, {nearest}"))
    }
}
