//! `decide` is total: it has an answer to every observation, and the same answer again changes nothing.

use std::sync::Arc;

use proptest::prelude::*;
use upgradegate_crds::Phase;
use upgradegate_operator::gate::{Intent, Observation, decide};

use super::{arbitrary::observation, cases};

proptest! {
    #![proptest_config(cases(2000))]

    #[test]
    fn every_observation_has_an_answer_that_stands(o in observation()) {
        let first = decide(&o);
        let before = o.gate.status.clone().unwrap_or_default();
        if before.outcome.is_some() {
            prop_assert_eq!(first.status.outcome, before.outcome, "an outcome is set once");
        }
        if before.phase == Some(Phase::Finished) {
            prop_assert_eq!(first.status.phase, before.phase, "the end is the end");
            prop_assert!(first.intents.values().all(|intent| *intent == Intent::Idle));
        }
        let mut gate = (*o.gate).clone();
        gate.status = Some(first.status.clone());
        crate::kit::mark(&mut gate, first.finalizer);
        let second = decide(&Observation { gate: Arc::new(gate), ..o.clone() });
        prop_assert_eq!(&second.status, &first.status);
        prop_assert_eq!(&second.intents, &first.intents);
        prop_assert!(second.events.is_empty());
    }
}
