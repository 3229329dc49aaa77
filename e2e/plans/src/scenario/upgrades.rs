//! Scenarios in which the target is upgraded.

use anyhow::Result;
use serde_json::{Value, json};
use upgradegate_crds::{ActionType, Phase};

use super::{GATE, SECOND, set_busy};
use crate::world::{World, phase_of};

/// What the hook and Helm do: wait until the gate is open, and roll out. Not if the gate ended before that.
async fn upgrade_once_open(world: &World, gate: &str) -> Result<()> {
    if world.phase(gate, Phase::Open).await? {
        world.linger().await;
        world.upgrade(2, false).await?;
        world.phase(gate, Phase::Finished).await?;
    }
    Ok(())
}

/// Every member is ready at once.
pub(super) async fn plain(world: &World, deadline: u32) -> Result<()> {
    world.gate(GATE, deadline, &Value::Null).await?;
    upgrade_once_open(world, GATE).await
}

/// The application offers no drain.
pub(super) async fn without_drain(world: &World, deadline: u32) -> Result<()> {
    world.gate(GATE, deadline, &json!({"drain": null})).await?;
    upgrade_once_open(world, GATE).await
}

/// A member is busy for a while.
pub(super) async fn busy(world: &World, deadline: u32) -> Result<()> {
    let apps = world.apps();
    set_busy(apps.iter().take(1), true);
    world.gate(GATE, deadline, &Value::Null).await?;
    world.busy_is_known(GATE).await?;
    set_busy(apps.iter(), false);
    upgrade_once_open(world, GATE).await
}

/// The container of a member that is drained already starts anew, while another member is busy.
pub(super) async fn member_restart(world: &World, deadline: u32) -> Result<()> {
    let apps = world.apps();
    set_busy(apps.iter().skip(1), true);
    world.gate(GATE, deadline, &Value::Null).await?;
    world.busy_is_known(GATE).await?;
    world.restart_a_container();
    world.until("the container started anew", |_| apps.iter().take(1).all(|app| app.restarts() > 0)).await?;
    set_busy(apps.iter(), false);
    upgrade_once_open(world, GATE).await
}

/// A member more appears while another is busy.
pub(super) async fn grow(world: &World, deadline: u32) -> Result<()> {
    let apps = world.apps();
    set_busy(apps.iter(), true);
    world.gate(GATE, deadline, &Value::Null).await?;
    world.busy_is_known(GATE).await?;
    world.change_deployment(json!({"spec": {"replicas": 2}}), false).await?;
    world.until("there is a member more", |world| world.apps().len() == 2).await?;
    set_busy(apps.iter(), false);
    upgrade_once_open(world, GATE).await
}

/// A member turns busy while the gate is open, which closes it for a while.
pub(super) async fn closing(world: &World, deadline: u32) -> Result<()> {
    let apps = world.apps();
    world.gate(GATE, deadline, &Value::Null).await?;
    if world.phase(GATE, Phase::Open).await? {
        set_busy(apps.iter().take(1), true);
        world.phase(GATE, Phase::Draining).await?;
        set_busy(apps.iter(), false);
    }
    upgrade_once_open(world, GATE).await
}

/// A person opens the gate though a member is busy.
pub(super) async fn break_glass(world: &World, deadline: u32) -> Result<()> {
    set_busy(world.apps().iter().take(1), true);
    world.gate(GATE, deadline, &Value::Null).await?;
    world.busy_is_known(GATE).await?;
    world.order(GATE, ActionType::Open).await?;
    upgrade_once_open(world, GATE).await
}

/// The post-upgrade hook says that the upgrade is over before the operator may have seen the new template.
pub(super) async fn post_hook(world: &World, deadline: u32) -> Result<()> {
    world.gate(GATE, deadline, &Value::Null).await?;
    if world.phase(GATE, Phase::Open).await? {
        world.linger().await;
        world.upgrade(2, false).await?;
        world.order(GATE, ActionType::Finish).await?;
        world.phase(GATE, Phase::Finished).await?;
    }
    Ok(())
}

/// A second gate of the same target takes over.
pub(super) async fn superseded(world: &World, deadline: u32) -> Result<()> {
    let apps = world.apps();
    set_busy(apps.iter().take(1), true);
    world.gate(GATE, deadline, &Value::Null).await?;
    world.busy_is_known(GATE).await?;
    world.gate(SECOND, deadline, &Value::Null).await?;
    let is_over = |world: &World| world.seen(GATE).is_none_or(|gate| phase_of(&gate) == Some(Phase::Finished));
    world.until("the first gate is finished", is_over).await?;
    set_busy(apps.iter(), false);
    upgrade_once_open(world, SECOND).await
}
