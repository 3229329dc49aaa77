//! Who is ready and who holds the gate.

use upgradegate_crds::{MemberState, MemberStatus, PodCounts, UpgradeGateStatus};

use super::{known::Known, time};

/// Most members that a status lists.
const LISTED: usize = 10;

/// The members that count, in numbers and by name.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Tally {
    pub(crate) pods: PodCounts,
    /// All of them, those that hold the gate first.
    pub(crate) members: Vec<MemberStatus>,
}

impl Tally {
    /// Counts the members under the status's epoch.
    pub(crate) fn of(known: &Known, status: &UpgradeGateStatus) -> Tally {
        let (Ok(plan), Some(epoch)) = (&known.plan, status.epoch) else { return Tally::default() };
        let mut members: Vec<_> = known
            .o
            .members
            .known
            .iter()
            .filter(|member| member.counts())
            .map(|member| {
                let state = member.state(plan, epoch, known.o.now);
                let earlier = status.members.iter().find(|m| m.uid == member.uid && m.state == state);
                let since = member.facts.since.unwrap_or(known.o.now);
                let since = earlier.map_or(since, |m| since.min(m.since.0));
                let (name, uid, message) = (member.name.clone(), member.uid.clone(), member.message());
                MemberStatus { name, uid, state, since: time::stamp(since), message }
            })
            .collect();
        members.sort_by(|a, b| (a.state, &a.since, &a.name).cmp(&(b.state, &b.since, &b.name)));
        let count = |state| u32::try_from(members.iter().filter(|m| m.state == state).count()).unwrap_or(u32::MAX);
        let total = u32::try_from(members.len()).unwrap_or(u32::MAX);
        let ready = count(MemberState::Ready);
        let pods = PodCounts {
            summary: format!("{ready}/{total}"),
            total,
            required: plan.quorum.required(total),
            draining: count(MemberState::Draining),
            ready,
            busy: count(MemberState::Busy),
            unreachable: count(MemberState::Unreachable),
        };
        Tally { pods, members }
    }

    /// Whether enough members are ready. It holds of no members too: `hold.rs` asks for that before.
    pub(crate) fn has_quorum(&self) -> bool {
        self.pods.ready >= self.pods.required
    }

    /// Writes the counts and the first members into the status.
    pub(crate) fn record(self, status: &mut UpgradeGateStatus) {
        status.pods = Some(self.pods);
        status.members = self.members;
        status.members.truncate(LISTED);
    }
}
