//! The workers of the operator: they call the applications, and keep what they learn.

use upgradegate_operator::gate::{DrainFact, Facts, Intent, ProbeFact, Report, Trouble};

use super::{
    app::{LEASE, Lie},
    properties,
    world::{Life, World},
};
use crate::kit::at;

/// A call that a worker makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Call {
    Drain(i64),
    Probe(i64),
    Resume(i64),
}

/// How a call to a member goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Luck {
    /// It is answered.
    Fine,
    /// It takes effect, and the answer is lost.
    AnswerLost,
    /// It takes effect, and the answer takes its time.
    AnswerLate,
    /// It does not arrive.
    NotArrived,
    /// It times out, and takes effect later.
    Late,
    /// It is answered, and takes effect once more later.
    Twice,
    /// The answer is not true.
    Lie(Lie),
}

/// What a member answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Reply {
    Done,
    /// 409 with this epoch.
    Conflict(i64),
    Probed {
        ready: bool,
        draining: bool,
    },
}

/// What a member really said to the calls of a gate.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Said {
    /// The epoch of the drain that it acknowledged last.
    pub drained: Option<i64>,
    /// When it was last asked whether it is ready, under which epoch, and whether it said so; `None` if no answer came.
    pub ready: Option<(i64, i64, bool)>,
}

impl Luck {
    /// What may happen to a call beside its being answered. Worlds with the budget for it see them all.
    pub fn faults(call: Call) -> &'static [Luck] {
        match call {
            Call::Probe(_) => &[Luck::NotArrived, Luck::AnswerLate],
            Call::Drain(_) | Call::Resume(_) => {
                &[Luck::NotArrived, Luck::AnswerLost, Luck::AnswerLate, Luck::Late, Luck::Twice]
            }
        }
    }

    /// Whether a call of this kind can go so.
    pub fn suits(self, call: Call) -> bool {
        match self {
            Luck::Fine => true,
            Luck::Lie(lie) => Luck::lies(call).contains(&lie),
            luck => Luck::faults(call).contains(&luck),
        }
    }

    /// The lies that an application may tell in answer to it.
    pub fn lies(call: Call) -> &'static [Lie] {
        match call {
            Call::Probe(_) => &[Lie::Ready, Lie::Busy, Lie::NotDraining],
            Call::Drain(_) => &[Lie::Done, Lie::NextEpoch, Lie::HighestEpoch, Lie::LowerEpoch],
            Call::Resume(_) => &[Lie::Done, Lie::NextEpoch, Lie::LowerEpoch],
        }
    }
}

impl World {
    /// What the worker of a member does next; `None` if it has nothing to do, waits for an answer, or would only hear again what it knows.
    pub fn next_call(&self, index: usize, id: u8) -> Option<Call> {
        let gate = &self.gates[index];
        if gate.run.pending.contains_key(&id) || self.pods_shown().get(&id)?.life != Life::Running {
            return None;
        }
        let facts = self.facts(index, id);
        let answers = self.answers(id);
        let is_known = !answers && facts.drain_trouble.is_some();
        let drains = gate.seen()?.spec.drain.is_some();
        match *gate.run.intents.get(&id)? {
            Intent::Idle => None,
            Intent::Resumed { epoch } => match facts.drain {
                DrainFact::Never | DrainFact::Resumed => None,
                DrainFact::Maybe | DrainFact::Acknowledged(_) => (!is_known).then_some(Call::Resume(epoch)),
            },
            Intent::Drained { epoch, probe } => {
                let forgot = facts.probe.as_ref().is_some_and(|probe| probe.result == Err(Trouble::NotDraining));
                let over = gate.run.leases.get(&id).is_none_or(|until| *until <= self.now);
                if drains && (facts.drain != DrainFact::Acknowledged(epoch) || over || forgot) {
                    // A member that follows a higher epoch says so again until the decision is made.
                    let waits = facts.conflict.is_some_and(|other| other >= epoch && epoch < i64::MAX);
                    return (!is_known && !waits).then_some(Call::Drain(epoch));
                }
                let news = facts.probe.is_none_or(|known| {
                    let hears =
                        if answers { self.judge(index, self.ask(id)) } else { known.result.clone().and(Err(lost())) };
                    let same =
                        known.result.as_ref().map(|r| r.ready).map_err(drop) == hears.map(|r| r.ready).map_err(drop);
                    !(same && known.epoch == epoch && (known.at == at(self.now) || !answers))
                });
                (probe && news).then_some(Call::Probe(epoch))
            }
        }
    }

    /// Makes a call.
    pub fn call(&mut self, index: usize, id: u8, call: Call, luck: Luck) {
        properties::s3_calls_only_whom_it_may(self, index, id, call);
        properties::s6_touches_only_its_own(self, index, id, call);
        let luck = if self.answers(id) { luck } else { Luck::NotArrived };
        if matches!(call, Call::Drain(_)) {
            self.gates[index].told.insert(id);
        }
        if matches!(luck, Luck::Late | Luck::Twice) {
            self.late.push((id, call));
            self.late.sort_unstable();
        }
        let reply = match luck {
            Luck::NotArrived | Luck::Late => None,
            Luck::Lie(lie) => Some(self.lie(id, call, lie)),
            Luck::Fine | Luck::AnswerLost | Luck::AnswerLate | Luck::Twice => Some(self.arrives(id, call, Some(index))),
        };
        self.note(index, id, call, reply);
        match (luck, reply) {
            (Luck::AnswerLate, Some(reply)) => {
                let now = self.now;
                if let (Call::Drain(epoch), mut facts) = (call, self.facts(index, id))
                    && facts.drain != DrainFact::Acknowledged(epoch)
                {
                    facts.drain = DrainFact::Maybe;
                    self.gates[index].run.facts.insert(id, facts);
                }
                self.gates[index].run.pending.insert(id, (call, reply, now));
            }
            (Luck::AnswerLost, _) => self.learn(index, id, call, None, self.now),
            _ => self.learn(index, id, call, reply, self.now),
        }
    }

