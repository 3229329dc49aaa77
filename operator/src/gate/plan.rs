//! What a gate asks, parsed once into types that can't be wrong.

use jiff::{SignedDuration, Timestamp};
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;
use upgradegate_crds::{OnDeadline, UpgradeGateSpec};

use super::ReadyRule;

/// A spec that can be run.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The question to a member.
    pub probe: Endpoint,
    /// When its answer means ready.
    pub ready: ReadyRule,
    /// Seconds from one question to the next.
    pub period_seconds: u16,
    /// Seconds after which a call has failed.
    pub timeout_seconds: u16,
    /// The drain, if members are told to take no new work.
    pub drain: Option<Endpoint>,
    /// Seconds after which an unrenewed drain is over. Without a drain: 0.
    pub lease_seconds: u16,
    /// How many members must be ready.
    pub quorum: Quorum,
    /// What happens at the deadline.
    pub on_deadline: OnDeadline,
    /// Longest time without progress of a rollout.
    pub progress_seconds: u32,
}

/// Where a member is called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    /// Path and query.
    pub path: String,
    /// Port number or container port name.
    pub port: IntOrString,
}

/// How many members must be ready.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quorum {
    /// Of a hundred, rounded up.
    Percent(u32),
    /// A number; all members if there are fewer.
    Count(u32),
}

/// Why a spec can't be run, with the field's path.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("spec.{field}: {why}")]
pub struct Invalid {
    /// Path of the field below `spec`.
    pub field: &'static str,
    /// What is wrong, and what to do.
    pub why: String,
}

impl Plan {
    /// Reads a spec. What the schema refuses is refused here too, since a definition may be older than the operator.
    ///
    /// # Errors
    /// [`Invalid`] names the field.
    pub fn parse(spec: &UpgradeGateSpec) -> Result<Plan, Invalid> {
        if (spec.target_ref.api_version.as_str(), spec.target_ref.kind.as_str()) != ("apps/v1", "Deployment") {
            return Err(Invalid { field: "targetRef", why: "must name an apps/v1 Deployment".into() });
        }
        let ready = match &spec.probe.ready {
            None => ReadyRule::standard(),
            Some(source) => ReadyRule::compile(source).map_err(|why| Invalid { field: "probe.ready", why })?,
        };
        let drain = spec.drain.as_ref().map(|d| (&d.http.path, &d.http.port));
        Ok(Plan {
            probe: endpoint("probe.httpGet", &spec.probe.http_get.path, &spec.probe.http_get.port)?,
            ready,
            period_seconds: spec.probe.period_seconds.max(1),
            timeout_seconds: spec.probe.timeout_seconds.max(1),
            drain: drain.map(|(path, port)| endpoint("drain.http", path, port)).transpose()?,
            lease_seconds: spec.drain.as_ref().map_or(0, |d| d.lease_seconds.max(1)),
            quorum: Quorum::parse(&spec.min_ready)?,
            on_deadline: spec.on_deadline,
            progress_seconds: spec.progress_seconds.max(1),
        })
    }

    /// Whether an answer of `at` still says something at `now`: for three rounds of asking. Nor does one from as far in the future: the clock
    /// was set back, and nobody knows how old it is.
    pub fn is_fresh(&self, at: Timestamp, now: Timestamp) -> bool {
        let rounds = 3 * (i64::from(self.period_seconds) + i64::from(self.timeout_seconds));
        now.duration_since(at).abs() <= SignedDuration::from_secs(rounds)
    }

    /// Seconds after the last renewal when a member works again whatever was lost: its lease, and the call that may be under way.
    pub fn lease_over_seconds(&self) -> u32 {
        u32::from(self.lease_seconds) + u32::from(self.timeout_seconds)
    }
}

impl Quorum {
    fn parse(min_ready: &IntOrString) -> Result<Quorum, Invalid> {
        let refuse =
            || Invalid { field: "minReady", why: "must be a number from 1, or a percentage from 1% to 100%".into() };
        match min_ready {
            IntOrString::Int(n) => u32::try_from(*n).ok().filter(|n| *n > 0).map(Quorum::Count),
            IntOrString::String(text) => text
                .strip_suffix('%')
                .and_then(|n| n.parse().ok())
                .filter(|n| (1..=100).contains(n))
                .map(Quorum::Percent),
        }
        .ok_or_else(refuse)
    }

    /// How many of `total` members must be ready; at least one when there are any.
    pub fn required(self, total: u32) -> u32 {
        match self {
            Quorum::Count(n) => n.min(total),
            Quorum::Percent(percent) => {
                u32::try_from((u64::from(total) * u64::from(percent)).div_ceil(100)).unwrap_or(total).min(total)
            }
        }
    }
}

fn endpoint(field: &'static str, path: &str, port: &IntOrString) -> Result<Endpoint, Invalid> {
    let printable = path.bytes().all(|b| b.is_ascii_graphic());
    if !path.starts_with('/') || !printable {
        return Err(Invalid { field, why: "path must start with '/' and hold no spaces".into() });
    }
    if let IntOrString::Int(number) = port
        && !(1..=65_535).contains(number)
    {
        return Err(Invalid { field, why: "port must be from 1 to 65535".into() });
    }
    Ok(Endpoint { path: path.to_owned(), port: port.clone() })
}
