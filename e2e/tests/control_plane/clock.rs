//! The clock of the operator is wrong, or jumps. Deadlines are the API server's time and a comparison with the operator's: a fast clock ends
//! waits early, a slow one keeps them for as much longer as it is slow. Neither opens a gate that is not ready, and each run ends.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use futures::future::{LocalBoxFuture, try_join_all};
use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use upgradegate_crds::{OnDeadline, Outcome, Phase, RolloutCounts};
use upgradegate_e2e::{
    Test,
    control_plane::{Place, clock, in_namespaces},
    is::{self, Is},
    operator,
    phases::{self, back_at_work},
};
use upgradegate_fault_app::Snapshot;
use upgradegate_proof::Slack;

use crate::alone;

/// Longer than any wait of the gates here, in seconds.
const SHIFT: i64 = 600;

/// A shift that a test can sit out, in seconds.
const SMALL_SHIFT: i64 = 15;

/// By how much the end of a wait may be later than told, on a slow machine.
const SLACK: SignedDuration = SignedDuration::from_secs(8);

/// The phases that somebody waits in.
const PHASES: [Phase; 4] = [Phase::Draining, Phase::Open, Phase::RollingOut, Phase::Resuming];

/// What happens in a namespace, whose operator has a clock of its own.
type Story = (String, fn(&Test, Phase) -> LocalBoxFuture<'_, Result<()>>, Phase);

#[test]
fn the_clock_of_the_operator_is_wrong_or_jumps() {
    let mut stories: Vec<Story> = vec![
        ("fast".into(), |test, _| Box::pin(fast(test)), Phase::Draining),
        ("slow".into(), |test, _| Box::pin(slow(test)), Phase::Draining),
        ("a-bit-slow".into(), |test, _| Box::pin(a_bit_slow(test)), Phase::Draining),
    ];
    for phase in PHASES {
        stories.push((format!("ahead-{phase:?}"), |test, phase| Box::pin(jumps_ahead(test, phase)), phase));
        stories.push((format!("back-{phase:?}"), |test, phase| Box::pin(jumps_back(test, phase)), phase));
    }
    let wrong = |name: &str| if name == "a-bit-slow" { SMALL_SHIFT } else { SHIFT };
    let slack = |name: &str| Slack::DISTURBED.wrong_clock(SignedDuration::from_secs(wrong(name)));
    let names: Vec<_> = stories.iter().map(|(name, ..)| (name.clone(), slack(name))).collect();
    alone(async |test| {
        clock::prepare().await?;
        operator::scale(&test.client, 0).await?;
        operator::until_gone(&test.client).await?;
        in_namespaces(&names, async |tests| {
            try_join_all(stories.iter().zip(tests).map(async |((name, story, phase), test)| {
                story(test, *phase).await.with_context(|| format!("clock: {name}"))
            }))
            .await
            .map(drop)
        })
        .await
    });
}

/// Ahead: what has a deadline sooner than the shift is late already, and opens by nothing, not even its deadline.
async fn fast(test: &Test) -> Result<()> {
    let _operator = clock::operator(test, SHIFT).await?;
    let app = phases::app()?.script(&json!({"busy": true})).deploy(test).await?;
    let late = phases::builder().named("late").spec(|spec| spec.on_deadline = OnDeadline::Proceed);
    let late = late.create(test).await?;
    late.until(is::finished(Outcome::Expired)).await?;
    let name = app.names().await?.remove(0);
    ensure!(app.snapshot(&name).await?.calls.is_empty(), "a member was called for a gate that expired");

    let gate = phases::builder().deadline(3600).create(test).await?;
    gate.until(is::busy(1)).await?;
    gate.never(&is::open())?;
    app.set(json!({"busy": false})).await?;
    upgrades(test, &gate, &app).await
}

/// Behind: the gate seems to come from the future, and its run is like any other.
async fn slow(test: &Test) -> Result<()> {
    let _operator = clock::operator(test, -SHIFT).await?;
    let app = phases::app()?.script(&json!({"busy": true})).deploy(test).await?;
    let gate = phases::builder().create(test).await?;
    let status = gate.until(is::busy(1)).await?;
    let created = gate.seen().remove(0).gate.metadata.creation_timestamp.context("no creation time")?.0;
    let deadline = status.deadline.context("no deadline")?.0;
    ensure!(deadline == created + SignedDuration::from_secs(240), "{deadline} is not the API server's time");
    gate.never(&is::open())?;
    app.set(json!({"busy": false})).await?;
    upgrades(test, &gate, &app).await
}

/// Behind by less than a test lasts: a gate ends late by that much, and no more.
async fn a_bit_slow(test: &Test) -> Result<()> {
    let _operator = clock::operator(test, -SMALL_SHIFT).await?;
    let app = phases::app()?.script(&json!({"busy": true})).deploy(test).await?;
    let gate = phases::builder().deadline(10).create(test).await?;
    let deadline = gate.until(is::busy(1)).await?.deadline.context("no deadline")?.0;
    gate.until(is::finished(Outcome::DeadlineExceeded)).await?;
    gate.never(&is::open())?;
    let late = Timestamp::now().duration_since(deadline);
    let most = SignedDuration::from_secs(SMALL_SHIFT) + SLACK;
    ensure!(late <= most, "the deadline was exceeded by {late}");
    ensure!(late >= SignedDuration::from_secs(SMALL_SHIFT) - SLACK, "{late}: the clock was not slow");
    back_at_work(&app).await
}

/// A jump ahead ends every wait: too early, and never by opening.
async fn jumps_ahead(test: &Test, phase: Phase) -> Result<()> {
    let operator = clock::operator(test, 0).await?;
    let Place { stage, .. } = Place::reach(test, phase).await?;
    if phase == Phase::RollingOut {
        // Progress that is seen after the jump would begin a new wait.
        stage.gate.until(all_new()).await?;
    }
    operator.jump(SHIFT)?;
    let outcome = match phase {
        Phase::Draining => Outcome::DeadlineExceeded,
        Phase::Open => Outcome::NotUsed,
        Phase::RollingOut => Outcome::RolloutFailed,
        _ => Outcome::Cancelled,
    };
    stage.gate.until_within(is::finished(outcome), Duration::from_secs(30)).await?;
    if phase == Phase::Draining {
        stage.gate.never(&is::open())?;
    }
    back_at_work(&stage.app).await
}

/// The rollout has come as far as it comes while no new pod starts.
fn all_new() -> Is {
    let is_new = |rollout: &RolloutCounts| rollout.updated == rollout.desired && rollout.current > rollout.desired;
    Is::new("all new", move |status| status.rollout.as_ref().is_some_and(is_new))
}

/// After a jump back everything goes on, and what a member said before it does not count for the time until it is caught up.
async fn jumps_back(test: &Test, phase: Phase) -> Result<()> {
    let operator = clock::operator(test, 0).await?;
    let place = Place::reach(test, phase).await?;
    let Place { stage, .. } = &place;
    operator.jump(-SHIFT)?;
    if phase == Phase::Open {
        stage.app.set(json!({"probe": {"status": 500}})).await?;
        stage.gate.until(is::phase(Phase::Draining)).await?;
        stage.app.set(json!({"probe": null})).await?;
    }
    if phase == Phase::Draining {
        // What the busy member said after the jump holds the gate too. An answer that was under way at the jump does not count.
        let asked = |state: &Snapshot| state.calls.iter().filter(|call| call.method == "GET").count();
        let name = stage.app.names().await?.swap_remove(0);
        let before = asked(&stage.app.snapshot(&name).await?);
        stage.app.until_all("asked again", |state| asked(state) >= before + 3).await?;
        stage.gate.never(&is::open())?;
    }
    place.ends_well().await
}

async fn upgrades(
    test: &Test,
    gate: &upgradegate_e2e::Gate<'_>,
    app: &upgradegate_e2e::fault_app::FaultApp<'_>,
) -> Result<()> {
    gate.until(is::open().and(is::ready(1))).await?;
    app.upgrade("2").await?;
    gate.until(is::finished(Outcome::Completed)).await?;
    ensure!(test.gates.latest().iter().all(|gate| is::over().holds(gate)), "a run did not end");
    back_at_work(app).await
}
