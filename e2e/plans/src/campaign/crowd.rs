//! How many plans run at once: as many as the machine keeps up with.

use std::time::Duration;

/// How often the crowd may grow or shrink.
pub(super) const BEAT: Duration = Duration::from_millis(200);

/// The fewest that run at once.
const FEWEST: usize = 6;

/// The number of plans that may run at once. It grows one by one while the machine keeps up, and shrinks by a tenth while it does not.
#[derive(Debug)]
pub(super) struct Crowd {
    size: usize,
    most: usize,
}

impl Crowd {
    pub(super) fn new(most: usize) -> Self {
        Self { size: FEWEST.min(most).max(1), most: most.max(1) }
    }

    /// Another beat has passed, with this many at work.
    pub(super) fn beat(&mut self, is_calm: bool, at_work: usize) {
        if !is_calm {
            self.size = (self.size - self.size.div_ceil(10)).max(FEWEST.min(self.most));
        } else if at_work >= self.size {
            self.size = (self.size + 1).min(self.most);
        }
    }

    pub(super) fn has_room(&self, at_work: usize) -> bool {
        at_work < self.size
    }
}

#[cfg(test)]
mod tests {
    use super::{Crowd, FEWEST};

    #[test]
    fn it_grows_while_all_keeps_up_and_shrinks_while_not() {
        let mut crowd = Crowd::new(40);
        let mut at_work = 0;
        for _ in 0..200 {
            while crowd.has_room(at_work) {
                at_work += 1;
            }
            crowd.beat(true, at_work);
        }
        assert_eq!(at_work, 40);
        for _ in 0..200 {
            crowd.beat(false, at_work);
        }
        assert!(!crowd.has_room(FEWEST) && crowd.has_room(FEWEST - 1));
    }
}
