//! Logs on standard output, for `kubectl logs`.

use tracing::level_filters::LevelFilter;

use crate::config::LogFormat;

/// Starts logging; call it once, first.
pub fn init(format: LogFormat, level: LevelFilter) {
    let logs = tracing_subscriber::fmt().with_max_level(level).with_target(false);
    match format {
        LogFormat::Json => logs.json().flatten_event(true).init(),
        LogFormat::Text => logs.with_ansi(false).init(),
    }
}
