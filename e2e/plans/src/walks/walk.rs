//! One walk, and the verdict on it.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use fastrand::Rng;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use tokio::time::Instant;
use upgradegate_crds::{FINALIZER, Outcome, Phase, UpgradeGate, condition};
use upgradegate_proof::{History, Slack, UNCHANGED, What, check_within, replay_within};

use super::change::{Change, Metadata};
use super::choose;
use super::course::Course;
use super::law::{Verdict, verdict};
use super::schema::Schema;
use super::start::{Start, observed};
use super::submit::{Answer, Gate};
use super::tally::Tally;
use crate::scenario::GATE;
use crate::world::{Cluster, World, outcome_of, phase_of};

/// Walks from each phase.
const A_PHASE: usize = 24;

/// A deadline that is nearer than this counts as over, and is awaited.
const NEAR: SignedDuration = SignedDuration::from_secs(5);

/// A gate that stays no longer than this after its end is awaited until it is gone.
const SOON_GONE: i64 = 10;

/// Times that everything is tried at most, until nothing is written meanwhile.
const ROUNDS: usize = 4;

/// Complaints that a walk ends after.
const ENOUGH: usize = 5;

/// A walk from spec to spec. The same seed and number make the same changes.
#[derive(Clone, Debug)]
pub struct Walk {
    /// Its number among all.
    pub number: usize,
    /// Where it begins.
    pub start: Start,
    /// Its number among those from the same phase.
    nth: usize,
    /// Whether everything is tried first that has to be refused.
    tries: bool,
    seed: u64,
}

/// All walks of a run: as many from each phase.
pub fn all(seed: u64) -> Vec<Walk> {
    let starts = Start::all();
    let mut walks: Vec<Walk> = Vec::new();
    for (first, start) in starts.iter().enumerate() {
        if starts[..first].iter().any(|earlier| earlier.phase == start.phase) {
            continue;
        }
        let of_phase: Vec<&Start> = starts.iter().filter(|other| other.phase == start.phase).collect();
        walks.extend((0..A_PHASE).map(|nth| Walk {
            number: 0,
            start: *of_phase[nth % of_phase.len()],
            nth,
            tries: nth < of_phase.len(),
            seed,
        }));
    }
    walks.into_iter().enumerate().map(|(number, walk)| Walk { number, ..walk }).collect()
}

/// What a walk showed.
#[derive(Debug)]
pub struct Report {
    /// The walk.
    pub walk: Walk,
    /// Its changes after the tries, and what had to come of them.
    pub steps: Vec<String>,
    /// Why it failed; empty if all is well.
    pub complaints: Vec<String>,
    /// What was counted.
    pub tally: Tally,
    /// How long it took.
    pub took: Duration,
}

impl Report {
    /// Whether all is well.
    pub fn is_good(&self) -> bool {
        self.complaints.is_empty()
    }

    fn is_enough(&self) -> bool {
        self.complaints.len() >= ENOUGH
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Walk { number, start, seed, .. } = self.walk;
        writeln!(f, "walk {number} failed, from {start}: {}", self.steps.join(", then "))?;
        for complaint in &self.complaints {
            writeln!(f, "  {complaint}")?;
        }
        write!(
            f,
            "  again: UPGRADEGATE_WALKS_SEED={seed} UPGRADEGATE_WALKS_ONLY={number} cargo test -p upgradegate-plans --test walks"
        )
    }
}

impl Walk {
    /// Walks. What is done wrong is in the report.
    ///
    /// # Errors
    /// When the world can't be built.
    pub async fn run(self, cluster: &Arc<Cluster>, schema: &Schema) -> Result<Report> {
        let (began, lost) = (Instant::now(), cluster.lost());
        let mut world = self.start.world(cluster).await?;
        let mut path = Path {
            gate: Gate::new(&world, GATE),
            schema,
            rng: Rng::with_seed(self.seed.wrapping_mul(1000) + self.number as u64),
            course: Course::from(self.start),
            report: Report {
                walk: self,
                steps: Vec::new(),
                complaints: Vec::new(),
                tally: Tally::default(),
                took: Duration::ZERO,
            },
        };
        let walked = async {
            path.report.walk.start.lead(&world).await?;
            path.try_all().await?;
            path.make_steps(&world).await?;
            path.lead_to_end(&mut world).await
        };
        if let Err(error) = walked.await {
            path.complain(format!("it came to no end: {error:#}"));
            path.report
                .complaints
                .extend(world.all_seen().iter().map(|gate| format!("as last seen: {:?}", gate.status)));
        }
        let history = world.end().await?;
        path.judge(&history);
        let stalled = SignedDuration::try_from(cluster.lost().saturating_sub(lost))?;
        let slack = Slack { end: Slack::USUAL.end + stalled * 4, ..Slack::USUAL.outage(stalled) };
        let violations = tokio::task::spawn_blocking(move || {
            let mut violations = check_within(&history, slack);
            // The walk itself applies what is so already.
            violations.retain(|violation| violation.why != UNCHANGED);
            violations.extend(replay_within(&history, slack).violations);
            violations
        });
        path.report.complaints.extend(violations.await?.iter().map(ToString::to_string));
        path.report.took = began.elapsed();
        Ok(path.report)
    }
}

