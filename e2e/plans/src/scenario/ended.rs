//! Scenarios that end otherwise than by an upgrade.

use std::time::Duration;

use anyhow::Result;
use jiff::Timestamp;
use serde_json::{Value, json};
use tokio::time::sleep;
use upgradegate_crds::{ActionType, Phase};

use super::{GATE, set_busy};
use crate::world::World;

/// The upgrade brought no new template.
pub(super) async fn finish(world: &World, deadline: u32) -> Result<()> {
    world.gate(GATE, deadline, &Value::Null).await?;
    if world.phase(GATE, Phase::Open).await? {
        world.linger().await;
        world.order(GATE, ActionType::Finish).await?;
        world.phase(GATE, Phase::Finished).await?;
    }
    Ok(())
}

/// The upgrade is over while a member is still busy.
pub(super) async fn early_finish(world: &World, deadline: u32) -> Result<()> {
    busy(world);
    world.gate(GATE, deadline, &Value::Null).await?;
    world.busy_is_known(GATE).await?;
    world.order(GATE, ActionType::Finish).await?;
    world.phase(GATE, Phase::Finished).await.map(drop)
}

/// A member is busy for ever.
pub(super) async fn deadline(world: &World, deadline: u32) -> Result<()> {
    busy(world);
    // The API server keeps whole seconds of the creation, from which the deadline counts: so that each run has as much time.
    let into_a_second = Timestamp::now().subsec_millisecond().unsigned_abs().into();
    sleep(Duration::from_millis(1000_u64.saturating_sub(into_a_second))).await;
    world.gate(GATE, deadline, &Value::Null).await?;
    world.phase(GATE, Phase::Finished).await.map(drop)
}

/// Called off while members are drained.
pub(super) async fn cancel(world: &World, deadline: u32) -> Result<()> {
    busy(world);
    world.gate(GATE, deadline, &Value::Null).await?;
    world.busy_is_known(GATE).await?;
    world.order(GATE, ActionType::Cancel).await?;
    world.phase(GATE, Phase::Finished).await.map(drop)
}

/// Called off in the middle of the rollout, which then goes on.
pub(super) async fn cancel_rollout(world: &World, deadline: u32) -> Result<()> {
    world.gate(GATE, deadline, &Value::Null).await?;
    if world.phase(GATE, Phase::Open).await? {
        world.linger().await;
        world.upgrade(2, true).await?;
        world.phase(GATE, Phase::RollingOut).await?;
        world.order(GATE, ActionType::Cancel).await?;
        world.phase(GATE, Phase::Resuming).await?;
        world.change_deployment(json!({}), false).await?;
        world.phase(GATE, Phase::Finished).await?;
    }
    Ok(())
}

/// Deleted while members are drained.
pub(super) async fn delete(world: &World, deadline: u32) -> Result<()> {
    busy(world);
    world.gate(GATE, deadline, &Value::Null).await?;
    world.busy_is_known(GATE).await?;
    world.delete_gate(GATE).await?;
    world.until("the gate is gone", |world| world.seen(GATE).is_none()).await
}

/// The new version does not start, and is taken back.
pub(super) async fn roll_back(world: &World, deadline: u32) -> Result<()> {
    world.gate(GATE, deadline, &Value::Null).await?;
    if world.phase(GATE, Phase::Open).await? {
        world.linger().await;
        world.upgrade(2, true).await?;
        world.phase(GATE, Phase::RollingOut).await?;
        world.upgrade(1, false).await?;
        world.phase(GATE, Phase::Finished).await?;
    }
    Ok(())
}

/// The new version does not start.
pub(super) async fn failed(world: &World, deadline: u32) -> Result<()> {
    world.gate(GATE, deadline, &json!({"progressSeconds": 4})).await?;
    if world.phase(GATE, Phase::Open).await? {
        world.linger().await;
        world.upgrade(2, true).await?;
        world.phase(GATE, Phase::Finished).await?;
    }
    Ok(())
}

fn busy(world: &World) {
    set_busy(world.apps().iter().take(1), true);
}
