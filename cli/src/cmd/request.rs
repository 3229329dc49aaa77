//! `request`: creates gates, and awaits them.

use std::{env, path::Path};

use crate::{
    api::{Gates, persistently},
    args::{Cluster, Request},
    error::Error,
    gate::title,
    manifest::{self, Manifest},
    mine::Mine,
    plan::{Choice, Planned, like, plan},
    stop::Stop,
    termination,
    verdict::Awaited,
    wait,
};

/// UID of the pod that we run in, by the downward API.
const POD_UID: &str = "POD_UID";

/// Runs it. All or nothing: whatever goes wrong after a gate was created, it is cancelled.
///
/// # Errors
/// Why the gates are not there, or not open.
pub async fn run(args: &Request, cluster: &Cluster) -> Result<(), Error> {
    let result = request(args, cluster).await;
    if args.wait {
        match &result {
            Ok(names) => termination::write(&format!("open: {}", names.join(", "))),
            Err(e) => termination::write(&e.to_string()),
        }
    }
    result.map(|_| ())
}

async fn request(args: &Request, cluster: &Cluster) -> Result<Vec<String>, Error> {
    let written = written(args)?;
    let gates = Gates::of(cluster).await?;
    let manifests = match (written, &args.like) {
        (Some(manifests), _) => manifests,
        (None, Some(name)) => vec![copied(&gates, name).await?],
        (None, None) => Vec::new(),
    };
    let pod_uid = env::var(POD_UID).ok();
    let choice = Choice {
        name: args.name.as_deref(),
        namespace: &gates.namespace,
        namespace_is_explicit: gates.namespace_is_explicit,
        pod_uid: pod_uid.as_deref(),
        ttl_seconds: u32::try_from(args.ttl.as_secs()).unwrap_or(u32::MAX),
    };
    let planned = plan(manifests, choice).map_err(Error::Usage)?;

    let mut stop = Stop::listen().map_err(|e| Error::Usage(format!("cannot listen for signals: {e}")))?;
    let mut mine = Mine::none(&gates);
    let result = create_and_await(args, &gates, &planned, &mut mine, &mut stop).await;
    if let Err(e) = &result {
        mine.cancel(&reason(e)).await;
    }
    result
}

async fn create_and_await(
    args: &Request,
    gates: &Gates,
    planned: &[Planned],
    mine: &mut Mine<'_>,
    stop: &mut Stop,
) -> Result<Vec<String>, Error> {
    let mut awaited = Vec::with_capacity(planned.len());
    for one in planned {
        if let Some(signal) = stop.so_far() {
            return Err(Error::Stopped(signal));
        }
        awaited.push(Awaited::this(mine.create(one, stop).await?));
    }
    let names = awaited.iter().map(|a| title(&a.key.name)).collect();
    if args.wait {
        wait::until_open(gates, awaited, args.patience, stop).await?;
    }
    Ok(names)
}

/// The manifests that the user wrote, if they do not come from an existing gate.
fn written(args: &Request) -> Result<Option<Vec<Manifest>>, Error> {
    let (origin, text) = if let Some(file) = &args.filename {
        let text =
            manifest::read_file(file).map_err(|e| Error::Usage(format!("cannot read {}: {e}", file.display())))?;
        let origin = if file == Path::new("-") { "standard input".into() } else { file.display().to_string() };
        (origin, text)
    } else if let Some(variable) = &args.env {
        let text = env::var(variable).map_err(|e| Error::Usage(format!("cannot read variable {variable}: {e}")))?;
        (format!("variable {variable}"), text)
    } else {
        return Ok(None);
    };
    Ok(Some(manifest::parse(&origin, &text)?))
}

async fn copied(gates: &Gates, name: &str) -> Result<Manifest, Error> {
    let key = gates.key(name);
    let gate = persistently(async || gates.get(&key).await).await;
    gate.map(|gate| like(&gate)).map_err(|e| e.when(format!("copy {key}")))
}

/// What the record says of why a gate was cancelled.
fn reason(error: &Error) -> String {
    match error {
        Error::Stopped(signal) => format!("the request was stopped by {signal}"),
        Error::TimedOut(_) => "the request timed out".into(),
        Error::NoOperator(_) => "no operator answered the request".into(),
        Error::Refused(_) => "another gate of the request was refused".into(),
        _ => "the request failed".into(),
    }
}
