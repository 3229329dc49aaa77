//! A ready expression: a user's program, run within the operator.

use upgradegate_operator::gate::{Answer, ReadyRule};

use crate::{answer, law};

/// Answers that expressions are tried on: usual ones, none at all, and one of 2,500 numbers.
fn answers() -> Vec<Answer> {
    let small = [
        "200\n\n{\"isUpgradeable\":true,\"operations\":0,\"jobs\":[{\"done\":true}],\"queue\":[]}",
        "503\nx-state: busy\n\nnot now",
        "200\n\n{\"a\":{\"b\":[1,-2.5,null,\"\u{1f980}\",18446744073709551615]}}",
        "204",
    ];
    let mut answers: Vec<_> = small.iter().map(|text| answer::read(text.as_bytes())).collect();
    let items = serde_json::to_vec(&(0..2500).map(|n| n % 10).collect::<Vec<_>>()).unwrap();
    answers.push(Answer { body: items, ..answers[0].clone() });
    answers
}

/// The input is the expression.
pub fn run(input: &[u8]) {
    let Ok(source) = std::str::from_utf8(input) else { return };
    let rule = match ReadyRule::compile(source) {
        Ok(rule) => rule,
        Err(why) => return law::harmless(&why),
    };
    assert!(source.len() <= 1024, "a longer one is refused");
    thread_local! { static ANSWERS: Vec<Answer> = answers(); }
    ANSWERS.with(|answers| {
        for answer in answers {
            match rule.judge(answer) {
                Ok(report) => {
                    law::harmless(&report.message);
                    let judges_code = source.contains("response.code");
                    assert!(
                        judges_code || !report.ready || (200..300).contains(&answer.code),
                        "an error is never ready"
                    );
                }
                Err(trouble) => law::harmless(&trouble.to_string()),
            }
        }
    });
}
