//! Applications that answer badly: never taken for ready, told apart by the message, and back in order once they are.

use anyhow::{Result, ensure};
use serde_json::{Value, json};
use upgradegate_crds::{MemberState, Outcome, Phase};
use upgradegate_e2e::{
    Test, cli, is, operator,
    phases::{self, Stage},
    scenario, wait,
};

/// Bytes of memory by which the operator may grow while it is fed a body of a gibibyte.
const GROWTH: u64 = 24 << 20;

/// `{"isUpgradeable":true}` and 4 MiB of spaces, packed to 4 KiB.
const PACKED: &[u8] = include_bytes!("ready.json.gz");

/// A probe that is answered so holds the gate, with these words; put in order, the gate opens.
async fn holds(test: &Test, probe: Value, words: &str) -> Result<()> {
    let app = phases::app()?.script(&json!({"probe": probe})).deploy(test).await?;
    let gate = phases::builder().create(test).await?;
    let status = gate.until(is::held_by(words)).await?;
    println!("{}", status.message);
    // It is asked again and again, and never taken for ready.
    let asked =
        |state: &upgradegate_fault_app::Snapshot| state.calls.iter().filter(|call| call.method == "GET").count();
    app.until_all("asked three times", |state| asked(state) >= 3).await?;
    gate.never(&is::open())?;
    let names = app.names().await?;
    let elsewhere = app.snapshot(&names[0]).await?.calls.iter().any(|call| call.path == "/elsewhere");
    ensure!(!elsewhere, "a redirect was followed");
    app.set(json!({"probe": null})).await?;
    gate.until(is::open()).await?;
    app.upgrade("2").await?;
    gate.until(is::finished(Outcome::Completed)).await?;
    Ok(())
}

#[test]
fn answers_500() {
    scenario(async |test| {
        let probe = json!({"status": 500});
        holds(test, probe, "500").await
    });
}

#[test]
fn answers_404() {
    scenario(async |test| {
        let probe = json!({"status": 404, "body": {"text": "404 page not found"}});
        holds(test, probe, "404").await
    });
}

#[test]
fn answers_html() {
    scenario(async |test| {
        let html = "<!doctype html><title>Log in</title>";
        let probe = json!({"headers": {"content-type": "text/html"}, "body": {"text": html}});
        holds(test, probe, "no JSON").await
    });
}

#[test]
fn answers_a_wrong_type() {
    scenario(async |test| {
        let probe = json!({"body": {"text": json!({"isUpgradeable": "true"}).to_string()}});
        // A string is not true: in CEL that is no error.
        holds(test, probe, "answered 200").await
    });
}

#[test]
fn answers_without_the_field() {
    scenario(async |test| {
        let probe = json!({"body": {"text": "{}"}});
        holds(test, probe, "isUpgradeable").await
    });
}

#[test]
fn answers_a_redirect() {
    scenario(async |test| holds(test, redirect("/elsewhere"), "302").await);
}

/// Whoever follows it speaks to the API server with nobody knowing who asks.
#[test]
fn answers_a_redirect_to_the_api_server() {
    scenario(async |test| holds(test, redirect("https://kubernetes.default.svc/readyz"), "302").await);
}

/// Where the credentials of a cloud's machine are.
#[test]
fn answers_a_redirect_to_the_metadata_address() {
    scenario(async |test| holds(test, redirect("http://169.254.169.254/latest/meta-data/"), "302").await);
}

fn redirect(location: &str) -> Value {
    json!({"status": 302, "headers": {"location": location}, "body": {"text": ""}})
}

/// Unpacked, it would say that it is ready, and take 4 MiB.
#[test]
fn answers_a_packed_bomb() {
    scenario(async |test| {
        let headers = json!({"content-encoding": "gzip"});
        holds(test, json!({"headers": headers, "body": {"binary": PACKED}}), "no JSON").await
    });
}

