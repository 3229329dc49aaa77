//! A status is under 8 KiB whatever the size of the target and whatever its members say (trap 24).

use upgradegate_crds::{ActionType, UpgradeGateStatus};
use upgradegate_operator::gate::{Report, Trouble};

use crate::kit::Story;

/// A run with so many members with the longest of names that a ReplicaSet gives, all of which say this.
fn crowd(count: usize, says: &str) -> Story {
    let mut story = Story::draining();
    story.members.known.clear();
    for number in 0..count {
        let name = format!("{}-{number:06}", "n".repeat(56));
        story.joins(&name, "old").at(5).answers(&name, Ok(Report { message: says.into(), ..Report::default() }));
    }
    story
}

fn size(status: &UpgradeGateStatus) -> usize {
    serde_json::to_string(status).unwrap().len()
}

#[test]
fn ten_thousand_members() {
    let mut story = crowd(10_000, "1 operation running");
    story.decide();
    let status = story.status();
    assert_eq!(status.pods.as_ref().unwrap().busy, 10_000, "the counts are whole");
    assert!(status.message.ends_with("; and 9997 more"), "{}", status.message);
    assert!(size(&status) < 8192, "{}", size(&status));
}

#[test]
fn the_longest_that_members_and_people_can_say() {
    for says in ["x", "ü", "🦀", "\"", "\\"].map(|letter| letter.repeat(4096)) {
        let mut story = crowd(12, &says);
        story.decide();
        let reason: String = says.chars().take(512).collect();
        story.order(ActionType::Open, &reason).decide();
        let open = size(&story.status());
        story.order(ActionType::Cancel, &reason).decide();
        story.at(1000).decide();
        let ended = size(&story.status());
        assert!(open < 8192 && ended < 8192, "{open} and {ended} bytes");
    }
}

#[test]
fn the_longest_troubles_at_the_deadline() {
    let path = format!("/{}", "p".repeat(1023));
    let mut story = crowd(12, "");
    for member in &mut story.members.known {
        let why = Trouble::DrainStatus { method: "POST", path: path.clone(), code: 404 };
        member.facts.drain_trouble = Some(why);
    }
    story.decide();
    story.at(180).decide();
    story.at(1000).decide();
    assert!(size(&story.status()) < 8192, "{}", size(&story.status()));
}
