//! The scenarios: what a person, a hook or a cluster does in one upgrade, and how it ends without faults.

mod ended;
mod upgrades;

use std::sync::Arc;

use anyhow::{Context, Result};
use futures::future::BoxFuture;
use upgradegate_crds::Outcome;

use crate::world::{App, World};

/// Name of the first gate of every scenario.
pub const GATE: &str = "gate";

/// Name of the second gate, where there are two.
pub const SECOND: &str = "second";

/// How the run of a gate ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum End {
    /// The gate is there, with this outcome.
    With(Outcome),
    /// The gate is gone.
    Gone,
}

/// One story.
pub struct Scenario {
    /// Its name in plans.
    pub name: &'static str,
    /// Pods of the workload.
    pub members: u32,
    /// Seconds until the deadline of its gates.
    pub deadline: u32,
    /// How each gate ends without faults.
    pub ends: &'static [(&'static str, End)],
    /// What happens. It waits for each thing that it builds on.
    pub play: for<'w> fn(&'w World, u32) -> BoxFuture<'w, Result<()>>,
}

/// A deadline that no plan's faults use up.
const FAR: u32 = 100;

/// All scenarios.
pub fn all() -> Vec<Scenario> {
    use End::{Gone, With};
    use Outcome::{Cancelled, Completed, DeadlineExceeded, RolledBack, RolloutFailed, Superseded, Unchanged};
    let scenario = |name, members, deadline, ends, play| Scenario { name, members, deadline, ends, play };
    vec![
        scenario("upgrade", 2, FAR, &[(GATE, With(Completed))], |w, d| Box::pin(upgrades::plain(w, d))),
        scenario("no-drain", 2, FAR, &[(GATE, With(Completed))], |w, d| Box::pin(upgrades::without_drain(w, d))),
        scenario("busy", 2, FAR, &[(GATE, With(Completed))], |w, d| Box::pin(upgrades::busy(w, d))),
        scenario("restart", 2, FAR, &[(GATE, With(Completed))], |w, d| Box::pin(upgrades::member_restart(w, d))),
        scenario("grow", 1, FAR, &[(GATE, With(Completed))], |w, d| Box::pin(upgrades::grow(w, d))),
        scenario("closing", 2, FAR, &[(GATE, With(Completed))], |w, d| Box::pin(upgrades::closing(w, d))),
        scenario("break-glass", 2, FAR, &[(GATE, With(Completed))], |w, d| Box::pin(upgrades::break_glass(w, d))),
        scenario("post-hook", 2, FAR, &[(GATE, With(Completed))], |w, d| Box::pin(upgrades::post_hook(w, d))),
        scenario("superseded", 2, FAR, &[(GATE, With(Superseded)), (SECOND, With(Completed))], |w, d| {
            Box::pin(upgrades::superseded(w, d))
        }),
        scenario("finish", 2, FAR, &[(GATE, With(Unchanged))], |w, d| Box::pin(ended::finish(w, d))),
        scenario("early-finish", 2, FAR, &[(GATE, With(Unchanged))], |w, d| Box::pin(ended::early_finish(w, d))),
        scenario("deadline", 2, 6, &[(GATE, With(DeadlineExceeded))], |w, d| Box::pin(ended::deadline(w, d))),
        scenario("cancel", 2, FAR, &[(GATE, With(Cancelled))], |w, d| Box::pin(ended::cancel(w, d))),
        scenario("cancel-rollout", 2, FAR, &[(GATE, With(Cancelled))], |w, d| Box::pin(ended::cancel_rollout(w, d))),
        scenario("delete", 2, FAR, &[(GATE, Gone)], |w, d| Box::pin(ended::delete(w, d))),
        scenario("roll-back", 2, FAR, &[(GATE, With(RolledBack))], |w, d| Box::pin(ended::roll_back(w, d))),
        scenario("failed", 2, FAR, &[(GATE, With(RolloutFailed))], |w, d| Box::pin(ended::failed(w, d))),
    ]
}

/// The scenario of this name.
///
/// # Errors
/// When there is none: names those that there are.
pub fn named(name: &str) -> Result<Scenario> {
    let names = || all().iter().map(|scenario| scenario.name).collect::<Vec<_>>().join(", ");
    all()
        .into_iter()
        .find(|scenario| scenario.name == name)
        .with_context(|| format!("no scenario {name:?}; there are {}", names()))
}

/// Gives these applications work, or ends their work.
fn set_busy<'a>(apps: impl Iterator<Item = &'a Arc<App>>, busy: bool) {
    for app in apps {
        app.set_busy(busy);
    }
}
