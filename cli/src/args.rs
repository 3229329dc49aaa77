//! The command line.

use std::{path::PathBuf, time::Duration};

use clap::{ArgGroup, Args, Parser, Subcommand};

use crate::duration;

/// Drain, then upgrade: request, await and steer gates.
#[derive(Debug, Parser)]
#[command(name = "kubectl-upgradegate", bin_name = "kubectl upgradegate", version, after_help = EXIT_CODES)]
pub struct Cli {
    /// How to reach the cluster.
    #[command(flatten)]
    pub cluster: Cluster,

    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

const EXIT_CODES: &str = "\
Exit codes:
  0  the gates are open, or the order was given
  1  not open: refused (the outcome is named), timed out or stopped
  2  bad usage or manifest, a spec that the API server refused, API not installed, not allowed, no such gate
  3  no operator answered";

/// How to reach the cluster: as kubectl does, else as a pod of it.
#[derive(Args, Debug)]
pub struct Cluster {
    /// Namespace of the gates; by default that of the kubeconfig's context
    #[arg(short, long, global = true)]
    pub namespace: Option<String>,

    /// Context of the kubeconfig
    #[arg(long, global = true)]
    pub context: Option<String>,

    /// Path to the kubeconfig
    #[arg(long, global = true, value_name = "FILE")]
    pub kubeconfig: Option<PathBuf>,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Create gates, and with --wait await that all are open
    ///
    /// Unless the manifest names it, a gate is called TARGET-SUFFIX; in a pod that knows its UID (environment variable
    /// POD_UID) the suffix is the first 8 letters of it, else it is random. If anything fails after a gate was created,
    /// or on SIGTERM and SIGINT, what was created is cancelled.
    Request(Request),

    /// Await that all the named gates are open
    Wait(Wait),

    /// Say that the upgrade is over
    Finish(Finish),

    /// Call the upgrade off: every drained member goes back to work
    Cancel(Cancel),

    /// Break-glass: let the upgrade through now, whatever the members say
    Open(Open),

    /// Show a gate, or all gates of the namespace
    Status(Status),
}

/// Creates gates.
#[derive(Args, Debug)]
#[command(group(ArgGroup::new("source").required(true).args(["filename", "env", "like"])))]
pub struct Request {
    /// File with UpgradeGate manifests; - for standard input
    #[arg(short = 'f', long, value_name = "FILE")]
    pub filename: Option<PathBuf>,

    /// Environment variable that holds UpgradeGate manifests
    #[arg(long, value_name = "VARIABLE")]
    pub env: Option<String>,

    /// Existing gate whose spec and release are copied, without its action
    #[arg(long, value_name = "GATE")]
    pub like: Option<String>,

    /// Name of the new gate; only for a single one
    #[arg(long)]
    pub name: Option<String>,

    /// Await that all are open
    #[arg(long)]
    pub wait: bool,

    /// How long to await that, with --wait.
    #[command(flatten)]
    pub patience: Patience,

    /// How long finished gates are kept, where the manifest does not say
    #[arg(long, default_value = "24h", value_parser = duration::parse, value_name = "DURATION")]
    pub ttl: Duration,
}

/// How long to await gates.
#[derive(Args, Clone, Copy, Debug)]
pub struct Patience {
    /// How long to wait until all are open
    #[arg(long, default_value = "5m", value_parser = duration::parse, value_name = "DURATION")]
    pub timeout: Duration,

    /// How long to wait until an operator has seen them
    #[arg(long, default_value = "30s", value_parser = duration::parse, value_name = "DURATION")]
    pub operator_timeout: Duration,
}

/// Awaits gates.
#[derive(Args, Debug)]
pub struct Wait {
    /// Names of gates
    #[arg(required = true, value_name = "NAME")]
    pub names: Vec<String>,

    /// How long.
    #[command(flatten)]
    pub patience: Patience,
}

/// Finishes gates.
#[derive(Args, Debug)]
#[command(group(ArgGroup::new("which").required(true).args(["names", "release"])))]
pub struct Finish {
    /// Names of gates
    #[arg(value_name = "NAME")]
    pub names: Vec<String>,

    /// All gates of this Helm release that are not over
    #[arg(long)]
    pub release: Option<String>,

    /// Always exit 0; say what went wrong
    #[arg(long)]
    pub best_effort: bool,
}

/// Cancels gates.
#[derive(Args, Debug)]
pub struct Cancel {
    /// Names of gates
    #[arg(required = true, value_name = "NAME")]
    pub names: Vec<String>,

    /// Why, for the record
    #[arg(long)]
    pub reason: Option<String>,
}

/// Opens a gate.
#[derive(Args, Debug)]
pub struct Open {
    /// Name of the gate
    pub name: String,

    /// Why the application's own answer does not count, for the record
    #[arg(long, value_parser = clap::builder::NonEmptyStringValueParser::new())]
    pub reason: String,
}

/// Shows gates.
#[derive(Args, Debug)]
pub struct Status {
    /// Name of a gate
    pub name: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }
}
