//! The drain over HTTP: the contract's calls and their answers.

mod support;

use hyper::StatusCode;
use serde_json::json;
use support::{app, body};

#[tokio::test]
async fn a_drain_refuses_new_work_and_leaves_the_running() {
    let app = app(&[]).await;
    app.start("").await;
    let drained = app.drain(7, 60).await;
    assert_eq!(drained.status, StatusCode::OK);
    assert_eq!(drained.json(), json!({"draining": true, "epoch": 7}));

    let refused = app.start("").await;
    assert_eq!(refused.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(refused.headers["retry-after"], "5");
    assert_eq!(refused.json()["reason"], "Draining");

    let busy = app.get("/upgradeable").await.json();
    assert_eq!(busy["operations"], 1);
    assert_eq!(busy["draining"], true);
    assert_eq!(busy["epoch"], 7);
    assert_eq!(busy["isUpgradeable"], false);
}

#[tokio::test]
async fn a_drained_application_turns_upgradeable_and_stays_so() {
    let app = app(&[]).await;
    app.start("?seconds=0.05").await;
    app.drain(7, 60).await;
    let idle = |answer: &support::Answer| answer.json()["isUpgradeable"] == true;
    app.until("/upgradeable", idle).await;
    app.start("").await;
    assert!(idle(&app.get("/upgradeable").await));
}

#[tokio::test]
async fn a_resume_takes_new_work_again_and_may_be_repeated() {
    let app = app(&[]).await;
    assert_eq!(app.resume(7).await.status, StatusCode::OK);
    app.drain(7, 60).await;
    for _ in 0..2 {
        let resumed = app.resume(7).await;
        assert_eq!(resumed.status, StatusCode::OK);
        assert_eq!(resumed.json(), json!({"draining": false}));
    }
    assert_eq!(app.start("").await.status, StatusCode::ACCEPTED);
}

#[tokio::test]
async fn a_lower_epoch_is_answered_with_our_own() {
    let app = app(&[]).await;
    app.drain(8, 60).await;
    for refused in [app.drain(7, 60).await, app.resume(7).await] {
        assert_eq!(refused.status, StatusCode::CONFLICT);
        assert_eq!(refused.json()["epoch"], 8);
    }
    assert_eq!(app.get("/upgradeable").await.json()["epoch"], 8);
    assert_eq!(app.drain(9, 60).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_lease_that_nobody_renews_is_over_by_itself() {
    let app = app(&[]).await;
    app.drain(7, 1).await;
    app.until("/upgradeable", |answer| answer.json()["draining"] == false).await;
    assert_eq!(app.start("").await.status, StatusCode::ACCEPTED);
    assert_eq!(app.drain(6, 60).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_drain_of_the_same_epoch_after_the_resume_is_accepted() {
    let app = app(&[]).await;
    app.drain(7, 60).await;
    app.resume(7).await;
    assert_eq!(app.drain(7, 60).await.status, StatusCode::OK);
    assert_eq!(app.get("/upgradeable").await.json()["draining"], true);
}

#[tokio::test]
async fn readiness_follows_the_drain_only_where_configured() {
    let (stays, follows) = (app(&[]).await, app(&["--unready-while-draining"]).await);
    stays.drain(7, 60).await;
    follows.drain(7, 60).await;
    assert_eq!(stays.get("/readyz").await.status, StatusCode::OK);
    let unready = follows.get("/readyz").await.status;
    assert_eq!(unready, StatusCode::SERVICE_UNAVAILABLE);
    follows.resume(7).await;
    assert_eq!(follows.get("/readyz").await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_body_that_makes_no_sense_is_refused_and_drains_nothing() {
    let app = app(&[]).await;
    for (body, hint) in [
        (String::new(), "send JSON such as"),
        ("drain, please".to_owned(), "send JSON such as"),
        (r#"{"gate":"a","epoch":7}"#.to_owned(), "leaseSeconds"),
        (r#"{"gate":"a","epoch":-7,"leaseSeconds":60}"#.to_owned(), "-7"),
        (body(7, 0), "1 to 86400"),
        (body(7, 86_401), "1 to 86400"),
    ] {
        let answer = app.send("POST", "/drain", body.clone()).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{body}");
        let error = answer.json()["error"].to_string();
        assert!(error.contains(hint), "{body}: {error}");
    }
    let huge = app.send("POST", "/drain", "x".repeat(9000)).await;
    assert_eq!(huge.status, StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(app.get("/upgradeable").await.json()["draining"], false);
}
