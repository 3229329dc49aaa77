//! `status`: shows gates, the newest last.

use jiff::Timestamp;
use kube::ResourceExt;

use crate::{
    api::Gates,
    args::{Cluster, Status},
    describe::describe,
    error::Error,
    say,
    table::table,
};

/// Runs it.
///
/// # Errors
/// The API server's.
pub async fn run(args: &Status, cluster: &Cluster) -> Result<(), Error> {
    let gates = Gates::of(cluster).await?;
    let now = Timestamp::now();
    if let Some(name) = &args.name {
        let key = gates.key(name);
        let gate = gates.get(&key).await.map_err(|e| e.when(format!("show {key}")))?;
        say::out(describe(&gate, now).join("\n"));
        return Ok(());
    }
    let doing = || format!("list gates in namespace {}", gates.namespace);
    let mut all = gates.list(None).await.map_err(|e| e.when(doing()))?;
    if all.is_empty() {
        say::err(format_args!("No gates found in {} namespace.", gates.namespace));
    } else {
        all.sort_by_key(|gate| (gate.creation_timestamp(), gate.name_any()));
        say::out(table(&all, now).join("\n"));
    }
    Ok(())
}
