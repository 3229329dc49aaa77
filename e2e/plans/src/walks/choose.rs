//! Which changes there are of a gate, and which of them a walk makes.

use anyhow::Result;
use fastrand::Rng;
use serde_json::Value;

use super::change::{Change, Metadata, Way};
use super::law::{Verdict, verdict};
use super::schema::Schema;
use super::values::{fits, values};

/// Every field taken away, and set to each of its values, each in some way.
///
/// # Errors
/// When there is a field that the generator does not know.
pub fn changes(schema: &Schema, spec: &Value, rng: &mut Rng) -> Result<Vec<Change>> {
    let mut changes = Vec::new();
    for field in schema.fields() {
        let now = field.path.iter().try_fold(spec, |value, name| value.get(name));
        let values = values(&field, now, rng)?;
        for value in values.into_iter().map(Some).chain([None]) {
            let can_be_applied = value.as_ref().is_some_and(|value| fits(&field, value));
            let ways: Vec<Way> = Way::ALL.into_iter().filter(|way| can_be_applied || !way.applies()).collect();
            let way = ways[rng.usize(..ways.len())];
            changes.push(Change::Spec { path: field.path.clone(), value, way });
        }
    }
    Ok(changes)
}

/// The changes that have to be refused, or to make no difference, each with what has to come of it.
///
/// # Errors
/// As [`changes`]; and when nothing is defined for a field.
pub fn tries(schema: &Schema, spec: &Value, rng: &mut Rng) -> Result<Vec<(Change, Verdict)>> {
    let mut tries = Vec::new();
    for change in changes(schema, spec, rng)? {
        let verdict = verdict(schema, spec, &change)?;
        // An apply that makes no difference is still written down: who applied is kept.
        let is_kept = matches!(&change, Change::Spec { way, .. } if way.applies());
        if verdict != Verdict::Accepted && !(verdict == Verdict::Nothing && is_kept) {
            tries.push((change, verdict));
        }
    }
    rng.shuffle(&mut tries);
    Ok(tries)
}

/// The changes that have to be accepted, by what they change: a field of the spec, or the metadata.
fn steps(schema: &Schema, spec: &Value, rng: &mut Rng) -> Result<Vec<Vec<Change>>> {
    let mut groups = vec![Metadata::ALL.map(Change::Metadata).to_vec()];
    let all = changes(schema, spec, rng)?;
    for name in schema.names() {
        let mut group = Vec::new();
        for change in &all {
            let of_name =
                matches!(change, Change::Spec { path, .. } if path.first().is_some_and(|first| first == name));
            if of_name && verdict(schema, spec, change)? == Verdict::Accepted {
                group.push(change.clone());
            }
        }
        groups.push(group);
    }
    groups.retain(|group| !group.is_empty());
    Ok(groups)
}

/// The first change of the `n`-th walk from a phase: one walk after the other, every kind of change, and of each kind every value.
///
/// # Errors
/// As [`tries`].
pub fn first(schema: &Schema, spec: &Value, n: usize, rng: &mut Rng) -> Result<Option<Change>> {
    let groups = steps(schema, spec, rng)?;
    let Some(group) = groups.get(n % groups.len().max(1)) else { return Ok(None) };
    Ok(group.get((n / groups.len()) % group.len()).cloned())
}

/// Any change, mostly one that has to be accepted.
///
/// # Errors
/// As [`tries`].
pub fn next(schema: &Schema, spec: &Value, rng: &mut Rng) -> Result<Option<Change>> {
    if rng.u8(..4) == 0 {
        let all = changes(schema, spec, rng)?;
        return Ok(rng.choice(&all).cloned());
    }
    let groups = steps(schema, spec, rng)?;
    Ok(rng.choice(&groups).and_then(|group| rng.choice(group)).cloned())
}
