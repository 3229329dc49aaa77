//! What is defined for a change of a spec: "immutable, except deadlineSeconds, action, ttlSecondsAfterFinished", and actions that move
//! only forward. It is written from the design; neither from the definition nor from the operator.

use std::ops::RangeInclusive;

use anyhow::{Result, bail};
use serde_json::Value;

use super::change::{Change, Way};
use super::schema::Schema;

/// What has to come of a change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Refused as invalid; the answer names one of these fields, or one in it.
    Refused(Vec<String>),
    /// Refused, since somebody else owns this field and it would get another value.
    Conflict,
    /// Accepted; it makes no difference.
    Nothing,
    /// Accepted.
    Accepted,
}

/// What is defined for a field of the spec.
enum Law {
    /// It stays as it was created: also if it was not there.
    Immutable,
    /// Seconds.
    Seconds { range: RangeInclusive<i64>, required: bool },
    /// An order: it moves only forward.
    Action,
}

/// The orders, first to last.
const ORDERS: [&str; 3] = ["Open", "Finish", "Cancel"];

/// Longest reason of an order, in characters.
const LONGEST_REASON: usize = 512;

fn law(name: &str) -> Result<Law> {
    Ok(match name {
        "targetRef" | "onMissingTarget" | "probe" | "drain" | "minReady" | "onDeadline" | "progressSeconds" => {
            Law::Immutable
        }
        "deadlineSeconds" => Law::Seconds { range: 1..=2_592_000, required: true },
        "ttlSecondsAfterFinished" => Law::Seconds { range: 0..=31_536_000, required: false },
        "action" => Law::Action,
        _ => bail!("nothing is defined for changes of spec.{name}; add it to {}", file!()),
    })
}

/// What has to come of this change of this spec.
///
/// # Errors
/// When the spec has a field for which nothing is defined.
pub fn verdict(schema: &Schema, spec: &Value, change: &Change) -> Result<Verdict> {
    let Change::Spec { path, value, way } = change else { return Ok(Verdict::Accepted) };
    let (before, after) = (schema.settled(spec), schema.settled(&change.on(spec)));
    if *way == Way::Apply && value.as_ref().is_some_and(|value| replaces(at(&before, path), value)) {
        return Ok(Verdict::Conflict);
    }
    if !after.is_object() {
        return Ok(Verdict::Refused(vec!["spec".into()]));
    }
    let (mut refused, mut verdict) = (Vec::new(), Verdict::Nothing);
    for name in schema.names() {
        let law = law(name)?;
        let (old, new) = (before.get(name), after.get(name));
        if old == new {
            continue;
        }
        let allowed = match law {
            Law::Immutable => false,
            Law::Seconds { range, required } => match new {
                Some(new) => new.as_i64().is_some_and(|seconds| range.contains(&seconds)),
                None => !required,
            },
            Law::Action => new.is_some_and(|new| is_order(new) && old.is_none_or(|old| rank(old) < rank(new))),
        };
        if !allowed {
            refused.push(format!("spec.{name}"));
        }
        verdict = Verdict::Accepted;
    }
    Ok(if refused.is_empty() { verdict } else { Verdict::Refused(refused) })
}

/// Whether something in `old` would get another value.
fn replaces(old: Option<&Value>, new: &Value) -> bool {
    match (old, new) {
        (None, _) => false,
        (Some(Value::Object(_)), Value::Object(fields)) => {
            fields.iter().any(|(name, new)| replaces(old.and_then(|old| old.get(name)), new))
        }
        (Some(old), new) => old != new,
    }
}

fn at<'v>(spec: &'v Value, path: &[String]) -> Option<&'v Value> {
    path.iter().try_fold(spec, |value, name| value.get(name))
}

fn rank(action: &Value) -> Option<usize> {
    ORDERS.iter().position(|order| action["type"] == *order)
}

/// Whether it can be given: with a reason that is not too long, and that `Open` can't do without.
fn is_order(action: &Value) -> bool {
    let reason = match action.get("reason") {
        None => Some(""),
        Some(reason) => reason.as_str().filter(|reason| reason.chars().count() <= LONGEST_REASON),
    };
    let Some((rank, reason)) = rank(action).zip(reason) else { return false };
    rank > 0 || !reason.is_empty()
}

/// Whether this field of the spec stays as it was created.
///
/// # Errors
/// When nothing is defined for it.
pub fn is_immutable(name: &str) -> Result<bool> {
    Ok(matches!(law(name)?, Law::Immutable))
}
