//! All rules over one history.

use crate::{History, Slack, Violation, record, s1, s2, s3, s4, s5, s6, world::World};

/// What a history breaks of S1-S6 and of the shape of a record, in order of time; empty if all hold. The rules are written from the design,
/// not from the code that they check.
pub fn check(history: &History) -> Vec<Violation> {
    check_within(history, Slack::USUAL)
}

/// The same with another slack.
pub fn check_within(history: &History, slack: Slack) -> Vec<Violation> {
    let world = World::of(history);
    let mut found = s1::check(&world, slack);
    found.extend(s2::check(&world));
    found.extend(s3::check(&world, slack));
    found.extend(s4::check(&world, slack));
    found.extend(s5::check(&world, slack));
    found.extend(s6::check(&world, slack));
    found.extend(record::check(&world));
    found.sort_by_key(|violation| violation.at);
    found
}
