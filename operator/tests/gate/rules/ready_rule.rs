//! The ready rule: what it can read, and what it never takes for "ready" (S4).

use std::collections::BTreeMap;

use upgradegate_operator::gate::{Answer, ReadyRule, Report, Trouble};

fn answer(code: u16, body: impl Into<Vec<u8>>) -> Answer {
    let headers = BTreeMap::from([("x-state".to_owned(), "idle".to_owned())]);
    Answer { code, headers, body: body.into() }
}

fn judge(rule: &str, code: u16, body: impl Into<Vec<u8>>) -> Result<Report, Trouble> {
    ReadyRule::compile(rule).unwrap().judge(&answer(code, body))
}

fn is_ready(rule: &str, code: u16, body: &str) -> bool {
    judge(rule, code, body).is_ok_and(|report| report.ready)
}

#[test]
fn it_reads_code_headers_and_body() {
    assert!(is_ready("response.code == 200", 200, ""));
    assert!(!is_ready("response.code == 200", 503, ""));
    assert!(is_ready("response.headers['x-state'] == 'idle'", 200, ""));
    assert!(is_ready("response.body.isUpgradeable == true", 200, r#"{"isUpgradeable": true}"#));
    assert!(!is_ready("response.body.isUpgradeable == true", 200, r#"{"isUpgradeable": false}"#));
    assert!(is_ready("response.body == 'idle'", 200, "idle"), "a body that is no JSON is a string");
    assert!(is_ready("response.body.jobs.all(job, job.state == 'done')", 200, r#"{"jobs": [{"state": "done"}]}"#));
    assert!(is_ready("!has(response.body.jobs)", 200, "{}"));
    assert!(is_ready("response.body.name.matches('^idle-[0-9]+$')", 200, r#"{"name": "idle-7"}"#));
}

#[test]
fn without_a_rule_who_says_that_it_is_not_upgradeable_is_not() {
    let ready = |body: &str| ReadyRule::standard().judge(&answer(200, body)).unwrap().ready;
    assert!(!ready(r#"{"isUpgradeable": false, "operations": 1}"#));
    assert!(ready(r#"{"isUpgradeable": true}"#) && ready("{}") && ready("busy"));
}

#[test]
fn an_error_is_never_ready_unless_the_rule_reads_the_code() {
    let idle = r#"{"isUpgradeable": true}"#;
    assert!(!is_ready("response.body.isUpgradeable == true", 500, idle));
    assert!(!is_ready("response.body.isUpgradeable == true", 302, idle));
    assert!(is_ready("response.code == 503 && response.body.isUpgradeable == true", 503, idle));
}

#[test]
fn numbers_are_numbers() {
    for rule in [
        "response.body.n == 3",
        "response.body.n < 4 && response.body.n > 2",
        "response.body.n + 1 == 4",
        "response.body.n - 4 < 0",
        "response.body.n + response.body.m == 1",
        "response.body.half == 0.5",
        "response.code >= 200 && response.code + 1 < 300",
        "response.body.list[response.body.one] == 7",
        "size(response.body.list) == response.body.n - 1",
    ] {
        let body = r#"{"n": 3, "m": -2, "half": 0.5, "one": 1, "list": [6, 7]}"#;
        assert!(is_ready(rule, 200, body), "{rule}: {:?}", judge(rule, 200, body));
    }
    assert!(is_ready("response.body.n > 1", 200, r#"{"n": 18446744073709551615}"#), "larger than any int");
}

#[test]
fn what_cannot_be_judged_is_never_ready() {
    let rule = "response.body.isUpgradeable == true";
    for (code, body) in [
        (200, "{}"),
        (200, "[]"),
        (200, "null"),
        (200, ""),
        (200, r#"{"isUpgradeable": "true"}"#),
        (200, r#"{"isUpgradeable": 1}"#),
        (200, r#"{"isUpgradeable": null}"#),
        (200, "<html><body>welcome</body></html>"),
        (404, "not found"),
    ] {
        assert!(!is_ready(rule, code, body), "{body}");
    }
    assert!(judge(rule, 200, [0xff, 0xfe, 0x00]).is_err(), "no UTF-8");
}

#[test]
fn the_trouble_names_the_code_and_what_is_wrong() {
    let why = |body: &str| judge("response.body.isUpgradeable", 200, body).unwrap_err().to_string();
    assert!(why("<html>").starts_with("answered 200, but its body is no JSON"), "{}", why("<html>"));
    assert!(why("{}").starts_with("answered 200, but the ready expression failed: "), "{}", why("{}"));
    assert!(why("{}").contains("isUpgradeable"), "{}", why("{}"));
    assert!(
        why(r#"{"isUpgradeable": "yes"}"#).contains("gave a string, not true or false"),
        "{}",
        why(r#"{"isUpgradeable": "yes"}"#)
    );
    assert!(!why("<html>").contains("<html>"), "bodies are not shown");
    let types = judge("response.body.n - 1 == 0", 200, r#"{"n": "hidden"}"#).unwrap_err().to_string();
    assert!(types.ends_with("no operator 'sub' for string and int"), "{types}");
}

#[test]
fn without_a_rule_standard_is_ready() {
    for (code, ready) in [(199, false), (200, true), (204, true), (299, true), (300, false), (500, false)] {
        assert_eq!(ReadyRule::standard().judge(&answer(code, "")).unwrap().ready, ready, "{code}");
    }
}

#[test]
fn it_keeps_what_the_member_says_of_itself() {
    let says = |code, body: &str| ReadyRule::standard().judge(&answer(code, body)).unwrap();
    assert_eq!(says(503, r#"{"operations": 1}"#).message, "1 operation running");
    assert_eq!(says(503, r#"{"operations": 12}"#).message, "12 operations running");
    assert_eq!(says(503, r#"{"operations": 12, "message": "backup"}"#).message, "backup");
    assert_eq!(says(503, r#"{"message": 7}"#).message, "answered 503");
    let long = |bytes: usize| says(503, &format!(r#"{{"message": "{}"}}"#, "x".repeat(bytes))).message;
    assert_eq!((long(112), long(113)), ("x".repeat(112), "x".repeat(112) + "…"), "112 bytes of it");
    assert_eq!(says(503, "<html>").message, "answered 503");
    assert_eq!(says(200, r#"{"operations": 0}"#).message, "");
    assert_eq!(says(200, r#"{"draining": true}"#).draining, Some(true));
    assert_eq!(says(200, r#"{"draining": false}"#).draining, Some(false));
    assert_eq!(says(200, r#"{"draining": "no"}"#).draining, None);
}

#[test]
fn a_wrong_expression_is_refused_with_a_reason_on_one_line() {
    for source in ["response.code ==", "((", "", "response.code == 200 200", "\u{0}", "'open"] {
        let why = ReadyRule::compile(source).unwrap_err();
        assert!(!why.is_empty() && !why.contains('\n'), "{source}: {why}");
    }
}

#[test]
fn it_shows_no_secrets_of_the_expression_when_printed() {
    assert_eq!(format!("{:?}", ReadyRule::standard()), "ReadyRule(standard)");
    assert_eq!(format!("{:?}", ReadyRule::compile("true").unwrap()), "ReadyRule(CEL)");
}
