//! `/metrics`: the counts of [`Work`], read at each scrape, so that no second
//! bookkeeping can disagree with the first.

use std::{fmt, time::Instant};

use prometheus_client::{
    encoding::text,
    metrics::{
        counter::{ConstCounter, Counter},
        family::Family,
        gauge::ConstGauge,
    },
    registry::Registry,
};

use crate::work::Work;

/// The content type of [`render`]'s text.
pub const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// The metrics at `now` as `OpenMetrics` text. An error cannot be seen in
/// practice: writing to a string does not fail.
pub fn render(work: &Work, now: Instant) -> Result<String, fmt::Error> {
    let mut text = String::new();
    text::encode(&mut text, &registry(work, now))?;
    Ok(text)
}

fn registry(work: &Work, now: Instant) -> Registry {
    let mut registry = Registry::with_prefix("demo_app");
    let totals = work.operations.totals();
    registry.register(
        "operations_running",
        "Operations that run now",
        ConstGauge::new(i64::try_from(work.operations.running()).unwrap_or(i64::MAX)),
    );
    registry.register("operations_started", "Operations that were accepted", ConstCounter::new(totals.started));
    registry.register("operations_finished", "Operations that ran to their end", ConstCounter::new(totals.finished));
    registry.register(
        "operations_cut_off",
        "Operations that the shutdown ended before their time",
        ConstCounter::new(totals.cut_off),
    );
    registry.register("operations_refused", "Operations that were not accepted, by reason", refused(work));
    registry.register(
        "draining",
        "1 while a drain lease runs, else 0",
        ConstGauge::new(i64::from(work.lease.running(now).is_some())),
    );
    registry
}

type Reason = [(&'static str, &'static str); 1];

fn refused(work: &Work) -> Family<Reason, Counter> {
    let refused = work.refused();
    let family = Family::<Reason, Counter>::default();
    for (reason, count) in [
        ("Draining", refused.draining),
        ("Stopping", refused.stopping),
        ("TooManyOperations", refused.too_many_operations),
    ] {
        family.get_or_create(&[("reason", reason)]).inc_by(count);
    }
    family
}
