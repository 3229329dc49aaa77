//! Starting operations, and what the probe and the metrics say of them.

#![allow(clippy::unwrap_used)]

mod support;

use hyper::StatusCode;
use serde_json::json;
use support::app;

#[tokio::test]
async fn an_idle_application_is_upgradeable() {
    let app = app(&[]).await;
    let answer = app.get("/upgradeable").await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(
        answer.json(),
        json!({
            "isUpgradeable": true,
            "operations": 0,
            "draining": false,
            "message": "no operation running",
        })
    );
}

#[tokio::test]
async fn operations_are_counted_one_by_one() {
    let app = app(&[]).await;
    let first = app.start("?seconds=60").await;
    assert_eq!(first.status, StatusCode::ACCEPTED);
    assert_eq!(first.json(), json!({"id": 1, "seconds": 60}));
    app.start("").await;
    let busy = app.get("/upgradeable").await.json();
    assert_eq!(busy["isUpgradeable"], false);
    assert_eq!(busy["operations"], 2);
    let message = busy["message"].as_str().unwrap();
    assert!(message.starts_with("2 operations running, the last until "), "{message}");
}

#[tokio::test]
async fn the_end_of_one_operation_leaves_the_other_running() {
    let app = app(&[]).await;
    app.start("?seconds=60").await;
    app.start("?seconds=0.05").await;
    let finished = "demo_app_operations_finished_total 1\n";
    app.until("/metrics", |answer| answer.text.contains(finished)).await;
    let left = app.get("/upgradeable").await.json();
    assert_eq!(left["operations"], 1);
    assert_eq!(left["isUpgradeable"], false);
}

#[tokio::test]
async fn an_operation_that_ends_makes_the_application_upgradeable() {
    let app = app(&[]).await;
    app.start("?seconds=0.05").await;
    app.until("/upgradeable", |answer| answer.json()["isUpgradeable"] == true).await;
    let metrics = app.get("/metrics").await.text;
    assert!(metrics.contains("demo_app_operations_finished_total 1\n"), "{metrics}");
}

#[tokio::test]
async fn the_default_length_is_a_flag() {
    let app = app(&["--operation-seconds", "7.5"]).await;
    assert_eq!(app.start("").await.json()["seconds"], json!(7.5));
}

#[tokio::test]
async fn a_bad_length_is_refused_with_what_is_right() {
    let app = app(&[]).await;
    for (query, hint) in [
        ("?seconds=soon", "such as 60 or 0.5"),
        ("?seconds=-1", "more than 0"),
        ("?seconds=0", "more than 0"),
        ("?seconds=1e9", "at most 86400"),
        ("?seconds=NaN", "such as 60 or 0.5"),
        ("?seconds=", "such as 60 or 0.5"),
        ("?second=5", "unknown field"),
        ("?seconds=1&seconds=2", "duplicate field"),
    ] {
        let answer = app.start(query).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{query}");
        let error = answer.json()["error"].to_string();
        assert!(error.contains(hint), "{query}: {error}");
    }
    assert_eq!(app.get("/upgradeable").await.json()["operations"], 0);
}

#[tokio::test]
async fn more_operations_than_may_run_are_refused() {
    let app = app(&["--max-operations", "2"]).await;
    app.start("").await;
    app.start("").await;
    let refused = app.start("").await;
    assert_eq!(refused.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(refused.headers.contains_key("retry-after"));
    assert_eq!(refused.json()["reason"], "TooManyOperations");

    let metrics = app.get("/metrics").await;
    assert!(metrics.headers["content-type"].to_str().unwrap().starts_with("application/openmetrics-text"));
    for line in [
        "demo_app_operations_running 2",
        "demo_app_operations_started_total 2",
        "demo_app_operations_finished_total 0",
        "demo_app_operations_cut_off_total 0",
        r#"demo_app_operations_refused_total{reason="TooManyOperations"} 1"#,
        r#"demo_app_operations_refused_total{reason="Draining"} 0"#,
        "demo_app_draining 0",
    ] {
        assert!(metrics.text.lines().any(|found| found == line), "{line} in {}", metrics.text);
    }
}

#[tokio::test]
async fn health_and_version_answer() {
    let app = app(&["--app-version", "1.2.3", "--pod-name", "demo-app-x"]).await;
    assert_eq!(app.get("/livez").await.status, StatusCode::OK);
    assert_eq!(app.get("/readyz").await.status, StatusCode::OK);
    assert_eq!(app.get("/version").await.json(), json!({"version": "1.2.3", "pod": "demo-app-x"}));
    let wrong = app.get("/start").await.status;
    assert_eq!(wrong, StatusCode::METHOD_NOT_ALLOWED);
}
