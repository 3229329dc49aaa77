//! What can happen next.

use upgradegate_crds::{ActionType, Phase};

use super::{
    calls::{Call, Luck},
    changes::Change,
    operator::Cut,
    view::View,
    world::{Act, Life, Lists, World},
};
use crate::kit::is_marked;

/// One thing that happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Move {
    Reconcile(usize),
    /// The process ends in the middle of a reconciliation.
    Cut(usize, Cut),
    /// The watches of a run get their next list.
    Sync(usize, Lists),
    /// A watch that lagged catches up.
    See(View),
    Call(usize, u8, Call, Luck),
    /// An answer that took its time comes.
    Answer(usize, u8),
    /// A late or repeated call takes effect.
    Arrive(u8, Call),
    Crash,
    /// Time passes until something is due. Workers renew and ask meanwhile; `Stall`: they do not.
    Pass,
    Stall,
    StartWork(u8),
    EndWork(u8),
    /// An application answers nobody any more.
    Hang(u8),
    /// Something changes that a watch tells.
    Change(Change),
    /// The same, and this watch lags behind it.
    Unseen(View, Change),
    /// The target can't be read.
    Blind,
    CreateSecond,
}

impl World {
    /// All that can happen now.
    pub fn moves(&self) -> Vec<Move> {
        let mut moves = self.operators_moves();
        let turns = self.turns();
        let lags = self.lagging().count() > 0;
        if moves.is_empty() && ((turns.is_empty() && !lags) || self.budget.slow > 0) && self.passes() {
            moves.push(Move::Pass);
        }
        moves.extend(self.lagging().map(Move::See));
        moves.extend(self.late.iter().map(|(id, call)| Move::Arrive(*id, *call)));
        let verdict = self.is_stuck().then_some(Change::Verdict);
        let own = turns.into_iter().map(Change::Turn).chain(verdict);
        self.push_changes(own, &mut moves);
        self.moves_of_applications(&mut moves);
        self.moves_of_people(&mut moves);
        if self.budget.faults > 0 {
            moves.push(Move::Crash);
            moves.extend(self.next_moment(false).map(|_| Move::Stall));
            self.cuts(&mut moves);
        }
        if self.budget.stale > 0 && !self.lags(View::Target) && self.target.is_some() {
            moves.push(Move::Blind);
        }
        moves
    }

    /// What the operator has to do. Time does not pass before it did, unless it stalls.
    pub fn operators_moves(&self) -> Vec<Move> {
        let mut moves = Vec::new();
        let alike = self.representatives();
        for (index, slot) in self.gates.iter().enumerate().filter(|(_, slot)| slot.seen().is_some()) {
            let finished = slot.phase() == Some(Phase::Finished);
            if !finished {
                moves.extend(self.next_lists(slot.run.lists, &alike).into_iter().map(|lists| Move::Sync(index, lists)));
            }
            if self.is_due(index) {
                moves.push(Move::Reconcile(index));
            }
            for id in &alike {
                if slot.run.pending.contains_key(id) {
                    moves.push(Move::Answer(index, *id));
                }
                let Some(call) = self.next_call(index, *id) else { continue };
                moves.push(Move::Call(index, *id, call, Luck::Fine));
                // Who answers nobody does so whatever the luck.
                let runs = self.answers(*id);
                let faults = Luck::faults(call).iter().filter(|_| runs && self.budget.faults > 0);
                let lies =
                    Luck::lies(call).iter().filter(|lie| runs && self.budget.lies > 0 && self.is_a_lie(*id, **lie));
                let lucks = faults.copied().chain(lies.map(|lie| Luck::Lie(*lie)));
                moves.extend(lucks.map(|luck| Move::Call(index, *id, call, luck)));
            }
        }
        moves
    }

    /// What may be listed next: any pod may come first.
    fn next_lists(&self, lists: Lists, alike: &[u8]) -> Vec<Lists> {
        let shown = self.pods_shown();
        match lists {
            Lists::Nothing if shown.is_empty() => vec![Lists::Some(None)],
            Lists::Nothing => {
                alike.iter().filter(|id| shown.contains_key(id)).map(|id| Lists::Some(Some(*id))).collect()
            }
            Lists::Some(_) => vec![Lists::Whole],
            Lists::Whole => Vec::new(),
        }
    }

    fn cuts(&self, moves: &mut Vec<Move>) {
        for index in 0..self.gates.len() {
            let Some(gate) = self.gates[index].seen().filter(|_| self.is_due(index)) else { continue };
            let decision = self.decision(index);
            if gate.status.as_ref().map(|s| (s.phase, s.epoch)) != Some((decision.status.phase, decision.status.epoch))
            {
                moves.push(Move::Cut(index, Cut::AfterStatus));
                moves.push(Move::Cut(index, Cut::AfterFinalizer));
            }
        }
    }

