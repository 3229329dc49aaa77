//! Logs, by tracing, to stderr.

use std::io::{IsTerminal, stderr};

use tracing_subscriber::filter::{EnvFilter, ParseError};
use tracing_subscriber::fmt;
use tracing_subscriber::util::{SubscriberInitExt, TryInitError};

use crate::config::LogFormat;

/// Why logging could not start.
#[derive(Debug, thiserror::Error)]
pub enum TelemetryError {
    /// The filter can't be read.
    #[error(
        "invalid --log-filter {filter:?}: {source}; write a level such as `info`, or `info,upgradegate_operator=debug`"
    )]
    Filter {
        /// The filter as it was given.
        filter: String,
        /// What is wrong with it.
        source: ParseError,
    },
    /// Someone else set up logging in this process.
    #[error("logging was set up twice: {0}")]
    Twice(#[from] TryInitError),
}

/// Starts logging in `format`, of what `filter` lets through (a level, or directives as tracing's `EnvFilter` reads them).
pub fn init(format: LogFormat, filter: &str) -> Result<(), TelemetryError> {
    let invalid = |source| TelemetryError::Filter { filter: filter.to_owned(), source };
    let logs = fmt().with_writer(stderr).with_env_filter(EnvFilter::try_new(filter).map_err(invalid)?);
    match format {
        LogFormat::Json => {
            logs.json().flatten_event(true).with_current_span(true).with_span_list(false).finish().try_init()
        }
        LogFormat::Text => logs.with_ansi(stderr().is_terminal()).finish().try_init(),
    }?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bad_filter_is_explained() {
        let error = init(LogFormat::Json, "info,=,loud=very").unwrap_err().to_string();
        assert!(error.starts_with("invalid --log-filter \"info,=,loud=very\""), "{error}");
    }
}