/// A walk under way.
struct Path<'s> {
    gate: Gate,
    schema: &'s Schema,
    rng: Rng,
    course: Course,
    report: Report,
}

impl Path<'_> {
    fn complain(&mut self, complaint: String) {
        self.report.complaints.push(complaint);
    }

    /// Sends a change, and reads whether the right thing came of it.
    async fn make(&mut self, change: &Change, verdict: &Verdict) -> Result<Answer> {
        let answer = self.gate.submit(change).await?;
        if !answer.is(verdict) {
            self.complain(format!("{change}: {answer}; it had to be {verdict:?}"));
        }
        self.report.tally.count(self.report.walk.start, change, verdict);
        if let Change::Spec { path, .. } = change
            && answer.causes().any(|(_, message)| message.contains("immutable"))
        {
            self.report.tally.immutable.insert(path.join("."));
        }
        Ok(answer)
    }

    /// Everything that has to be refused or to make no difference. The gate is untouched by it. What the operator still had to write may
    /// come in between, so it is tried again a few times; what is written because of a try is written each time.
    async fn try_all(&mut self) -> Result<()> {
        let rounds = if self.report.walk.tries { ROUNDS } else { 0 };
        for last in (0..rounds).rev() {
            let written = self.try_once().await?;
            if written.is_none() || self.report.is_enough() {
                break;
            }
            if last == 0 {
                self.report.complaints.extend(written);
            }
        }
        Ok(())
    }

    /// Tries everything; says what was written meanwhile.
    async fn try_once(&mut self) -> Result<Option<String>> {
        let before = self.gate.read().await?.context("the gate is gone")?;
        for (change, verdict) in choose::tries(self.schema, &before.data["spec"], &mut self.rng)? {
            self.make(&change, &verdict).await?;
            if self.report.is_enough() {
                break;
            }
        }
        let after = self.gate.read().await?.context("the gate is gone")?;
        let untouched = before.metadata.resource_version == after.metadata.resource_version;
        Ok((!untouched).then(|| {
            let (before, after) = (json!(before), json!(after));
            format!("it was written though nothing was accepted: from {before} to {after}")
        }))
    }

    /// Two or three changes, one after the other, each known to the operator before the next.
    async fn make_steps(&mut self, world: &World) -> Result<()> {
        for n in 0..self.rng.usize(2..=3) {
            let before = json!(self.gate.read().await?.context("the gate is gone")?);
            let spec = before["spec"].clone();
            let change = match n {
                0 => choose::first(self.schema, &spec, self.report.walk.nth, &mut self.rng)?,
                _ => choose::next(self.schema, &spec, &mut self.rng)?,
            };
            let change = change.context("no change is allowed")?;
            let verdict = verdict(self.schema, &spec, &change)?;
            self.report.steps.push(change.to_string());
            self.make(&change, &verdict).await?;
            let soon_gone = |spec: &Value| spec["ttlSecondsAfterFinished"].as_i64().is_some_and(|ttl| ttl <= SOON_GONE);
            if self.report.is_enough() || self.course.outcome.is_some() && soon_gone(&change.on(&spec)) {
                break;
            }
            let gate = self.gate.read().await?;
            if verdict == Verdict::Accepted {
                // One that ends by the change may be gone by now.
                let mut after = gate.as_ref().map_or(before, |gate| json!(gate));
                if gate.is_none() {
                    after["spec"] = change.on(&spec);
                }
                self.course.goes_on(&change, &after["spec"], is_late(&after));
            }
            let Some(gate) = gate else { break };
            if self.course.phase.is_some() {
                self.is_followed(world, gate.metadata.generation, &change).await?;
            }
            if self.course.outcome.is_some() && soon_gone(&gate.data["spec"]) {
                break;
            }
        }
        Ok(())
    }

    /// Waits until the run is where it has to be.
    async fn is_followed(&self, world: &World, generation: Option<i64>, change: &Change) -> Result<()> {
        let Course { phase, outcome, .. } = self.course;
        let drains = matches!(phase, Some(Phase::Draining | Phase::Open | Phase::RollingOut)) && outcome.is_none();
        let is_marked = |gate: &UpgradeGate| gate.metadata.finalizers.iter().flatten().any(|name| name == FINALIZER);
        let comes_back = *change == Change::Metadata(Metadata::NoFinalizer) && drains && self.report.walk.start.drains;
        let follows = |gate: &UpgradeGate| {
            let arrived = if outcome.is_some() { outcome_of(gate).is_some() } else { phase_of(gate) == phase };
            observed(gate) >= generation && arrived && (!comes_back || is_marked(gate))
        };
        let what = format!("the gate is in phase {phase:?} with outcome {outcome:?} after {change}");
        world.until(&what, |world| world.seen(GATE).is_none_or(|gate| follows(&gate))).await
    }

    /// Does what a hook, an application and a rollout do, so that the run ends if it can.
    async fn lead_to_end(&mut self, world: &mut World) -> Result<()> {
        if self.course.phase.is_none()
            && let Some(gate) = self.gate.read().await?
        {
            let gate = json!(gate);
            let late = is_late(&gate);
            if late {
                world
                    .until("the deadline is over", |_| deadline(&gate).is_none_or(|at| at <= Timestamp::now()))
                    .await?;
            }
            self.course.is_looked_at(&gate["spec"], late);
            world.operate()?;
        }
        world.apps().iter().for_each(|app| app.set_busy(false));
        if self.course.outcome.is_none() && self.course.phase != Some(Phase::RollingOut) {
            // An older gate's rollout goes on.
            world.change_deployment(json!({}), false).await?;
            if world.phase(GATE, Phase::Open).await? {
                world.upgrade(3, false).await?;
            }
        } else {
            world.change_deployment(json!({}), false).await?;
        }
        self.course.outcome.get_or_insert(Outcome::Completed);
        world
            .until("the run has ended", |world| world.seen(GATE).is_none_or(|gate| outcome_of(&gate).is_some()))
            .await?;
        world.settle().await?;
        let Some(gate) = self.gate.read().await? else { return Ok(()) };
        if gate.data["spec"]["ttlSecondsAfterFinished"].as_i64().is_some_and(|ttl| ttl <= SOON_GONE) {
            world.until("the gate is gone", |world| world.seen(GATE).is_none()).await?;
        }
        Ok(())
    }

    /// Reads what was recorded.
    fn judge(&mut self, history: &History) {
        let last = history.events.iter().rev().find_map(|event| match &event.what {
            What::Gate { gate, .. } if gate.metadata.name.as_deref() == Some(GATE) => Some(gate),
            _ => None,
        });
        let Some(gate) = last else { return self.complain("the gate was never seen".into()) };
        if outcome_of(gate) != self.course.outcome {
            let (is, wanted) = (outcome_of(gate), self.course.outcome);
            self.complain(format!("it ended as {is:?}, and had to as {wanted:?}: {:?}", gate.status));
        }
        if observed(gate) != gate.metadata.generation {
            self.complain(format!(
                "its status answers generation {:?} of {:?}",
                observed(gate),
                gate.metadata.generation
            ));
        }
        let over = if outcome_of(gate).is_some_and(Outcome::is_good) { condition::COMPLETE } else { condition::FAILED };
        let conditions = gate.status.iter().flat_map(|status| &status.conditions);
        if !conditions.into_iter().any(|known| known.type_ == over && known.status == "True") {
            self.complain(format!("it is over without the condition {over}"));
        }
    }
}

/// When it has to be open.
fn deadline(gate: &Value) -> Option<Timestamp> {
    let created: Timestamp = gate["metadata"]["creationTimestamp"].as_str()?.parse().ok()?;
    created.checked_add(SignedDuration::from_secs(gate["spec"]["deadlineSeconds"].as_i64()?)).ok()
}

fn is_late(gate: &Value) -> bool {
    deadline(gate).is_some_and(|at| at.duration_since(Timestamp::now()) <= NEAR)
}
