//! Flags and environment of the operator.

use std::net::SocketAddr;

use clap::error::ErrorKind;
use clap::{ArgAction, CommandFactory, Parser, ValueEnum};

use crate::lease::{LeaseConfig, Timing};

/// The operator of UpgradeGate: drains and probes the members of a target, and opens the gate.
#[derive(Parser, Clone, Debug, PartialEq, Eq)]
#[command(name = "upgradegate-operator", version)]
pub struct Config {
    /// Address of /livez, /readyz and /metrics
    #[arg(long, env = "UPGRADEGATE_LISTEN", value_name = "IP:PORT", default_value = "0.0.0.0:8080")]
    pub listen: SocketAddr,

    /// Form of the logs
    #[arg(long, env = "UPGRADEGATE_LOG_FORMAT", value_name = "FORMAT", default_value = "json")]
    pub log_format: LogFormat,

    /// What to log: a level, or directives such as `info,upgradegate_operator=debug`
    #[arg(long, env = "UPGRADEGATE_LOG", value_name = "FILTER", default_value = "info")]
    pub log_filter: String,

    /// Watch gates in this namespace only; all namespaces without it
    #[arg(short, long, env = "UPGRADEGATE_NAMESPACE", value_name = "NAMESPACE")]
    pub namespace: Option<String>,

    /// Act only while holding the Lease; turn it off only where one operator runs at most
    #[arg(
        long, env = "UPGRADEGATE_LEADER_ELECTION", value_name = "true|false",
        default_value_t = true, action = ArgAction::Set
    )]
    pub leader_election: bool,

    /// Namespace of the Lease: the operator's own
    #[arg(long, env = "POD_NAMESPACE", value_name = "NAMESPACE")]
    pub lease_namespace: Option<String>,

    /// Name of the Lease
    #[arg(long, env = "UPGRADEGATE_LEASE_NAME", value_name = "NAME", default_value = "upgradegate-operator")]
    pub lease_name: String,

    /// Name of this replica in the Lease; no two processes that run at the same time may share it
    #[arg(long, env = "POD_NAME", value_name = "NAME")]
    pub identity: Option<String>,
}

/// Form of the logs.
#[derive(ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// One JSON object a line
    Json,
    /// For people
    Text,
}

impl Config {
    /// Reads flags and environment. Ends the process with code 2 and the usage when they are not right, as clap does.
    pub fn load() -> Self {
        let config = Self::parse();
        match config.validate() {
            Ok(()) => config,
            Err(error) => error.exit(),
        }
    }

    /// The Lease to compete for; `None` with `--leader-election=false`.
    pub fn lease(&self) -> Option<LeaseConfig> {
        Some(LeaseConfig {
            namespace: self.lease_namespace.clone().filter(|_| self.leader_election)?,
            name: self.lease_name.clone(),
            identity: self.identity.clone()?,
            timing: Timing::default(),
        })
    }

    fn validate(&self) -> Result<(), clap::Error> {
        let missing = |value: &Option<String>| value.as_ref().is_none_or(String::is_empty);
        let wanted = if missing(&self.lease_namespace) {
            "--lease-namespace (POD_NAMESPACE)"
        } else if missing(&self.identity) {
            "--identity (POD_NAME)"
        } else {
            return Ok(());
        };
        if !self.leader_election {
            return Ok(());
        }
        let message = format!(
            "leader election needs {wanted}; set it, or turn leader election off with --leader-election=false \
             where one operator runs at most"
        );
        Err(Self::command().error(ErrorKind::MissingRequiredArgument, message))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn parse(flags: &[&str]) -> Config {
        Config::try_parse_from(std::iter::once(&"upgradegate-operator").chain(flags)).unwrap()
    }

    #[test]
    fn the_command_is_well_formed() {
        Config::command().debug_assert();
    }

    #[test]
    fn the_lease_needs_a_namespace_and_an_identity() {
        let config = parse(&["--lease-namespace", "upgradegate-system", "--identity", "operator-a"]);
        config.validate().unwrap();
        let lease = config.lease().unwrap();
        assert_eq!((lease.namespace.as_str(), lease.identity.as_str()), ("upgradegate-system", "operator-a"));

        for (flags, named) in [
            (&["--identity", "operator-a"][..], "--lease-namespace (POD_NAMESPACE)"),
            (&["--lease-namespace", "upgradegate-system"][..], "--identity (POD_NAME)"),
            (&["--lease-namespace", "upgradegate-system", "--identity", ""][..], "--identity (POD_NAME)"),
        ] {
            let error = parse(flags).validate().unwrap_err();
            assert_eq!(error.exit_code(), 2);
            assert!(error.to_string().contains(named), "{error}");
        }
    }

    #[test]
    fn without_election_there_is_no_lease() {
        let config = parse(&["--leader-election=false"]);
        config.validate().unwrap();
        assert_eq!(config.lease(), None);
        let named = parse(&["--leader-election", "false", "--lease-namespace", "a", "--identity", "b"]);
        assert_eq!(named.lease(), None);
    }
}
