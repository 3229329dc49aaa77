//! When a decision may have been made.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::Step;
use crate::{
    Slack,
    slack::{earlier, seconds},
    world::status,
};

/// Times of the decision, the likely ones first. A status holds whole seconds, so one time of each second is enough; an epoch tells the
/// very millisecond.
pub(super) fn decided(step: &Step, slack: Slack) -> Vec<Timestamp> {
    let (from, to) = (earlier(step.after.at, slack.write), step.after.at);
    let mut times = BTreeSet::from([to]);
    for second in from.as_second()..to.as_second() {
        let end = Timestamp::from_second(second + 1).map(|next| earlier(next, jiff::SignedDuration::from_millis(1)));
        times.extend(end.ok().filter(|end| *end >= from));
    }
    let (before, after) = (status(step.before.object), status(step.after.object));
    let new =
        after.and_then(|after| after.epoch).filter(|epoch| before.and_then(|before| before.epoch) != Some(*epoch));
    let by_epoch = new.and_then(|epoch| Timestamp::from_millisecond(epoch).ok());
    // One that is above another epoch is not of the clock.
    let by_epoch = by_epoch.filter(|at| *at <= to && *at >= earlier(from, seconds(30)));
    by_epoch.into_iter().chain(times.into_iter().rev()).collect()
}
