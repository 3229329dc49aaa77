//! Tells each change of a gate and of its members, a line each.

use std::{
    collections::{HashMap, HashSet},
    convert::Infallible,
};

use kube::{ResourceExt, api::ListParams};
use tokio::time::sleep;
use upgradegate_crds::{MemberState, Phase, UpgradeGate, UpgradeGateStatus};
use upgradegate_e2e::{Test, bounds, history::Seen};

use crate::story::Story;

/// Tells of the gates that are made after it was.
pub struct Teller<'t> {
    test: &'t Test,
    /// UIDs of gates of earlier upgrades.
    known: HashSet<String>,
    read: usize,
    told: HashMap<String, String>,
}

impl<'t> Teller<'t> {
    /// Knows the gates that exist by now, and says nothing of them.
    ///
    /// # Errors
    /// If they cannot be listed.
    pub async fn new(test: &'t Test) -> anyhow::Result<Self> {
        let gates = test.api::<UpgradeGate>().list(&ListParams::default()).await?;
        let known = gates.items.iter().filter_map(ResourceExt::uid).collect();
        Ok(Self { test, known, read: 0, told: HashMap::new() })
    }

    /// The versions of the new gates, oldest first.
    pub fn news(&self) -> Vec<Seen> {
        let is_new = |seen: &Seen| seen.gate.uid().is_some_and(|uid| !self.known.contains(&uid));
        self.test.gates.all().into_iter().filter(is_new).collect()
    }

    /// Tells for ever.
    pub async fn follow(&mut self, story: &Story) -> Infallible {
        loop {
            self.catch_up(story);
            sleep(bounds::LOOK).await;
        }
    }

    /// Tells what was not told yet.
    pub fn catch_up(&mut self, story: &Story) {
        let news = self.news();
        for seen in news.iter().skip(self.read) {
            if let Some(status) = &seen.gate.status {
                for (who, what) in lines(&seen.gate.name_any(), status) {
                    if self.told.get(&who) != Some(&what) {
                        story.tell_of(seen.at, &who, &what);
                        self.told.insert(who, what);
                    }
                }
            }
        }
        self.read = news.len();
    }
}

/// Whom a status is about, and what it says.
fn lines(gate: &str, status: &UpgradeGateStatus) -> Vec<(String, String)> {
    let Some(phase) = status.phase else { return vec![(gate.into(), "created".into())] };
    let summary = status.pods.as_ref().map(|pods| format!(": {} ready", pods.summary)).unwrap_or_default();
    let outcome = status.outcome.map(|outcome| format!("{outcome:?}")).unwrap_or_default();
    let what = match phase {
        Phase::Draining => format!("Draining{summary}"),
        Phase::Finished => format!("{outcome}: {}", status.message),
        _ if status.message.is_empty() => format!("{phase:?}"),
        _ => status.message.clone(),
    };
    // Which members hold the gate is what one wants to know while it is shut; afterwards it is the rollout.
    let members = if phase == Phase::Draining { status.members.as_slice() } else { &[] };
    let member = |state: MemberState, message: &str| match message {
        "" => format!("{state:?}"),
        _ => format!("{state:?}: {message}"),
    };
    let mut lines: Vec<_> = members.iter().map(|m| (m.name.clone(), member(m.state, &m.message))).collect();
    lines.push((gate.into(), what));
    lines
}
