//! What the operator counts. No label names a pod, a gate or a namespace, so the number of series is fixed.

mod process;

use std::time::Duration;

use prometheus_client::encoding::{EncodeLabelSet, text};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::{Metric, Registry};
use upgradegate_crds::{Outcome, Phase};

/// Content type of what [`Metrics::render`] returns.
pub const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Upper bounds in seconds for calls to members, whose timeouts are 1 s to 60 s.
const CALL_SECONDS: [f64; 11] = [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0, 30.0];

/// Upper bounds in seconds for the wait from the creation of a gate to its opening.
const WAIT_SECONDS: [f64; 10] = [1.0, 2.5, 5.0, 15.0, 30.0, 60.0, 120.0, 300.0, 900.0, 3600.0];

/// Phases of a gate that runs.
const RUNNING: [Phase; 5] = [Phase::Waiting, Phase::Draining, Phase::Open, Phase::RollingOut, Phase::Resuming];

/// Kind of a call to a member.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MemberCall {
    /// Are you ready to be upgraded?
    Probe,
    /// Take no new work.
    Drain,
    /// Work again.
    Resume,
}

/// How a call to a member went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MemberCallResult {
    /// It answered as asked: for a probe in a way that can be understood, ready or not.
    Ok,
    /// It answered, but no: a drain or resume that it did not acknowledge, an answer that can't be understood.
    Refused,
    /// It did not answer.
    Error,
}

