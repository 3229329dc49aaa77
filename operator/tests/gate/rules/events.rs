//! Events on transitions, and only on those.

use upgradegate_crds::{ActionType, Phase};
use upgradegate_operator::gate::{Decision, Severity, Target};

use crate::kit::{Story, gate};

fn told(decision: &Decision) -> Vec<(Severity, &str)> {
    decision.events.iter().map(|event| (event.severity, event.reason.as_str())).collect()
}

#[test]
fn a_whole_run_in_events() {
    let mut story = Story::new();
    assert_eq!(told(&story.decide()), [(Severity::Normal, "Draining")]);
    assert_eq!(told(&story.at(5).busy("a").decide()), [], "progress is no event");
    assert_eq!(told(&story.at(10).all_ready().decide()), [(Severity::Normal, "Opened")]);
    let closed = story.at(11).busy("a").decide();
    assert_eq!(told(&closed), [(Severity::Warning, "Closed")]);
    assert!(closed.events[0].note.contains("a busy"), "it names the blockers: {}", closed.events[0].note);
    assert_eq!(told(&story.at(12).all_ready().decide()), [(Severity::Normal, "Opened")]);
    assert_eq!(told(&story.at(20).patch("new").decide()), [(Severity::Normal, "RollingOut")]);
    assert_eq!(told(&story.at(25).counts(1, 4, 3).decide()), []);
    assert_eq!(told(&story.at(30).counts(3, 3, 3).decide()), [(Severity::Normal, "Completed")]);
    story.leaves("a").leaves("b").leaves("c");
    assert_eq!(told(&story.at(31).decide()), [(Severity::Normal, "Finished")]);
    assert_eq!(told(&story.at(32).decide()), []);
}

#[test]
fn a_bad_end_is_a_warning_that_names_the_blockers() {
    let mut story = Story::draining();
    let decision = story.at(180).busy("a").decide();
    assert_eq!(told(&decision), [(Severity::Warning, "DeadlineExceeded")]);
    assert!(decision.events[0].note.contains("a busy"), "{}", decision.events[0].note);
}

#[test]
fn an_end_at_first_sight_is_one_event() {
    let mut story = Story::new();
    assert_eq!(told(&story.at(500).decide()), [(Severity::Warning, "Expired")]);
    assert_eq!(story.phase(), Some(Phase::Finished));
}

#[test]
fn waiting_names_the_older_gate() {
    let mut story = Story::new();
    let mut older = gate("older");
    older.status.get_or_insert_default().epoch = Some(1);
    story.rivals = vec![older];
    let decision = story.decide();
    assert_eq!(told(&decision), [(Severity::Normal, "Waiting")]);
    assert!(decision.events[0].note.contains("older"));
}

#[test]
fn a_break_glass_is_told_with_its_reason() {
    let mut story = Story::draining();
    let decision = story.order(ActionType::Open, "pager: CVE fix").decide();
    assert_eq!(told(&decision), [(Severity::Normal, "Opened")]);
    assert!(decision.events[0].note.contains("pager: CVE fix"));
}

#[test]
fn looking_for_the_target_is_none() {
    let mut story = Story::new();
    story.target = Target::Unknown;
    assert_eq!(told(&story.decide()), []);
}
