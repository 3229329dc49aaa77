//! The quorum: how many of the members must be ready.

use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;
use proptest::prelude::*;
use upgradegate_crds::Phase;
use upgradegate_operator::gate::{Plan, Quorum};

use crate::kit::{Story, gate};

/// The number of members that must be ready, of so many.
fn required(min_ready: &str, total: u32) -> u32 {
    let mut spec = gate("demo").spec;
    spec.min_ready = min_ready.parse().map_or_else(|_| IntOrString::String(min_ready.into()), IntOrString::Int);
    Plan::parse(&spec).unwrap().quorum.required(total)
}

#[test]
fn percentages_are_rounded_up_and_numbers_are_capped() {
    let table = [
        ("100%", 0, 0),
        ("100%", 1, 1),
        ("100%", 3, 3),
        ("50%", 3, 2),
        ("50%", 2, 1),
        ("1%", 1, 1),
        ("1%", 100, 1),
        ("1%", 101, 2),
        ("99%", 100, 99),
        ("99%", 10, 10),
        ("67%", 3, 3),
        ("66%", 3, 2),
        ("1", 3, 1),
        ("2", 3, 2),
        ("3", 3, 3),
        ("7", 3, 3),
        ("1", 0, 0),
    ];
    for (min_ready, total, expected) in table {
        assert_eq!(required(min_ready, total), expected, "{min_ready} of {total}");
    }
}

#[test]
fn a_quorum_below_all_opens_with_one_member_busy() {
    let mut story = Story::new();
    story.gate.spec.min_ready = IntOrString::Int(2);
    story.decide();
    story.at(3).ready("a").busy("b").busy("c").decide();
    assert_eq!(story.phase(), Some(Phase::Draining));
    assert!(story.status().message.starts_with("1/3 ready (2 needed)"), "{}", story.status().message);
    story.at(4).ready("b").busy("c").ready("a").decide();
    assert_eq!(story.phase(), Some(Phase::Open));
}

proptest! {
    #![proptest_config(crate::random::cases(256))]

    #[test]
    fn it_is_never_zero_nor_above_the_members(percent in 1_u32..=100, count in 1_u32.., total in 0_u32..) {
        for quorum in [Quorum::Percent(percent), Quorum::Count(count)] {
            let required = quorum.required(total);
            prop_assert!(required <= total);
            prop_assert_eq!(required == 0, total == 0);
        }
    }

    #[test]
    fn it_is_the_smallest_number_that_is_enough(percent in 1_u32..=100, total in 1_u32..1_000_000) {
        let required = u64::from(Quorum::Percent(percent).required(total));
        let enough = |n: u64| n * 100 >= u64::from(percent) * u64::from(total);
        prop_assert!(enough(required) && !enough(required - 1));
    }

    #[test]
    fn it_grows_with_the_percentage_and_with_the_members(percent in 1_u32..100, total in 0_u32..1_000_000) {
        let quorum = Quorum::Percent(percent);
        prop_assert!(quorum.required(total) <= quorum.required(total + 1));
        prop_assert!(quorum.required(total) <= Quorum::Percent(percent + 1).required(total));
    }
}