    fn moves_of_applications(&self, moves: &mut Vec<Move>) {
        let mut restarts = Vec::new();
        for id in self.representatives() {
            let Some(pod) = self.pods.get(&id).filter(|pod| pod.life == Life::Running) else { continue };
            if pod.app.busy {
                moves.push(Move::EndWork(id));
            } else if self.budget.work > 0 && pod.app.drained(self.now).is_none() {
                moves.push(Move::StartWork(id));
            }
            if self.budget.hangs > 0 && !pod.app.hangs {
                moves.push(Move::Hang(id));
            }
            restarts.extend((self.budget.restarts > 0).then_some(Change::Restart(id)));
        }
        self.push_changes(restarts, moves);
    }

    fn moves_of_people(&self, moves: &mut Vec<Move>) {
        let (budget, mut changes) = (&self.budget, Vec::new());
        let through = budget.may(Act::Bypass) || self.gates.iter().any(|gate| gate.let_through);
        if let (Some(template), true, Some(_)) = (budget.patches.first(), through, self.target) {
            changes.push(Change::Patch(*template));
        }
        for (index, gate) in self.gates.iter().enumerate() {
            let Some(object) = &gate.object else { continue };
            if gate.phase() == Some(Phase::Finished) {
                continue;
            }
            let may = |type_| object.spec.action.as_ref().is_none_or(|action| action.type_ < type_);
            let orders = [
                (ActionType::Open, budget.may(Act::Open)),
                (ActionType::Finish, budget.may(Act::Finish)),
                (ActionType::Cancel, budget.may(Act::Cancel)),
            ];
            let orders = orders.into_iter().filter(|(t, yes)| *yes && may(*t));
            changes.extend(orders.map(|(t, _)| Change::Order(index, t)));
            if budget.may(Act::Delete) && object.metadata.deletion_timestamp.is_none() {
                changes.push(Change::Delete(index));
            }
            if budget.may(Act::Strip) && is_marked(object) {
                changes.push(Change::Strip(index));
            }
        }
        changes.extend((budget.may(Act::Replace) && self.target.is_some()).then_some(Change::Replace));
        changes.extend((budget.may(Act::Remove) && self.target.is_some()).then_some(Change::Remove));
        self.push_changes(changes, moves);
        moves.extend((budget.may(Act::Second)).then_some(Move::CreateSecond));
    }

    /// Each change is seen at once, or one of the watches that tell it lags.
    fn push_changes(&self, changes: impl IntoIterator<Item = Change>, moves: &mut Vec<Move>) {
        for change in changes {
            moves.push(Move::Change(change));
            if self.budget.stale > 0 {
                let views = change.views().into_iter().filter(|view| !self.lags(*view));
                moves.extend(views.map(|view| Move::Unseen(view, change)));
            }
        }
    }

    /// Lets it happen.
    pub fn happen(&mut self, what: Move) {
        self.let_it_happen(what);
        self.decisions = Default::default();
    }

    fn let_it_happen(&mut self, what: Move) {
        match what {
            Move::Reconcile(index) => self.reconcile(index, None),
            Move::Cut(index, cut) => {
                self.budget.faults -= 1;
                self.reconcile(index, Some(cut));
            }
            Move::Sync(index, lists) => self.gates[index].run.lists = lists,
            Move::See(view) => self.catch_up(view),
            Move::Call(index, id, call, luck) => {
                self.budget.lies -= u8::from(matches!(luck, Luck::Lie(_)));
                self.budget.faults -= u8::from(!matches!(luck, Luck::Fine | Luck::Lie(_)));
                self.call(index, id, call, luck);
            }
            Move::Answer(index, id) => self.answer(index, id),
            Move::Arrive(id, call) => {
                let at = self.late.iter().position(|late| *late == (id, call)).unwrap();
                self.late.remove(at);
                // Nobody hears the answer.
                self.arrives(id, call, None);
            }
            Move::Crash => {
                self.budget.faults -= 1;
                self.crash();
            }
            Move::Pass => {
                self.budget.slow -= u8::from(!self.turns().is_empty() || self.lagging().count() > 0);
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
            Move::Hang(id) => {
                self.budget.hangs -= 1;
                self.pods.get_mut(&id).unwrap().app.hangs = true;
            }
            Move::Change(change) => self.change(change),
            Move::Unseen(view, change) => {
                self.budget.stale -= 1;
                self.freeze(view);
                self.change(change);
            }
            Move::Blind => {
                self.budget.stale -= 1;
                self.lag.target = Some(upgradegate_operator::gate::Target::Unknown);
            }
            Move::CreateSecond => {
                self.budget.spend(Act::Second);
                self.gates.push(super::world::Gate::new(super::world::model_gate("second", self.now)));
            }
        }
    }
}
