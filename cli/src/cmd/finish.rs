//! `finish`: the upgrade is over. It only tells the gates so and returns: the operator looks at the target by itself.

use kube::ResourceExt;
use upgradegate_crds::{Action, ActionType, RELEASE_LABEL, UpgradeGate};

use super::act;
use crate::{
    api::{Gates, persistently},
    args::{Cluster, Finish},
    error::Error,
    gate::outcome,
    say, termination,
};

/// Runs it.
///
/// # Errors
/// One for each gate that could not be told; none with `--best-effort`.
pub async fn run(args: &Finish, cluster: &Cluster) -> Result<(), Error> {
    match finish(args, cluster).await {
        Err(error) if args.best_effort => {
            // An upgrade that is over and done must not be called failed by this.
            error.each().iter().for_each(|e| say::err(format_args!("warning: {e}")));
            termination::write(&format!("warning: {error}"));
            Ok(())
        }
        result => result,
    }
}

async fn finish(args: &Finish, cluster: &Cluster) -> Result<(), Error> {
    let action = Action { type_: ActionType::Finish, reason: None };
    if let Some(release) = args.release.as_ref().filter(|release| !is_label_value(release)) {
        return Err(Error::Usage(format!("--release {release:?} is not the name of a Helm release")));
    }
    let gates = Gates::of(cluster).await?;
    let names = match &args.release {
        None => args.names.clone(),
        Some(release) => running(&gates, release).await?,
    };
    if let (Some(release), true) = (&args.release, names.is_empty()) {
        say::out(format_args!(
            "nothing to finish: no gate of release {release} is running in namespace {}",
            gates.namespace
        ));
    }
    act::order_all(&gates, &names, &action).await
}

/// Names of the release's gates that are neither over nor called off.
async fn running(gates: &Gates, release: &str) -> Result<Vec<String>, Error> {
    let selector = format!("{RELEASE_LABEL}={release}");
    let all = persistently(async || gates.list(Some(&selector)).await).await;
    let all =
        all.map_err(|e| e.when(format!("list the gates of release {release} in namespace {}", gates.namespace)))?;
    let called_off = |gate: &&UpgradeGate| gate.spec.action.as_ref().is_some_and(|a| a.type_ == ActionType::Cancel);
    let running = all.iter().filter(|gate| outcome(gate).is_none() && !called_off(gate));
    Ok(running.map(ResourceExt::name_any).collect())
}

fn is_label_value(text: &str) -> bool {
    let inside = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    (1..=63).contains(&text.len()) && text.chars().all(inside)
}
