//! What can happen next.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use upgradegate_crds::{Action, ActionType, Phase};
use upgradegate_operator::gate::{DrainFact, Intent, Report};

use super::{
    operator::{Call, Luck},
    rollout::Turn,
    world::{Act, Gate, Life, Target, Template, World, model_gate},
};
use crate::kit::at;

/// One thing that happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Move {
    Reconcile(usize),
    /// The watches of a run get their lists.
    Sync(usize),
    Call(usize, u8, Call, Luck),
    /// A late call takes effect.
    Arrive,
    Crash,
    /// Time passes until something is due. Workers renew and ask meanwhile; `Stall`: they do not.
    Pass,
    Stall,
    StartWork(u8),
    EndWork(u8),
    Restart(u8),
    Turn(Turn),
    Verdict,
    Patch(Template),
    Order(usize, ActionType),
    Delete(usize),
    CreateSecond,
    ReplaceTarget,
    RemoveTarget,
}

impl World {
    /// All that can happen now.
    pub fn moves(&self) -> Vec<Move> {
        let mut moves = self.operators_moves();
        let turns = self.turns();
        if moves.is_empty() && (turns.is_empty() || self.budget.slow > 0) && self.passes() {
            moves.push(Move::Pass);
        }
        moves.extend(self.late.map(|_| Move::Arrive));
        moves.extend(turns.into_iter().map(Move::Turn));
        moves.extend(self.is_stuck().then_some(Move::Verdict));
        moves.extend(self.moves_of_applications());
        moves.extend(self.moves_of_people());
        if self.budget.faults > 0 {
            moves.push(Move::Crash);
            moves.extend(self.next_moment(false).map(|_| Move::Stall));
        }
        moves
    }

    /// What the operator has to do. Time does not pass before it did, unless it stalls.
    pub fn operators_moves(&self) -> Vec<Move> {
        let mut moves = Vec::new();
        for index in 0..self.gates.len() {
            let slot = &self.gates[index];
            if slot.object.is_none() {
                continue;
            }
            if !slot.run.synced {
                moves.push(Move::Sync(index));
            }
            if self.is_due(index) {
                moves.push(Move::Reconcile(index));
            }
            for id in self.pods.keys() {
                let Some(call) = self.next_call(index, *id) else { continue };
                moves.push(Move::Call(index, *id, call, Luck::Fine));
                if self.budget.faults > 0 {
                    let mut lucks = vec![Luck::NotArrived];
                    if !matches!(call, Call::Probe(_)) {
                        lucks.push(Luck::AnswerLost);
                    }
                    if matches!(call, Call::Drain(_)) && self.late.is_none() {
                        lucks.push(Luck::Late);
                    }
                    moves.extend(lucks.into_iter().map(|luck| Move::Call(index, *id, call, luck)));
                }
            }
        }
        moves
    }

    fn moves_of_applications(&self) -> Vec<Move> {
        let mut moves = Vec::new();
        for (id, pod) in self.pods.iter().filter(|(_, pod)| pod.life == Life::Running) {
            if pod.app.busy {
                moves.push(Move::EndWork(*id));
            } else if self.budget.work > 0 && pod.app.drained(self.now).is_none() {
                moves.push(Move::StartWork(*id));
            }
            if self.budget.restarts > 0 {
                moves.push(Move::Restart(*id));
            }
        }
        moves
    }

    fn moves_of_people(&self) -> Vec<Move> {
        let (budget, mut moves) = (&self.budget, Vec::new());
        let through = budget.may(Act::Bypass) || self.gates.iter().any(|gate| gate.let_through);
        if let (Some(template), true, Some(_)) = (budget.patches.first(), through, self.target) {
            moves.push(Move::Patch(*template));
        }
        for (index, gate) in self.gates.iter().enumerate() {
            let Some(object) = &gate.object else { continue };
            if object.status.as_ref().is_some_and(|status| status.phase == Some(Phase::Finished)) {
                continue;
            }
            let may = |type_| object.spec.action.as_ref().is_none_or(|action| action.type_ < type_);
            let orders = [
                (ActionType::Open, budget.may(Act::Open)),
                (ActionType::Finish, budget.may(Act::Finish)),
                (ActionType::Cancel, budget.may(Act::Cancel)),
            ];
            moves.extend(orders.into_iter().filter(|(t, yes)| *yes && may(*t)).map(|(t, _)| Move::Order(index, t)));
            if budget.may(Act::Delete) && object.metadata.deletion_timestamp.is_none() {
                moves.push(Move::Delete(index));
            }
        }
        moves.extend((budget.may(Act::Second)).then_some(Move::CreateSecond));
        moves.extend((budget.may(Act::Replace) && self.target.is_some()).then_some(Move::ReplaceTarget));
        moves.extend((budget.may(Act::Remove) && self.target.is_some()).then_some(Move::RemoveTarget));
        moves
    }

    /// Whether time alone brings anything.
    pub fn passes(&self) -> bool {
        self.next_moment(true).is_some()
    }

