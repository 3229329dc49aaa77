//! Flags, each with an environment variable of the same name.

use std::{net::SocketAddr, time::Duration};

use clap::{Parser, ValueEnum};
use tracing::level_filters::LevelFilter;

use crate::seconds;

/// A demo application that works on long operations and can be drained.
#[derive(Debug, Clone, Parser)]
#[command(name = "demo-app", version)]
pub struct Config {
    /// Address to listen on.
    #[arg(long, env = "LISTEN", default_value = "0.0.0.0:8080", value_name = "IP:PORT")]
    pub listen: SocketAddr,

    /// Length of an operation that does not name its own, in seconds.
    #[arg(long, env = "OPERATION_SECONDS", default_value = "60",
          value_name = "SECONDS", value_parser = seconds::parse_positive)]
    pub operation_seconds: Duration,

    /// How many operations may run at a time; more are refused.
    #[arg(
        long,
        env = "MAX_OPERATIONS",
        default_value_t = 1000,
        value_name = "N",
        value_parser = clap::value_parser!(u32).range(1..=100_000)
    )]
    pub max_operations: u32,

    /// How long operations may go on after SIGTERM, in seconds. Keep it some
    /// seconds below the pod's terminationGracePeriodSeconds.
    #[arg(long, env = "GRACE_SECONDS", default_value = "25",
          value_name = "SECONDS", value_parser = seconds::parse)]
    pub grace_seconds: Duration,

    /// Answer /readyz with 503 while draining, so that the Service sends new
    /// work elsewhere. Off by default: all pods are drained at once, and a
    /// rollout that counts on ready pods would wait for them.
    #[arg(long, env = "UNREADY_WHILE_DRAINING")]
    pub unready_while_draining: bool,

    /// Form of the log lines.
    #[arg(long, env = "LOG_FORMAT", value_enum, default_value_t = LogFormat::Json)]
    pub log_format: LogFormat,

    /// Least severe log lines to write: error, warn, info, debug, trace or off.
    #[arg(long, env = "LOG_LEVEL", default_value = "info", value_name = "LEVEL")]
    pub log_level: LevelFilter,

    /// The version that /version names.
    #[arg(long, env = "APP_VERSION", default_value = env!("CARGO_PKG_VERSION"),
          value_name = "VERSION")]
    pub app_version: String,

    /// The pod that /version names.
    #[arg(long, env = "POD_NAME", default_value_t = hostname(), value_name = "NAME")]
    pub pod_name: String,
}

/// In a pod, the container runtime sets this to the pod's name.
fn hostname() -> String {
    std::env::var("HOSTNAME").unwrap_or_else(|_| "unknown".to_owned())
}

/// Form of the log lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// One JSON object a line.
    Json,
    /// For people.
    Text,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_flags_are_consistent() {
        Config::command().debug_assert();
    }

    #[test]
    fn bad_values_name_the_flag_and_what_is_right() {
        for (flag, value, hint) in [
            ("--operation-seconds", "0", "more than 0"),
            ("--grace-seconds", "soon", "number of seconds"),
            ("--max-operations", "0", "1..=100000"),
            ("--listen", "8080", "--listen"),
            ("--log-format", "xml", "json, text"),
        ] {
            let refused = Config::try_parse_from(["demo-app", flag, value]);
            assert!(
                refused.is_err_and(|error| {
                    let text = error.to_string();
                    text.contains(flag) && text.contains(hint)
                }),
                "{flag} {value}"
            );
        }
    }
}