    /// The answer that a worker waits for comes.
    pub fn answer(&mut self, index: usize, id: u8) {
        let Some((call, reply, asked)) = self.gates[index].run.pending.remove(&id) else { return };
        self.learn(index, id, call, Some(reply), asked);
    }

    /// A call takes effect; `gate` waits for the answer, unless nobody does.
    pub fn arrives(&mut self, id: u8, call: Call, gate: Option<usize>) -> Reply {
        let now = self.now;
        let Some(pod) = self.pods.get_mut(&id).filter(|pod| !pod.app.hangs) else { return Reply::Done };
        match call {
            Call::Drain(epoch) => pod.app.post(epoch, gate, now).map_or_else(Reply::Conflict, |()| Reply::Done),
            Call::Resume(epoch) => pod.app.delete(epoch, now).map_or_else(Reply::Conflict, |()| Reply::Done),
            Call::Probe(_) => self.ask(id),
        }
    }

    fn ask(&self, id: u8) -> Reply {
        let app = &self.pods[&id].app;
        Reply::Probed { ready: !app.busy, draining: app.drained(self.now).is_some() }
    }

    /// Whether this answer would not be true.
    pub fn is_a_lie(&self, id: u8, lie: Lie) -> bool {
        let Reply::Probed { ready, draining } = self.ask(id) else { return false };
        match lie {
            Lie::Ready => !ready || !draining,
            Lie::Busy => ready,
            Lie::NotDraining => draining,
            Lie::Done | Lie::NextEpoch | Lie::HighestEpoch | Lie::LowerEpoch => true,
        }
    }

    fn lie(&mut self, id: u8, call: Call, lie: Lie) -> Reply {
        let (Call::Drain(epoch) | Call::Probe(epoch) | Call::Resume(epoch)) = call;
        let (busy, now) = (self.pods[&id].app.busy, self.now);
        let app = &mut self.pods.get_mut(&id).unwrap().app;
        app.lied = true;
        match lie {
            Lie::Done => Reply::Done,
            Lie::NextEpoch => Reply::Conflict(epoch.saturating_add(1)),
            Lie::HighestEpoch => Reply::Conflict(i64::MAX),
            Lie::LowerEpoch => Reply::Conflict(epoch - 1),
            Lie::Ready => Reply::Probed { ready: true, draining: true },
            Lie::Busy => Reply::Probed { ready: false, draining: app.drained(now).is_some() },
            Lie::NotDraining => Reply::Probed { ready: !busy, draining: false },
        }
    }

    /// Notes what a member said, whether or not its worker hears it.
    fn note(&mut self, index: usize, id: u8, call: Call, reply: Option<Reply>) {
        let (now, said) = (self.now, self.gates[index].said.entry(id).or_default());
        match (call, reply) {
            (Call::Drain(epoch), Some(Reply::Done)) => said.drained = Some(epoch),
            (Call::Probe(epoch), Some(Reply::Probed { ready, .. })) => said.ready = Some((epoch, now, ready)),
            (Call::Probe(_), None) => said.ready = None,
            _ => {}
        }
    }

    /// What a worker makes of an answer to the probe: who forgot its drain is not ready, and is drained again.
    fn judge(&self, index: usize, reply: Reply) -> Result<Report, Trouble> {
        let drains = self.gates[index].seen().is_some_and(|gate| gate.spec.drain.is_some());
        match reply {
            Reply::Probed { draining: false, .. } if drains => Err(Trouble::NotDraining),
            Reply::Probed { ready, draining } => Ok(Report { ready, draining: Some(draining), message: String::new() }),
            Reply::Done | Reply::Conflict(_) => Err(lost()),
        }
    }

    /// A worker learns from an answer, or from its absence. Its knowledge is of the time at which it asked.
    fn learn(&mut self, index: usize, id: u8, call: Call, reply: Option<Reply>, asked: i64) {
        let mut facts = self.facts(index, id);
        match (call, reply) {
            (Call::Drain(epoch), Some(Reply::Done)) => {
                let fact = DrainFact::Acknowledged(epoch);
                let probe =
                    facts.probe.filter(|probe| facts.drain == fact && probe.result != Err(Trouble::NotDraining));
                facts = Facts { drain: fact, probe, ..Facts::default() };
                self.gates[index].run.leases.insert(id, asked + LEASE);
            }
            (Call::Drain(epoch), Some(Reply::Conflict(other))) if other > epoch => {
                facts = Facts { drain: DrainFact::Maybe, conflict: Some(other), ..Facts::default() };
            }
            (Call::Drain(_), _) => (facts.drain, facts.drain_trouble) = (DrainFact::Maybe, Some(lost())),
            (Call::Resume(epoch), Some(reply)) if !matches!(reply, Reply::Conflict(other) if other <= epoch) => {
                facts = Facts { drain: DrainFact::Resumed, ..Facts::default() };
            }
            (Call::Resume(_), _) => facts.drain_trouble = Some(lost()),
            (Call::Probe(epoch), reply) => {
                let result = reply.map_or_else(|| Err(lost()), |reply| self.judge(index, reply));
                facts.probe = Some(ProbeFact { epoch, at: at(asked), result });
            }
        }
        self.gates[index].run.facts.insert(id, facts);
    }
}

fn lost() -> Trouble {
    Trouble::NoAnswer("no answer within 1 s".into())
}
