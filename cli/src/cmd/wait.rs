//! `wait`: awaits gates that others created.

use crate::{
    api::Gates,
    args::{Cluster, Wait},
    error::Error,
    gate::title,
    stop::Stop,
    termination,
    verdict::Awaited,
    wait,
};

/// Runs it.
///
/// # Errors
/// Why the gates are not open.
pub async fn run(args: &Wait, cluster: &Cluster) -> Result<(), Error> {
    let result = wait(args, cluster).await;
    match &result {
        Ok(()) => {
            let names: Vec<_> = args.names.iter().map(|name| title(name)).collect();
            termination::write(&format!("open: {}", names.join(", ")));
        }
        Err(e) => termination::write(&e.to_string()),
    }
    result
}

async fn wait(args: &Wait, cluster: &Cluster) -> Result<(), Error> {
    let gates = Gates::of(cluster).await?;
    let mut stop = Stop::listen().map_err(|e| Error::Usage(format!("cannot listen for signals: {e}")))?;
    let awaited = args.names.iter().map(|name| Awaited::named(gates.key(name))).collect();
    wait::until_open(&gates, awaited, args.patience, &mut stop).await
}
