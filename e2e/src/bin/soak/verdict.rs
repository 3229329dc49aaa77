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

/// What one replica had while it led.
#[derive(Clone, Debug)]
pub struct Reign {
    /// When it had settled.
    pub settled: Figures,
    /// When it was last seen to lead.
    pub last: Figures,
}

/// Whether there are more descriptors or tasks than pooled connections explain.
pub fn more_than_connections(now: f64, before: f64) -> bool {
    now > before + CONNECTIONS
}

/// What is not well, each in a sentence; nothing if all is.
pub fn of(tally: &Tally, idle: &Figures, reigns: &[Reign], end: &Figures) -> Vec<String> {
    let mut findings = Vec::new();
    if tally.runs == 0 {
        findings.push("no run came to its end".to_owned());
    }
    if tally.violations > 0 {
        findings.push(format!("{} violations", tally.violations));
    }
    if reigns.last().is_none_or(|reign| reign.settled.pod != end.pod) {
        findings.push(format!("{} led in the end, and not for long enough to say anything of its memory", end.pod));
    }
    for Reign { settled, last } in reigns {
        if last.memory > settled.memory * GROWTH {
            let (pod, was, is) = (&last.pod, settled.mebibytes(), last.mebibytes());
            findings.push(format!("memory of {pod} grew from {was:.1} to {is:.1} MiB, by more than {GROWTH} times"));
        }
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

    fn reign(settled: &Figures, last: &Figures) -> Reign {
        Reign { settled: settled.clone(), last: last.clone() }
    }

    fn one_run() -> Tally {
        let mut tally = Tally::default();
        tally.add(&[]);
        tally
    }

    #[test]
    fn what_is_flat_passes() {
        let (idle, end) = (figures(10e6, 12.0, 8.0), figures(21.9e6, 14.0, 9.0));
        let reign = reign(&figures(20e6, 30.0, 60.0), &end);
        assert_eq!(of(&one_run(), &idle, &[reign], &end), Vec::<String>::new());
    }

    #[test]
    fn a_soak_without_a_run_says_nothing() {
        let flat = figures(1.0, 1.0, 1.0);
        assert_eq!(of(&Tally::default(), &flat, &[reign(&flat, &flat)], &flat).len(), 1);
    }

    #[test]
    fn each_kind_of_growth_is_told() {
        let (idle, end) = (figures(10e6, 12.0, 8.0), figures(23e6, 40.0, 19.0));
        let mut tally = one_run();
        tally.add(&["S1".into()]);
        let findings = of(&tally, &idle, &[reign(&figures(20e6, 12.0, 8.0), &end)], &end);
        assert_eq!(findings.len(), 4, "{findings:?}");
    }

    #[test]
    fn a_leader_counts_though_another_one_follows() {
        let (flat, grown) = (figures(10e6, 12.0, 8.0), figures(23e6, 12.0, 8.0));
        let other = Figures { pod: "other".into(), ..flat.clone() };
        let findings = of(&one_run(), &flat, &[reign(&flat, &grown), reign(&other, &other)], &other);
        assert_eq!(findings.len(), 1, "{findings:?}");
        assert!(findings.iter().all(|finding| finding.contains("leader grew")), "{findings:?}");
    }

    #[test]
    fn a_leader_that_has_not_settled_is_told() {
        let flat = figures(10e6, 12.0, 8.0);
        let other = Figures { pod: "other".into(), ..flat.clone() };
        for reigns in [vec![], vec![reign(&flat, &flat)]] {
            assert!(of(&one_run(), &flat, &reigns, &other).iter().any(|finding| finding.contains("other")));
        }
    }
}
