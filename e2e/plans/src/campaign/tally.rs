//! What is counted over many plans.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use tokio::time::Instant;

use crate::fault::Plan;
use crate::run::Report;

/// Counts over many plans.
#[derive(Debug)]
pub struct Tally {
    began: Instant,
    /// Plans that were run.
    pub plans: usize,
    /// Those that failed.
    pub failed: Vec<String>,
    /// Those of whose faults none struck.
    pub spared: Vec<Plan>,
    struck: usize,
    lives: usize,
    longest: Duration,
    by_kind: BTreeMap<String, usize>,
}

impl Tally {
    /// Nothing counted yet; the clock runs.
    pub fn begin() -> Self {
        Self {
            began: Instant::now(),
            plans: 0,
            failed: Vec::new(),
            spared: Vec::new(),
            struck: 0,
            lives: 0,
            longest: Duration::ZERO,
            by_kind: BTreeMap::new(),
        }
    }

    pub(super) fn count(&mut self, report: &Report) {
        self.plans += 1;
        if report.struck == 0 && !report.plan.faults.is_empty() {
            self.spared.push(report.plan.clone());
        }
        self.struck += report.struck;
        self.lives += report.lives;
        self.longest = self.longest.max(report.took);
        for fault in &report.plan.faults {
            *self.by_kind.entry(fault.what.kind()).or_default() += 1;
        }
        if !report.is_good() {
            self.failed.push(report.plan.to_string());
        }
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.began.elapsed().as_secs_f64();
        let Tally { plans, lives, .. } = self;
        #[allow(clippy::cast_precision_loss)] // a rate
        let rate = *plans as f64 / seconds.max(0.001);
        write!(
            f,
            "{plans} plans in {seconds:.0} s ({rate:.2}/s, longest {:.0} s), {lives} lives of operators, {} failed",
            self.longest.as_secs_f64(),
            self.failed.len()
        )?;
        if !self.by_kind.is_empty() {
            let kinds: Vec<_> = self.by_kind.iter().map(|(kind, count)| format!("{kind} {count}")).collect();
            let all: usize = self.by_kind.values().sum();
            write!(f, "; {all} faults ({}), {} of them struck", kinds.join(", "), self.struck)?;
        }
        Ok(())
    }
}
