//! What happens when faults have stopped and nobody wants anything more: everything that is due is done, in turn.

use super::{
    calls::Luck,
    changes::Change,
    moves::Move,
    rollout::Turn,
    world::{Life, World},
};

impl World {
    /// What happens next; `None` at the end of all.
    pub fn next_fair(&self) -> Option<Move> {
        let fine = |what: &Move| !matches!(what, Move::Call(_, _, _, luck) if *luck != Luck::Fine);
        if let Some(what) = self.operators_moves().into_iter().find(fine) {
            return Some(what);
        }
        let busy = self.pods.iter().find(|(_, pod)| pod.life == Life::Running && pod.app.busy);
        let turn = self.turns().into_iter().min_by_key(|turn| matches!(turn, Turn::Create));
        let see = self.lagging().next().map(Move::See);
        let late = self.late.first().map(|(id, call)| Move::Arrive(*id, *call));
        let turn = turn.map(|turn| Move::Change(Change::Turn(turn)));
        let passes = || self.passes().then_some(Move::Pass);
        see.or(late).or(busy.map(|(id, _)| Move::EndWork(*id))).or(turn).or_else(passes)
    }
}
