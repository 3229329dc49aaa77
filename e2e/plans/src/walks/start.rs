//! Where walks begin: a gate in each phase, with each order that it can have there, with and without a drain.

use std::fmt;
use std::sync::Arc;

use anyhow::Result;
use kube::api::{Patch, PatchParams};
use serde_json::{Value, json};
use upgradegate_crds::{ActionType, Outcome, Phase, UpgradeGate};

use super::change::{Change, Metadata};
use super::submit::Gate;
use crate::fault::Striker;
use crate::scenario::GATE;
use crate::world::{Cluster, World, phase_of};

/// Name of the gate that another one waits for.
const OLDER: &str = "older";

/// Seconds until the deadline: no walk takes that long.
const DEADLINE: u32 = 3000;

/// A gate in a phase.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Start {
    /// Its phase; `None`: no operator has looked at it.
    pub phase: Option<Phase>,
    /// The order that it was given.
    pub order: Option<ActionType>,
    /// Whether it drains, and has every other optional field too.
    pub drains: bool,
}

impl Start {
    /// All of them.
    pub fn all() -> Vec<Start> {
        use ActionType::{Cancel, Finish, Open};
        let orders: [(Option<Phase>, &[Option<ActionType>]); 7] = [
            (None, &[None, Some(Open), Some(Finish), Some(Cancel)]),
            (Some(Phase::Waiting), &[None, Some(Open)]),
            (Some(Phase::Draining), &[None]),
            (Some(Phase::Open), &[None, Some(Open)]),
            (Some(Phase::RollingOut), &[None, Some(Open), Some(Finish)]),
            (Some(Phase::Resuming), &[None, Some(Open), Some(Finish), Some(Cancel)]),
            (Some(Phase::Finished), &[None, Some(Open), Some(Finish), Some(Cancel)]),
        ];
        let both = |(phase, orders): (Option<Phase>, &'static [Option<ActionType>])| {
            orders.iter().flat_map(move |order| [true, false].map(|drains| Start { phase, order: *order, drains }))
        };
        // Who drains nobody has nobody to resume.
        orders.into_iter().flat_map(both).filter(|start| start.phase != Some(Phase::Resuming) || start.drains).collect()
    }

    /// A world with such a gate, that is led to its phase next.
    ///
    /// # Errors
    /// When it can't be built.
    pub async fn world(self, cluster: &Arc<Cluster>) -> Result<World> {
        let replicas = usize::from(self.phase.is_some());
        let world = World::start(cluster, 2, replicas, Arc::new(Striker::new(Vec::new()))).await?;
        match self.phase {
            Some(Phase::Waiting) => {
                world.gate(OLDER, DEADLINE, &json!({})).await?;
                roll_out(&world, OLDER).await?;
                // It may not resume anybody before the rollout is over.
                world.order(OLDER, ActionType::Cancel).await?;
                world.phase(OLDER, Phase::Resuming).await?;
            }
            Some(Phase::Draining) => world.apps().iter().take(1).for_each(|app| app.set_busy(true)),
            _ => {}
        }
        world.gate(GATE, DEADLINE, &self.spec()).await?;
        Ok(world)
    }

    /// Brings the gate to its phase.
    ///
    /// # Errors
    /// When it does not come there within 2 min.
    pub async fn lead(self, world: &World) -> Result<()> {
        let Some(phase) = self.phase else {
            // With the second write the API server stores the defaults of the status, so that each later one shows a difference.
            let patch = Patch::Merge(json!({"metadata": {"labels": {"walk": "begins"}}}));
            return Ok(world.gates().patch(GATE, &PatchParams::default(), &patch).await.map(drop)?);
        };
        match phase {
            Phase::Draining => world.busy_is_known(GATE).await?,
            Phase::RollingOut => {
                roll_out(world, GATE).await?;
                self.give(world, ActionType::Finish).await?;
            }
            Phase::Resuming => {
                roll_out(world, GATE).await?;
                self.give(world, ActionType::Finish).await?;
                self.give(world, ActionType::Cancel).await?;
                if self.order != Some(ActionType::Cancel) {
                    Gate::new(world, GATE).submit(&Change::Metadata(Metadata::OtherUid)).await?;
                }
            }
            Phase::Finished => {
                world.phase(GATE, Phase::Open).await?;
                match self.order {
                    None | Some(ActionType::Open) => world.upgrade(2, false).await?,
                    Some(order) => self.give(world, order).await?,
                }
            }
            Phase::Waiting | Phase::Open => {}
        }
        let what = format!("the gate is {phase:?}");
        world.until(&what, |world| world.seen(GATE).is_some_and(|gate| phase_of(&gate) == Some(phase))).await
    }

    /// Gives the order, if the walk begins with it.
    async fn give(self, world: &World, order: ActionType) -> Result<()> {
        if self.order != Some(order) {
            return Ok(());
        }
        world.order(GATE, order).await?;
        let is_seen = |gate: UpgradeGate| gate.spec.action.is_some() && observed(&gate) == gate.metadata.generation;
        world.until("the order is seen", |world| world.seen(GATE).is_some_and(is_seen)).await
    }

    /// How the run has ended already.
    pub fn outcome(self) -> Option<Outcome> {
        let over = matches!(self.phase, Some(Phase::Resuming | Phase::Finished));
        over.then_some(match (self.phase, self.order) {
            (_, Some(ActionType::Cancel)) => Outcome::Cancelled,
            (Some(Phase::Resuming), _) => Outcome::Expired,
            (_, Some(ActionType::Finish)) => Outcome::Unchanged,
            (_, None | Some(ActionType::Open)) => Outcome::Completed,
        })
    }

    /// The fields beyond those that every gate needs.
    fn spec(self) -> Value {
        let begins_with = match (self.phase, self.order) {
            (None, Some(order)) | (Some(_), Some(order @ ActionType::Open)) => Some(order),
            _ => None,
        };
        let mut spec = if self.drains {
            json!({
                "targetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "app"},
                "onMissingTarget": "Fail", "minReady": "100%", "onDeadline": "Fail", "progressSeconds": 1000,
                "ttlSecondsAfterFinished": 80_000,
            })
        } else {
            json!({"drain": null, "probe": {"httpGet": {"path": "/upgradeable", "port": 8080}}})
        };
        if let Some(order) = begins_with {
            spec["action"] = json!({"type": order, "reason": "so the walk begins"});
        }
        spec
    }
}

impl fmt::Display for Start {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.phase {
            None => f.write_str("Unseen")?,
            Some(phase) => write!(f, "{phase:?}")?,
        }
        if let Some(order) = self.order {
            write!(f, " after {order:?}")?;
        }
        f.write_str(if self.drains { "" } else { " without a drain" })
    }
}

/// To the middle of a rollout whose new pods do not start.
async fn roll_out(world: &World, gate: &str) -> Result<()> {
    world.phase(gate, Phase::Open).await?;
    world.upgrade(2, true).await?;
    world.phase(gate, Phase::RollingOut).await.map(drop)
}

/// The generation of the spec that the status answers.
pub(super) fn observed(gate: &UpgradeGate) -> Option<i64> {
    Some(gate.status.as_ref()?.observed_generation)
}
