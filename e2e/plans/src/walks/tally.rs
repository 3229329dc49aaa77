//! What is counted over many walks.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::change::Change;
use super::law::Verdict;
use super::start::Start;

/// Counts over many walks.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    by_phase: BTreeMap<String, Counts>,
    /// Fields of which a good value was refused for no other reason than that they are immutable.
    pub immutable: BTreeSet<String>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Counts {
    spec: usize,
    metadata: usize,
    refused: usize,
    nothing: usize,
}

impl Tally {
    pub(super) fn count(&mut self, start: Start, change: &Change, verdict: &Verdict) {
        let phase = start.phase.map_or_else(|| "Unseen".into(), |phase| format!("{phase:?}"));
        let counts = self.by_phase.entry(phase).or_default();
        match (verdict, change) {
            (Verdict::Accepted, Change::Spec { .. }) => counts.spec += 1,
            (Verdict::Accepted, Change::Metadata(_)) => counts.metadata += 1,
            (Verdict::Refused(_) | Verdict::Conflict, _) => counts.refused += 1,
            (Verdict::Nothing, _) => counts.nothing += 1,
        }
    }

    /// Adds another's counts.
    pub fn add(&mut self, other: Tally) {
        for (phase, counts) in other.by_phase {
            let all = self.by_phase.entry(phase).or_default();
            all.spec += counts.spec;
            all.metadata += counts.metadata;
            all.refused += counts.refused;
            all.nothing += counts.nothing;
        }
        self.immutable.extend(other.immutable);
    }

    /// Transitions from one spec to another.
    pub fn specs(&self) -> usize {
        self.by_phase.values().map(|counts| counts.spec).sum()
    }

    /// Changes of the metadata that the operator looks at.
    pub fn metadata(&self) -> usize {
        self.by_phase.values().map(|counts| counts.metadata).sum()
    }

    /// Phases from which there were any.
    pub fn phases(&self) -> usize {
        self.by_phase.values().filter(|counts| counts.spec > 0 && counts.refused > 0).count()
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (phase, Counts { spec, metadata, refused, nothing }) in &self.by_phase {
            writeln!(
                f,
                "  from {phase}: {spec} to another spec, {metadata} of the metadata; {refused} refused, {nothing} without a difference"
            )?;
        }
        Ok(())
    }
}
