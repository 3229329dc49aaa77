//! Time: it passes from one moment at which something is due to the next.

use upgradegate_operator::gate::{DrainFact, Intent};

use super::{
    calls::{Call, Luck},
    world::{Life, World},
};
use crate::kit::at;

impl World {
    /// Whether time alone brings anything.
    pub fn passes(&self) -> bool {
        self.next_moment(true).is_some()
    }

    /// The next time at which something is due by itself; the end of a drain that a worker renews is not.
    pub fn next_moment(&self, renewing: bool) -> Option<i64> {
        let gates = (0..self.gates.len()).filter(|index| self.gates[*index].seen().is_some());
        let wakes =
            gates.filter_map(|index| self.decision(index).wake).map(|wake| wake.duration_since(at(0)).as_secs());
        let leases = self.pods.iter().filter(|(id, pod)| {
            let epoch = pod.app.lease.map(|lease| lease.epoch);
            !renewing || !(0..self.gates.len()).any(|index| self.renews(index, **id).is_some_and(|e| Some(e) == epoch))
        });
        let ends = leases.filter_map(|(_, pod)| pod.app.lease).map(|lease| lease.until);
        wakes.chain(ends).filter(|moment| *moment > self.now).min()
    }

    /// The epoch under which a worker renews the drain of this pod, if it does.
    fn renews(&self, index: usize, id: u8) -> Option<i64> {
        let run = &self.gates[index].run;
        let Some(Intent::Drained { epoch, .. }) = run.intents.get(&id) else { return None };
        let acknowledged = run.facts.get(&id).is_some_and(|facts| facts.drain == DrainFact::Acknowledged(*epoch));
        let runs = self.pods_shown().get(&id).is_some_and(|pod| pod.life == Life::Running);
        (acknowledged && runs && self.gates[index].seen()?.spec.drain.is_some()).then_some(*epoch)
    }

    /// Time passes. Workers that renew and ask do so meanwhile.
    pub fn pass(&mut self, renewing: bool) {
        let Some(moment) = self.next_moment(renewing) else { return };
        let renewals: Vec<(usize, u8, i64)> = (0..self.gates.len())
            .flat_map(|index| self.pods.keys().map(move |id| (index, *id)))
            .filter_map(|(index, id)| Some((index, id, self.renews(index, id).filter(|_| renewing)?)))
            .collect();
        let before = self.now;
        self.now = moment;
        for (index, id, epoch) in renewals {
            let (was_drained, waits) =
                (self.pods[&id].app.drained(before), self.gates[index].run.pending.contains_key(&id));
            if waits {
                continue;
            }
            // A drain that lasted was renewed all the time, so it lasts.
            if was_drained.is_some_and(|lease| lease.epoch == epoch) {
                self.pods.get_mut(&id).unwrap().app.lease =
                    was_drained.map(|lease| super::app::Lease { until: moment + 1, ..lease });
            }
            self.call(index, id, Call::Drain(epoch), Luck::Fine);
            if self.facts(index, id).probe.is_some() && self.renews(index, id).is_some() {
                self.call(index, id, Call::Probe(epoch), Luck::Fine);
            }
        }
        for pod in self.pods.values_mut() {
            pod.app.lease = pod.app.lease.filter(|lease| moment < lease.until);
        }
    }
}
