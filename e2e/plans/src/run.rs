//! One run of a plan, and the verdict on it.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use jiff::SignedDuration;
use tokio::time::Instant;
use upgradegate_crds::Outcome;
use upgradegate_proof::{History, Slack, Violation, check_within, replay_within};

use crate::fault::{Calls, Fault, Mishap, Plan, Point, Striker};
use crate::scenario::{self, End, Scenario};
use crate::world::{Cluster, World, outcome_of};

/// What a run showed.
#[derive(Debug)]
pub struct Report {
    /// The plan.
    pub plan: Plan,
    /// Why it failed; empty if all is well.
    pub complaints: Vec<String>,
    /// Every call that was counted.
    pub calls: Vec<Point>,
    /// How many faults struck.
    pub struck: usize,
    /// How many lives the replicas had.
    pub lives: usize,
    /// How long it took.
    pub took: Duration,
    /// What was recorded.
    pub history: History,
}

impl Report {
    /// Whether all is well.
    pub fn is_good(&self) -> bool {
        self.complaints.is_empty()
    }

    /// Whether every fault struck.
    pub fn is_spent(&self) -> bool {
        self.struck == self.plan.faults.len()
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "plan failed: {}", self.plan)?;
        for complaint in &self.complaints {
            writeln!(f, "  {complaint}")?;
        }
        write!(f, "  again: cargo run -q -p upgradegate-plans -- replay '{}'", self.plan)
    }
}

/// Runs a plan.
///
/// # Errors
/// When there is no such scenario, or the world can't be built. What the operator does wrong is in the report.
pub async fn run(cluster: &Arc<Cluster>, plan: Plan) -> Result<Report> {
    let scenario = scenario::named(&plan.scenario)?;
    let (began, lost) = (Instant::now(), cluster.lost());
    let striker = Arc::new(Striker::new(plan.faults.clone()));
    let world = World::start(cluster, scenario.members, plan.replicas, Arc::clone(&striker)).await?;
    let mut complaints = Vec::new();
    let played = async {
        (scenario.play)(&world, scenario.deadline).await?;
        world.settle().await?;
        world.spend_faults().await;
        world.settle().await
    };
    if let Err(error) = played.await {
        complaints.push(format!("it came to no end: {error:#}"));
        complaints.extend(world.all_seen().iter().map(|gate| format!("gate as last seen: {:?}", gate.status)));
    }
    let stalled = cluster.lost().saturating_sub(lost);
    complaints.extend(wrong_ends(&scenario, &plan, stalled, &world));
    let lives = world.lives().iter().map(|life| life.lives()).sum();
    let history = world.end().await?;
    let slack = slack(&plan, cluster.lost().saturating_sub(lost));
    // It may take a second: other runs go on meanwhile.
    let read = tokio::task::spawn_blocking(move || {
        let violations = read(&history, slack);
        (history, violations)
    });
    let (history, violations) = read.await?;
    complaints.extend(violations.iter().map(ToString::to_string));
    Ok(Report {
        plan,
        complaints,
        calls: striker.calls(),
        struck: striker.struck(),
        lives,
        took: began.elapsed(),
        history,
    })
}

/// What a history breaks of the rules, or does that the model does not allow.
pub fn read(history: &History, slack: Slack) -> Vec<Violation> {
    let mut violations = check_within(history, slack);
    // There are more observations within a large slack than are tried, and most steps need none: only what a small one does not explain is
    // tried with the large one.
    let unexplained = replay_within(history, Slack::USUAL).violations;
    if !unexplained.is_empty() {
        let wrong = replay_within(history, slack).violations;
        violations.extend(wrong.into_iter().filter(|one| unexplained.iter().any(|other| other.at == one.at)));
    }
    violations
}

/// The gates that ended otherwise than without faults, and otherwise than the faults excuse.
fn wrong_ends(scenario: &Scenario, plan: &Plan, stalled: Duration, world: &World) -> Vec<String> {
    let mut wrong = Vec::new();
    for (name, expected) in scenario.ends {
        let end = world.seen(name).map_or(Some(End::Gone), |gate| outcome_of(&gate).map(End::With));
        if end != Some(*expected) && !end.is_some_and(|end| is_excused(scenario, plan, stalled, end)) {
            wrong.push(format!("gate {name} ended as {end:?}, without faults as {expected:?}"));
        }
    }
    wrong
}

/// A gate may end by its deadline instead if, and only if, the faults can take longer than it leaves. Without faults every scenario that
/// opens at all has opened after 8 s. What the machine itself fell behind counts as a fault does, four times: a Lease may be lost by it.
fn is_excused(scenario: &Scenario, plan: &Plan, stalled: Duration, end: End) -> bool {
    let cost: Duration = plan.faults.iter().map(cost).sum();
    let late = matches!(end, End::With(Outcome::DeadlineExceeded | Outcome::Expired));
    late && cost + 4 * stalled + Duration::from_secs(8) > Duration::from_secs(scenario.deadline.into())
}

/// The longest time that a fault can take from a run: what it lasts, and what the operator waits after it. A call to the API is given up
/// after 10 s, a list within a watch after 30 s, and tried again 2 s later; a replica that stood still has to win its Lease anew; a watch that fails is tried again after some
/// seconds.
fn cost(fault: &Fault) -> Duration {
    let ms = match fault.what {
        Mishap::FreezeBefore(ms) | Mishap::FreezeAfter(ms) => ms + 5000,
        Mishap::Hang | Mishap::Swallow if Calls::of(&fault.at.kind) == Calls::Read => 35_000,
        Mishap::Hang | Mishap::Swallow => 13_000,
        Mishap::Delay(ms) | Mishap::Late(ms) | Mishap::Starve(ms) => ms + 3000,
        _ => 6000,
    };
    Duration::from_millis(ms)
}

/// What the readers of the history forgive: what they do without faults, and what the faults of this plan take, or the machine itself.
fn slack(plan: &Plan, stalled: Duration) -> Slack {
    let stalled = SignedDuration::try_from(stalled).unwrap_or_default();
    let total = |is_meant: &dyn Fn(&&Fault) -> bool| -> SignedDuration {
        let costs = plan.faults.iter().filter(is_meant).map(cost);
        costs.map(|cost| SignedDuration::try_from(cost).unwrap_or_default()).sum()
    };
    // The operator learns late of what it reads or watches, of all while it stands still, and acts late while it waits for a write.
    let delays = |fault: &&Fault| match (Calls::of(&fault.at.kind), fault.what) {
        (_, Mishap::FreezeBefore(_) | Mishap::FreezeAfter(_))
        | (Calls::Read | Calls::Watch, _)
        | (Calls::Write, Mishap::Hang | Mishap::Swallow | Mishap::Delay(_) | Mishap::Late(_)) => true,
        (Calls::Write | Calls::Member, _) => false,
    };
    let end = Slack::USUAL.end + stalled * 4 + total(&|_| true);
    Slack { end, ..Slack::USUAL.outage(stalled + total(&delays)) }
}
