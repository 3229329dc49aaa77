//! What happens when faults have stopped and nobody wants anything more: everything that is due is done, in turn.

use std::collections::HashSet;

use upgradegate_crds::Phase;

use super::{
    moves::Move,
    operator::Luck,
    rollout::Turn,
    world::{Life, World},
};

/// More steps than any run takes to its end.
const MOST_STEPS: usize = 500;

impl World {
    /// Goes on without faults to the end. `ending` keeps the states from which that was done already.
    ///
    /// # Panics
    /// If there is no end, or a live member is drained at it.
    pub fn ends(mut self, ending: &mut HashSet<u64>) {
        let mut way = Vec::new();
        for _ in 0..MOST_STEPS {
            let key = self.key();
            if ending.contains(&key) {
                ending.extend(way);
                return;
            }
            way.push(key);
            let Some(what) = self.next_fair() else {
                self.everybody_works();
                ending.extend(way);
                return;
            };
            self.happen(what);
        }
        panic!("no end after {MOST_STEPS} steps: {:?}", self.gates.iter().map(|gate| &gate.object).collect::<Vec<_>>());
    }

    pub fn next_fair(&self) -> Option<Move> {
        let fine = |what: &Move| !matches!(what, Move::Call(_, _, _, luck) if *luck != Luck::Fine);
        if let Some(what) = self.operators_moves().into_iter().find(fine) {
            return Some(what);
        }
        let busy = self.pods.iter().find(|(_, pod)| pod.life == Life::Running && pod.app.busy);
        let turn = || self.turns().into_iter().min_by_key(|turn| matches!(turn, Turn::Create)).map(Move::Turn);
        let passes = || self.passes().then_some(Move::Pass);
        self.late.map(|_| Move::Arrive).or(busy.map(|(id, _)| Move::EndWork(*id))).or_else(turn).or_else(passes)
    }

    /// All runs are over, and no live pod is drained.
    fn everybody_works(&self) {
        for gate in self.gates.iter().filter_map(|gate| gate.object.as_ref()) {
            assert_eq!(
                gate.status.as_ref().and_then(|status| status.phase),
                Some(Phase::Finished),
                "the end of all is a finished gate"
            );
        }
        for (id, pod) in &self.pods {
            assert!(pod.app.drained(self.now).is_none(), "pod {id} is drained for nobody");
        }
    }
}
