//! Members that are ready but for one thing or another: the gate opens if and only if enough of them are ready in every way.

use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;
use proptest::{option, prelude::*, sample::select};
use upgradegate_crds::Phase;
use upgradegate_operator::gate::{DrainFact, Facts, Lifecycle, Member, ProbeFact, Report, Trouble};

use super::cases;
use crate::kit::{Story, at, member};

/// When it is decided, in seconds.
const NOW: i64 = 30;

/// What a member says, and what is wrong with that. `epoch` is told by how much it is below that of the run.
#[derive(Clone, Debug)]
struct Said {
    drain: Option<i64>,
    epoch: i64,
    age: i64,
    result: Result<bool, ()>,
    trouble: bool,
    lifecycle: Lifecycle,
    belongs: bool,
}

prop_compose! {
    fn said()(
        drain in option::weighted(0.9, select(vec![0, 0, 0, 0, 0, 1, -1])), epoch in select(vec![0, 0, 0, 0, 0, 1, -1]),
        age in select(vec![0, 1, 5, 6, 6, 7, 100]), result in select(vec![Ok(true), Ok(true), Ok(true), Ok(true), Ok(false), Err(())]),
        trouble in prop::bool::weighted(0.1), belongs in prop::bool::weighted(0.9),
        lifecycle in select(vec![Lifecycle::Running, Lifecycle::Running, Lifecycle::Running, Lifecycle::Idle, Lifecycle::Terminating]),
    ) -> Said {
        Said { drain, epoch, age, result, trouble, lifecycle, belongs }
    }
}

impl Said {
    fn counts(&self) -> bool {
        self.belongs && self.lifecycle == Lifecycle::Running
    }

    fn is_ready(&self, drains: bool) -> bool {
        let drained = !drains || self.drain == Some(0);
        self.counts() && drained && self.epoch == 0 && self.age <= 6 && self.result == Ok(true) && !self.trouble
    }

    fn member(&self, number: usize, epoch: i64) -> Member {
        let lost = || Trouble::NoAnswer("no answer within 1 s".into());
        let result = self.result.map(|ready| Report { ready, ..Report::default() }).map_err(|()| lost());
        let facts = Facts {
            drain: self.drain.map_or(DrainFact::Maybe, |below| DrainFact::Acknowledged(epoch - below)),
            drain_trouble: self.trouble.then(lost),
            probe: Some(ProbeFact { epoch: epoch - self.epoch, at: at(NOW - self.age), result }),
            ..Facts::default()
        };
        Member { belongs: self.belongs, lifecycle: self.lifecycle, facts, ..member(&format!("pod-{number}")) }
    }
}

proptest! {
    #![proptest_config(cases(3000))]

    #[test]
    fn it_opens_with_the_quorum_and_only_with_it(
        said in prop::collection::vec(said(), 0..5), least in 1..4_i32, drains in prop::bool::weighted(0.8),
        whole in prop::bool::weighted(0.9), heard in prop::bool::weighted(0.9),
    ) {
        let mut story = Story::new();
        story.gate.spec.drain = story.gate.spec.drain.take().filter(|_| drains);
        story.gate.spec.min_ready = IntOrString::Int(least);
        story.decide();
        let epoch = story.epoch();
        story.members.known = said.iter().enumerate().map(|(number, said)| said.member(number, epoch)).collect();
        (story.members.whole, story.members.heard) = (whole, heard);
        story.at(NOW).decide();
        let total = said.iter().filter(|said| said.counts()).count();
        let needed = usize::try_from(least).unwrap().min(total);
        let ready = said.iter().filter(|said| said.is_ready(drains)).count();
        prop_assert_eq!(story.phase() == Some(Phase::Open), whole && heard && ready >= needed, "{} of {}", ready, needed);
    }
}