/// How a reconciliation went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reconciled {
    /// Something was written.
    Changed,
    /// There was nothing to do.
    Unchanged,
    /// It failed and is tried again.
    Error,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct PhaseLabel {
    phase: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OutcomeLabel {
    outcome: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct CallLabel {
    call: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct CallResultLabels {
    call: &'static str,
    result: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ResultLabel {
    result: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RequestLabels {
    verb: &'static str,
    resource: String,
    code: &'static str,
}

/// All metrics. Made once and shared.
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    /// Its names have no prefix: they are those of every process.
    process: Registry,
    gates_running: Family<PhaseLabel, Gauge>,
    outcomes: Family<OutcomeLabel, Counter>,
    gate_wait: Histogram,
    members_draining: Gauge,
    member_calls: Family<CallResultLabels, Counter>,
    member_call_seconds: Family<CallLabel, Histogram, fn() -> Histogram>,
    reconciles: Family<ResultLabel, Counter>,
    api_requests: Family<RequestLabels, Counter>,
    leader: Gauge,
}

impl Default for Metrics {
    fn default() -> Self {
        Self::new()
    }
}

impl Metrics {
    /// Metrics at zero.
    pub fn new() -> Self {
        let mut registry = Registry::with_prefix("upgradegate");
        registry.register("build", "Version of the operator", Info::new([("version", env!("CARGO_PKG_VERSION"))]));
        let mut add = Adder(&mut registry);
        let metrics = Self {
            gates_running: add.metric("gates_running", "Gates that run, by phase", Family::default()),
            outcomes: add.metric("outcomes", "Runs that ended, by outcome", Family::default()),
            gate_wait: add.metric(
                "gate_wait_seconds",
                "Time from the creation of a gate to its first opening",
                Histogram::new(WAIT_SECONDS),
            ),
            members_draining: add.metric("members_draining", "Members that are told to drain", Gauge::default()),
            member_calls: add.metric("member_calls", "Calls to members, by kind and result", Family::default()),
            member_call_seconds: add.metric(
                "member_call_seconds",
                "Duration of calls to members",
                Family::new_with_constructor(|| Histogram::new(CALL_SECONDS)),
            ),
            reconciles: add.metric("reconciles", "Reconciliations of gates, by result", Family::default()),
            api_requests: add.metric(
                "api_requests",
                "Requests to the Kubernetes API, by verb, resource and class of the status code",
                Family::default(),
            ),
            leader: add.metric("leader", "1 while this replica acts, 0 while it stands by", Gauge::default()),
            registry,
            process: process::registry(),
        };
        for phase in RUNNING {
            metrics.gates_running(phase, 0);
        }
        metrics
    }

    /// How many gates are in `phase` now.
    pub fn gates_running(&self, phase: Phase, count: usize) {
        let label = PhaseLabel { phase: format!("{phase:?}") };
        self.gates_running.get_or_create(&label).set(gauge_value(count));
    }

    /// A run ended.
    pub fn ended(&self, outcome: Outcome) {
        self.outcomes.get_or_create(&OutcomeLabel { outcome: format!("{outcome:?}") }).inc();
    }

    /// A gate opened for the first time, so long after its creation.
    pub fn opened(&self, waited: Duration) {
        self.gate_wait.observe(waited.as_secs_f64());
    }

    /// How many members are told to drain now.
    pub fn members_draining(&self, count: usize) {
        self.members_draining.set(gauge_value(count));
    }

    /// A member was called.
    pub fn member_called(&self, call: MemberCall, result: MemberCallResult, took: Duration) {
        let call = match call {
            MemberCall::Probe => "probe",
            MemberCall::Drain => "drain",
            MemberCall::Resume => "resume",
        };
        let result = match result {
            MemberCallResult::Ok => "ok",
            MemberCallResult::Refused => "refused",
            MemberCallResult::Error => "error",
        };
        self.member_calls.get_or_create(&CallResultLabels { call, result }).inc();
        self.member_call_seconds.get_or_create(&CallLabel { call }).observe(took.as_secs_f64());
    }

    /// A gate was reconciled.
    pub fn reconciled(&self, result: Reconciled) {
        let result = match result {
            Reconciled::Changed => "changed",
            Reconciled::Unchanged => "unchanged",
            Reconciled::Error => "error",
        };
        self.reconciles.get_or_create(&ResultLabel { result }).inc();
    }

    /// The Kubernetes API was asked. `code` is its class, such as `2xx`, or `error` when no answer came.
    pub fn api_requested(&self, verb: &'static str, resource: String, code: &'static str) {
        self.api_requests.get_or_create(&RequestLabels { verb, resource, code }).inc();
    }

    /// Whether this replica acts now.
    pub fn leader(&self, acts: bool) {
        self.leader.set(i64::from(acts));
    }

    /// All metrics in the OpenMetrics text format, of type [`CONTENT_TYPE`].
    pub fn render(&self) -> String {
        let mut out = String::new();
        let encoded = text::encode_registry(&mut out, &self.registry)
            .and_then(|()| text::encode_registry(&mut out, &self.process))
            .and_then(|()| text::encode_eof(&mut out));
        match encoded {
            Ok(()) => out,
            // Writing to a string does not fail; if it did, a scrape without the closing line is refused as a whole.
            Err(_) => String::new(),
        }
    }
}

struct Adder<'r>(&'r mut Registry);

impl Adder<'_> {
    fn metric<M: Metric + Clone>(&mut self, name: &str, help: &str, metric: M) -> M {
        self.0.register(name, help, metric.clone());
        metric
    }
}

fn gauge_value(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn renders_every_metric() {
        let metrics = Metrics::new();
        metrics.gates_running(Phase::Draining, 2);
        metrics.ended(Outcome::RolledBack);
        metrics.opened(Duration::from_secs(20));
        metrics.members_draining(3);
        metrics.member_called(MemberCall::Probe, MemberCallResult::Ok, Duration::from_millis(3));
        metrics.member_called(MemberCall::Drain, MemberCallResult::Refused, Duration::from_millis(3));
        metrics.reconciled(Reconciled::Unchanged);
        metrics.api_requested("watch", "upgradegates".to_owned(), "2xx");
        metrics.leader(true);
        let text = metrics.render();
        for line in [
            "upgradegate_build_info{version=",
            "upgradegate_gates_running{phase=\"Draining\"} 2",
            "upgradegate_gates_running{phase=\"Open\"} 0",
            "upgradegate_outcomes_total{outcome=\"RolledBack\"} 1",
            "upgradegate_gate_wait_seconds_bucket{le=\"30.0\"} 1",
            "upgradegate_members_draining 3",
            "upgradegate_member_calls_total{call=\"probe\",result=\"ok\"} 1",
            "upgradegate_member_calls_total{call=\"drain\",result=\"refused\"} 1",
            "upgradegate_member_call_seconds_count{call=\"probe\"} 1",
            "upgradegate_reconciles_total{result=\"unchanged\"} 1",
            "upgradegate_api_requests_total{verb=\"watch\",resource=\"upgradegates\",code=\"2xx\"} 1",
            "upgradegate_leader 1",
            "process_resident_memory_bytes ",
            "process_open_fds ",
        ] {
            assert!(text.lines().any(|l| l.starts_with(line)), "no {line:?} in\n{text}");
        }
        assert!(text.ends_with("# EOF\n"));
    }
}
