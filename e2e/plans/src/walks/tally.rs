//! What is counted over many walks.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

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
    accepted: usize,
    refused: usize,
    nothing: usize,
}

impl Tally {
    pub(super) fn count(&mut self, start: Start, verdict: &Verdict) {
        let phase = start.phase.map_or_else(|| "Unseen".into(), |phase| format!("{phase:?}"));
        let counts = self.by_phase.entry(phase).or_default();
        match verdict {
            Verdict::Accepted => counts.accepted += 1,
            Verdict::Refused(_) | Verdict::Conflict => counts.refused += 1,
            Verdict::Nothing => counts.nothing += 1,
        }
    }

    /// Adds another's counts.
    pub fn add(&mut self, other: Tally) {
        for (phase, counts) in other.by_phase {
            let all = self.by_phase.entry(phase).or_default();
            all.accepted += counts.accepted;
            all.refused += counts.refused;
            all.nothing += counts.nothing;
        }
        self.immutable.extend(other.immutable);
    }

    /// Transitions of a spec or of the metadata that were made.
    pub fn accepted(&self) -> usize {
        self.by_phase.values().map(|counts| counts.accepted).sum()
    }

    /// Phases from which there were any.
    pub fn phases(&self) -> usize {
        self.by_phase.values().filter(|counts| counts.accepted > 0 && counts.refused > 0).count()
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (phase, Counts { accepted, refused, nothing }) in &self.by_phase {
            writeln!(f, "  from {phase}: {accepted} accepted, {refused} refused, {nothing} without a difference")?;
        }
        Ok(())
    }
}
