//! A plan: a scenario, and the faults that strike it. As text: `SCENARIO[/REPLICAS]: KIND#N MISHAP, …`, such as
//! `upgrade/2: update upgradegates/status#2 lose, drain#1 hang`.

use std::fmt;
use std::str::FromStr;

use anyhow::{Context, Result};

use super::Mishap;

/// One run of a scenario, with its faults.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// Name of the scenario.
    pub scenario: String,
    /// How many replicas of the operator run, at least 1.
    pub replicas: usize,
    /// What goes wrong.
    pub faults: Vec<Fault>,
}

/// One fault.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The call that it strikes.
    pub at: Point,
    /// What happens to it.
    pub what: Mishap,
}

/// One call of a run: the n-th of its kind, from 1 on, over all lives of all replicas.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Point {
    /// Verb and resource as in RBAC, or `probe`, `drain`, `resume` of a member.
    pub kind: String,
    /// Which one.
    pub nth: usize,
}

impl Plan {
    /// A plan without faults.
    pub fn plain(scenario: &str) -> Self {
        Plan { scenario: scenario.to_owned(), replicas: 1, faults: Vec::new() }
    }
}

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.scenario)?;
        if self.replicas > 1 {
            write!(f, "/{}", self.replicas)?;
        }
        for (n, Fault { at, what }) in self.faults.iter().enumerate() {
            write!(f, "{} {}#{} {what}", if n == 0 { ":" } else { "," }, at.kind, at.nth)?;
        }
        Ok(())
    }
}

impl FromStr for Plan {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> Result<Self> {
        let (name, faults) = text.split_once(':').unwrap_or((text, ""));
        let (scenario, replicas) = name.trim().split_once('/').unwrap_or((name.trim(), "1"));
        let replicas = replicas.parse().with_context(|| format!("{name}: how many replicas?"))?;
        let faults =
            faults.split(',').map(str::trim).filter(|text| !text.is_empty()).map(fault).collect::<Result<_>>()?;
        Ok(Plan { scenario: scenario.to_owned(), replicas, faults })
    }
}

fn fault(text: &str) -> Result<Fault> {
    let wanted = || format!("{text:?}: write KIND#N MISHAP, such as `update leases#2 lose`");
    let (kind, rest) = text.split_once('#').with_context(wanted)?;
    let (nth, what) = rest.split_once(' ').with_context(wanted)?;
    let at = Point { kind: kind.to_owned(), nth: nth.parse().with_context(wanted)? };
    Ok(Fault { at, what: what.trim().parse().with_context(wanted)? })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::super::Calls;
    use super::{Fault, Plan, Point};

    #[test]
    fn a_plan_is_its_text() {
        for calls in [Calls::Write, Calls::Read, Calls::Watch, Calls::Member] {
            for what in calls.mishaps() {
                let at = |kind: &str| Point { kind: kind.into(), nth: 3 };
                let faults = ["drain", "update upgradegates/status"].map(|kind| Fault { at: at(kind), what: *what });
                let plan = Plan { scenario: "upgrade".into(), replicas: 2, faults: faults.into() };
                assert_eq!(plan.to_string().parse::<Plan>().unwrap(), plan);
            }
        }
        assert_eq!("upgrade".parse::<Plan>().unwrap(), Plan::plain("upgrade"));
    }
}