    /// The next time at which something is due by itself; a drain that a worker renews is not.
    fn next_moment(&self, renewing: bool) -> Option<i64> {
        let gates = (0..self.gates.len()).filter(|index| self.gates[*index].object.is_some());
        let wakes =
            gates.filter_map(|index| self.decision(index).wake).map(|wake| wake.duration_since(at(0)).as_secs());
        let leases = self.pods.iter().filter(|(id, _)| !renewing || self.renewer(**id).is_none());
        let ends = leases.filter_map(|(_, pod)| pod.app.lease).map(|lease| lease.until);
        wakes.chain(ends).filter(|moment| *moment > self.now).min()
    }

    /// The gate whose worker renews the drain of this pod.
    fn renewer(&self, id: u8) -> Option<usize> {
        let lease = self.pods[&id].app.lease?;
        (0..self.gates.len()).find(|index| {
            let run = &self.gates[*index].run;
            let told = matches!(run.intents.get(&id), Some(Intent::Drained { epoch, .. }) if *epoch == lease.epoch);
            told && run.facts.get(&id).is_some_and(|facts| facts.drain == DrainFact::Acknowledged(lease.epoch))
        })
    }

    /// Lets it happen.
    pub fn happen(&mut self, what: Move) {
        self.let_it_happen(what);
        self.decisions = Default::default();
    }

    fn let_it_happen(&mut self, what: Move) {
        match what {
            Move::Reconcile(index) => self.reconcile(index),
            Move::Sync(index) => self.gates[index].run.synced = true,
            Move::Call(index, id, call, luck) => {
                self.budget.faults -= u8::from(luck != Luck::Fine);
                self.call(index, id, call, luck);
            }
            Move::Arrive => self.arrive(),
            Move::Crash => {
                self.budget.faults -= 1;
                self.crash();
            }
            Move::Pass => {
                self.budget.slow -= u8::from(!self.turns().is_empty());
                self.pass(true);
            }
            Move::Stall => {
                self.budget.faults -= 1;
                self.pass(false);
            }
            Move::StartWork(id) => {
                self.budget.work -= 1;
                self.pods.get_mut(&id).unwrap().app.busy = true;
            }
            Move::EndWork(id) => self.pods.get_mut(&id).unwrap().app.busy = false,
            Move::Restart(id) => self.restart(id),
            Move::Turn(turn) => self.take(turn),
            Move::Verdict => self.target.as_mut().unwrap().failed_since = Some(self.now),
            Move::Patch(template) => {
                self.budget.patches.remove(0);
                let target = self.target.as_mut().unwrap();
                (target.template, target.observed) = (template, false);
            }
            Move::Order(index, type_) => self.order(index, type_),
            Move::Delete(index) => {
                self.budget.spend(Act::Delete);
                let now = Time(at(self.now));
                self.gates[index].object.as_mut().unwrap().metadata.deletion_timestamp = Some(now);
            }
            Move::CreateSecond => {
                self.budget.spend(Act::Second);
                self.gates.push(Gate::new(model_gate("second", self.now)));
            }
            Move::ReplaceTarget => {
                self.budget.spend(Act::Replace);
                let target = self.target.unwrap();
                self.target = Some(Target { uid: target.uid + 1, observed: false, failed_since: None, ..target });
            }
            Move::RemoveTarget => {
                self.budget.spend(Act::Remove);
                self.target = None;
                for pod in self.pods.values_mut() {
                    pod.life = Life::Terminating;
                }
            }
        }
    }

    fn order(&mut self, index: usize, type_: ActionType) {
        match type_ {
            ActionType::Open => self.budget.spend(Act::Open),
            ActionType::Finish => self.budget.spend(Act::Finish),
            ActionType::Cancel => self.budget.spend(Act::Cancel),
        }
        let object = self.gates[index].object.as_mut().unwrap();
        object.spec.action = Some(Action { type_, reason: Some("because".into()) });
    }

    /// The container starts anew: it knows of no drain, and workers know nothing of it.
    fn restart(&mut self, id: u8) {
        self.budget.restarts -= 1;
        self.pods.get_mut(&id).unwrap().app = super::app::App::default();
        for gate in &mut self.gates {
            gate.run.facts.insert(id, upgradegate_operator::gate::Facts::default());
        }
    }

    fn arrive(&mut self) {
        let Some((id, epoch)) = self.late.take() else { return };
        let now = self.now;
        if let Some(pod) = self.pods.get_mut(&id) {
            // Nobody hears the answer.
            let _ = pod.app.post(epoch, None, now);
        }
    }

    /// Time passes. Workers that renew and ask do so meanwhile.
    fn pass(&mut self, renewing: bool) {
        let Some(moment) = self.next_moment(renewing) else { return };
        self.now = moment;
        for id in self.pods.keys().copied().collect::<Vec<_>>() {
            let renewer = self.renewer(id).filter(|_| renewing);
            let app = &mut self.pods.get_mut(&id).unwrap().app;
            let busy = app.busy;
            match (renewer, &mut app.lease) {
                (Some(index), Some(lease)) => {
                    lease.until = moment + super::app::LEASE;
                    let facts = self.gates[index].run.facts.get_mut(&id).unwrap();
                    if let Some(probe) = &mut facts.probe {
                        (probe.at, probe.result) = (at(moment), Ok(Report { ready: !busy, ..Report::default() }));
                    }
                }
                (_, lease) => *lease = lease.filter(|lease| moment < lease.until),
            }
        }
    }
}