#[test]
fn answers_deep_json() {
    scenario(async |test| {
        let deep = format!(r#"{{"isUpgradeable": true, "why": {}{}}}"#, "[".repeat(4000), "]".repeat(4000));
        holds(test, json!({"body": {"text": deep}}), "no JSON").await
    });
}

#[test]
fn answers_bytes_that_are_no_text() {
    scenario(async |test| {
        let bytes = b"{\"isUpgradeable\": true, \"message\": \"\xff\xfe\"}";
        holds(test, json!({"body": {"binary": bytes.as_slice()}}), "no JSON").await
    });
}

#[test]
fn answers_slow_bytes() {
    scenario(async |test| holds(test, json!({"body": {"trickleMillis": 200}}), "within").await);
}

#[test]
fn answers_late() {
    scenario(async |test| holds(test, json!({"lateMillis": 2500}), "within").await);
}

#[test]
fn answers_nothing() {
    scenario(async |test| holds(test, json!({"body": "hang"}), "within").await);
}

#[test]
fn answers_a_gibibyte_and_the_operator_stays_small() {
    scenario(async |test| {
        let before = operator::memory(&test.client).await?;
        holds(test, json!({"body": {"bytes": 1_u64 << 30}}), "10 KiB").await?;
        let after = operator::memory(&test.client).await?;
        println!("operator: {before} bytes before, {after} after");
        ensure!(after < before + GROWTH, "the operator grew from {before} to {after} bytes");
        Ok(())
    });
}

/// The upgrade that brings the drain path meets pods that do not have it yet.
#[test]
fn trap_07_a_missing_drain_path_is_named() {
    scenario(async |test| {
        phases::app()?.script(&json!({"drain": {"status": 404}})).deploy(test).await?;
        let gate = phases::builder().deadline(5).create(test).await?;
        let status = gate.until(is::finished(Outcome::DeadlineExceeded)).await?;
        for words in ["404", "POST /drain", "the running version has no such path"] {
            ensure!(status.message.contains(words), "{}", status.message);
        }
        ensure!(is::condition(&status, "Stalled") == Some("True"));
        gate.never(&is::open())?;
        Ok(())
    });
}

#[test]
fn a_drain_that_is_refused_holds_and_is_asked_for_again() {
    scenario(async |test| {
        let app = phases::app()?.script(&json!({"drain": {"status": 503}})).deploy(test).await?;
        let gate = phases::builder().create(test).await?;
        gate.until(is::held(MemberState::Unreachable, "503")).await?;
        gate.never(&is::open())?;
        app.set(json!({"drain": null})).await?;
        gate.until(is::open()).await?;
        Ok(())
    });
}

/// Each POST is answered after the operator gave up on it, and takes effect even later than the DELETE.
#[test]
fn trap_05_a_late_post_heals() {
    scenario(async |test| {
        let app = phases::app()?.script(&json!({"drain": {"lateMillis": 3000}})).deploy(test).await?;
        let gate = phases::builder().create(test).await?;
        gate.until(is::held(MemberState::Unreachable, "within")).await?;
        gate.act("Cancel").await?;
        gate.until(is::finished(Outcome::Cancelled)).await?;
        wait::eventually("back at work for good", async || {
            for name in app.names().await? {
                let state = app.snapshot(&name).await?;
                let last = state.calls.iter().rfind(|call| call.method == "POST").map_or(0, |call| call.at);
                // Past the effect of the last late POST and its lease.
                ensure!(state.lease.is_none() && state.at > last + 3000 + 10_000, "{:?}", state.lease);
            }
            Ok(())
        })
        .await
    });
}

/// The epoch of a lease that another run left behind is higher than ours.
#[test]
fn a_higher_epoch_in_a_running_lease_is_overtaken() {
    scenario(async |test| {
        let app = phases::app()?.deploy(test).await?;
        let ahead = i64::MAX / 4;
        let name = app.names().await?.remove(0);
        let lease = json!({"gate": "other", "epoch": ahead, "leaseSeconds": 600});
        app.call(&name, "POST", "/drain", &lease.to_string()).await?;
        let gate = phases::builder().create(test).await?;
        let status = gate.until(is::open()).await?;
        ensure!(status.epoch > Some(ahead), "{:?}", status.epoch);
        app.upgrade("2").await?;
        gate.until(is::finished(Outcome::Completed)).await?;
        Ok(())
    });
}

/// Default-deny policies and strict meshes look like this: no answer from anybody.
#[test]
fn trap_25_members_that_cannot_be_reached_are_said_to_be_so() {
    scenario(async |test| {
        let app = phases::app()?.change(|manifest| {
            manifest["spec"]["template"]["spec"]["containers"][0]["ports"][0]["containerPort"] = 9.into();
            manifest["spec"]["template"]["spec"]["containers"][0]["readinessProbe"] = Value::Null;
        });
        app.deploy(test).await?;
        let gate = phases::builder().create(test).await?;
        let status = gate.until(is::held(MemberState::Unreachable, "")).await?;
        ensure!(status.message.contains("connect"), "{}", status.message);
        gate.act("Cancel").await?;
        gate.until(is::finished(Outcome::Cancelled)).await?;
        Ok(())
    });
}

/// What a member says of itself is text: it must not break a line, a terminal or a status, nor turn around what is read.
#[test]
fn words_with_control_characters_stay_words() {
    scenario(async |test| {
        let words = "a\u{1b}[31m\nb\u{0}c\u{9b}2J\u{202e}d\u{2066}e";
        let answer = json!({"isUpgradeable": false, "message": words}).to_string();
        phases::app()?.script(&json!({"probe": {"body": {"text": answer}}})).deploy(test).await?;
        let gate = phases::builder().create(test).await?;
        let status = gate.until(is::busy(1)).await?;
        let message = &status.members[0].message;
        ensure!(message.contains('a') && message.contains('e'), "{message:?}");
        let speaks_to_the_terminal = |char: char| char.is_control() || ('\u{202a}'..='\u{2069}').contains(&char);
        ensure!(!message.chars().any(speaks_to_the_terminal), "{message:?}");
        let described = cli::kubectl(test, &["describe", "upgradegate", "gate"]).run().await?.ok()?.stdout();
        ensure!(described.contains(message), "{described}");
        ensure!(!described.lines().any(|line| line.chars().any(speaks_to_the_terminal)), "{described:?}");
        Ok(())
    });
}

/// The resume is told again until it is heard.
#[test]
fn a_resume_that_fails_is_told_again() {
    scenario(async |test| {
        let Stage { app, gate, .. } = phases::reach(test, Phase::Resuming).await?;
        app.until_all("told twice", |state| state.calls.iter().filter(|call| call.method == "DELETE").count() >= 2)
            .await?;
        app.set(json!({"resume": null})).await?;
        app.until_resumed().await?;
        gate.until(is::finished(Outcome::Cancelled)).await?;
        Ok(())
    });
}
