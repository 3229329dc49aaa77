//! The ready rule in hostile hands: expressions and bodies that try to crash the operator or to keep it busy.

use std::collections::BTreeMap;

use proptest::prelude::*;
use serde_json::json;
use upgradegate_operator::gate::{Answer, ReadyRule, Report, Trouble};

/// The parser recurses, and takes 30 times as much stack without optimisation: more than a test's thread has.
const STACK: usize = 256 << 20;

fn on_a_deep_stack<T: Send>(work: impl FnOnce() -> T + Send) -> T {
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().stack_size(STACK).spawn_scoped(scope, work).unwrap();
        thread.join().unwrap()
    })
}

fn judge(rule: &str, body: &[u8]) -> Result<Result<Report, Trouble>, String> {
    let answer = Answer { code: 200, headers: BTreeMap::new(), body: body.to_vec() };
    on_a_deep_stack(|| ReadyRule::compile(rule).map(|rule| rule.judge(&answer)))
}

#[test]
fn an_expression_longer_than_the_schema_allows_is_refused() {
    let source = |length: usize| format!("true{}", " ".repeat(length - 4));
    assert!(judge(&source(1024), b"").unwrap().unwrap().ready);
    assert!(judge(&source(1025), b"").unwrap_err().contains("1024"));
}

#[test]
fn deep_nesting_is_an_answer_not_a_crash() {
    for (open, inner, close) in [
        ("(", "true", ")"),
        ("[", "1", "]"),
        ("{1:", "1", "}"),
        ("size(", "1", ")"),
        ("!", "true", ""),
        ("-", "1", ""),
        ("", "1", "+1"),
    ] {
        let times = (1024 - inner.len()) / (open.len() + close.len());
        let source = format!("{}{inner}{}", open.repeat(times), close.repeat(times));
        let _ = judge(&source, b"{}");
        let _ = judge(&open.repeat(times), b"{}");
    }
}

#[test]
fn loops_in_loops_are_refused() {
    for source in [
        "response.body.all(x, response.body.all(y, x + y > 0))",
        "response.body.map(x, response.body.filter(y, y > x)).size() > 0",
        "response.body.map(x, x + x).map(x, x + x).size() > 0",
        "[response.body].map(x, x + x)[0].exists(x, x > 0)",
        "response.body.exists_one(x, [x].exists(y, y > 0))",
        "response.body.all(x, x.name.matches('[a-z]{1000}{100}'))",
        "{'a': response.body.all(x, [x].all(y, true))}['a']",
        "Type{field: response.body.all(x, [x].all(y, true))}.field",
        "response.body.all(x, size(response.body + response.body) > 0)",
        "response.body.map(x, response.body + response.body).size() > 0",
        "[response.body.all(x, [x].all(y, true))][0]",
    ] {
        let why = judge(source, b"[]").unwrap_err();
        assert!(why.contains("all, exists, map and filter"), "{source}: {why}");
    }
}

#[test]
fn much_work_in_a_loop_is_refused() {
    let source = |times| format!("response.body.all(x, {})", vec!["x in response.body"; times].join(" && "));
    assert!(judge(&source(5), b"[1, 2]").unwrap().unwrap().ready);
    let twelve = format!("{} && x * 1 in response.body)", source(4).trim_end_matches(')'));
    assert!(judge(&twelve, b"[1, 2]").unwrap().unwrap().ready);
    assert!(judge(&source(6), b"[1, 2]").unwrap_err().contains("12 operators"));
}

#[test]
fn many_regular_expressions_are_refused() {
    let source = |times| vec!["response.body.matches('[a-z]{1000}{9}') == false"; times].join(" && ");
    assert!(judge(&source(4), b"1").is_ok());
    assert!(judge(&source(5), b"1").unwrap_err().contains("4 times"));
}

#[test]
fn loops_side_by_side_are_fine() {
    for rule in [
        "response.body.a.all(x, x > 0) && response.body.b.exists(x, has(x.n) && x.n == 1)",
        "response.body.b.filter(x, x.n > 7).size() == 0",
        "response.body.b.map(x, x.n) == [1]",
        "response.body.a.exists_one(x, x == 1)",
    ] {
        assert!(judge(rule, br#"{"a": [1], "b": [{"n": 1}]}"#).unwrap().unwrap().ready, "{rule}");
    }
}

#[test]
fn a_loop_over_the_largest_body_has_an_answer() {
    let body = json!({"n": vec![1; 5000]}).to_string();
    assert!(judge("response.body.n.all(x, x == 1)", body.as_bytes()).unwrap().unwrap().ready);
}

#[test]
fn deep_json_is_no_json() {
    for depth in [127, 5000] {
        let body = ["[".repeat(depth), "]".repeat(depth)].concat();
        let _ = judge("response.body == response.body", body.as_bytes()).unwrap();
        assert!(judge("response.body.ready", body.as_bytes()).unwrap().is_err());
    }
}

#[test]
fn arithmetic_has_an_answer_to_everything() {
    for source in
        ["1 / 0 == 1", "1 % 0 == 1", "-9223372036854775808 / -1 == 1", "9223372036854775807 + 1 > 0", "[1][9] == 1"]
    {
        assert!(judge(source, b"{}").unwrap().is_err(), "{source}");
    }
}

proptest! {
    #![proptest_config(crate::random::cases(128))]

    #[test]
    fn no_expression_and_no_body_breaks_it(
        tokens in prop::collection::vec(
            prop::sample::select(vec![
                "response", ".body", ".code", ".headers", "(", ")", "[", "]", "{", "}", "'", "\"", "\\", "1", "0", "-", "+",
                "==", "<", "&&", "||", "?", ":", ",", "!", ".all(x,", ".map(x,", "has(", "size(", "x", "in", "r'", "'''", "//", "\n", "1u",
                "1.5", "null", "true", "b'x'", "timestamp(", "ü", "\u{0}",
            ]),
            0..40,
        ),
        body in prop::collection::vec(any::<u8>(), 0..64),
    ) {
        if let Ok(Ok(report)) = judge(&tokens.concat(), &body) {
            prop_assert!(!report.message.contains(char::is_control));
        }
    }

    #[test]
    fn any_body_gives_a_short_clean_message(code in 100_u16..600, body in prop::collection::vec(any::<u8>(), 0..512)) {
        let answer = Answer { code, headers: BTreeMap::new(), body };
        let report = ReadyRule::standard().judge(&answer).unwrap();
        prop_assert!(!report.message.contains(char::is_control) && report.message.chars().count() <= 256);
    }
}
