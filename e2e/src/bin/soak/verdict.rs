//! Whether all is well.

use std::{collections::BTreeMap, fmt};

use crate::leader::Figures;

/// How much memory may have grown since it had settled.
const GROWTH: f64 = 1.1;

/// Descriptors, and tasks, beside those before the first run: of pooled connections to the API server.
const CONNECTIONS: f64 = 4.0;

/// What happened so far.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    runs: usize,
    violations: usize,
    steps: usize,
    faults: BTreeMap<&'static str, usize>,
}

impl Tally {
    /// A run ended, and this is what was wrong in it.
    pub fn add(&mut self, broken: &[String]) {
        self.runs += 1;
        self.violations += usize::from(!broken.is_empty());
    }

    /// So many written statuses were held against the model.
    pub fn held(&mut self, steps: usize) {
        self.steps += steps;
    }

    /// The cluster had a fault.
    pub fn fault(&mut self, what: &'static str) {
        *self.faults.entry(what).or_default() += 1;
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Tally { runs, violations, steps, faults } = self;
        let faults: usize = faults.values().sum();
        write!(f, "{runs} runs ({steps} steps), {violations} violations, {faults} cluster faults")
    }
}

/// Whether there are more descriptors or tasks than pooled connections explain.
pub fn more_than_connections(now: f64, before: f64) -> bool {
    now > before + CONNECTIONS
}

/// What is not well, each in a sentence; nothing if all is.
pub fn of(tally: &Tally, idle: &Figures, settled: Option<&Figures>, end: &Figures) -> Vec<String> {
    let mut findings = Vec::new();
    if tally.runs == 0 {
        findings.push("no run came to its end".to_owned());
    }
    if tally.violations > 0 {
        findings.push(format!("{} violations", tally.violations));
    }
    match settled.filter(|settled| settled.pod == end.pod) {
        None => {
            findings.push(format!("{} led in the end, and not for long enough to say anything of its memory", end.pod));
        }
        Some(settled) if end.memory > settled.memory * GROWTH => {
            let (was, is) = (settled.mebibytes(), end.mebibytes());
            findings.push(format!("memory grew from {was:.1} to {is:.1} MiB, by more than {GROWTH} times"));
        }
        Some(_) => {}
    }
    if more_than_connections(end.descriptors, idle.descriptors) {
        findings.push(format!("{} descriptors are open, and were {} before", end.descriptors, idle.descriptors));
    }
    if more_than_connections(end.tasks, idle.tasks) {
        findings.push(format!("{} tasks are alive, and were {} before", end.tasks, idle.tasks));
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    fn figures(memory: f64, descriptors: f64, tasks: f64) -> Figures {
        Figures { pod: "leader".into(), memory, descriptors, tasks }
    }

    #[test]
    fn what_is_flat_passes() {
        let mut tally = Tally::default();
        tally.add(&[]);
        let idle = figures(10e6, 12.0, 8.0);
        assert_eq!(
            of(&tally, &idle, Some(&figures(20e6, 30.0, 60.0)), &figures(21.9e6, 14.0, 9.0)),
            Vec::<String>::new()
        );
    }

    #[test]
    fn each_kind_of_growth_is_told() {
        let mut tally = Tally::default();
        assert_eq!(
            of(&tally, &figures(1.0, 1.0, 1.0), Some(&figures(1.0, 1.0, 1.0)), &figures(1.0, 1.0, 1.0)).len(),
            1
        );
        tally.add(&["S1".into()]);
        let idle = figures(10e6, 12.0, 8.0);
        let findings = of(&tally, &idle, Some(&figures(20e6, 12.0, 8.0)), &figures(23e6, 40.0, 19.0));
        assert_eq!(findings.len(), 4, "{findings:?}");
        let other = Figures { pod: "other".into(), ..idle.clone() };
        for settled in [None, Some(&idle)] {
            assert!(of(&tally, &idle, settled, &other).iter().any(|finding| finding.contains("other")));
        }
    }
}
