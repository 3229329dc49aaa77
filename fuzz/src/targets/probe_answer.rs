//! An answer to the probe, under the standard rule and under ready expressions.

use upgradegate_operator::gate::{Answer, ReadyRule};

use crate::{answer, law};

/// The input is an answer, see [`answer::read`].
pub fn run(input: &[u8]) {
    judged(&answer::read(input));
}

/// Judges an answer by every rule.
pub fn judged(answer: &Answer) {
    thread_local! { static RULES: Vec<ReadyRule> = answer::rules().collect(); }
    RULES.with(|rules| rules.iter().enumerate().for_each(|(number, rule)| judge(number, rule, answer)));
}

fn judge(number: usize, rule: &ReadyRule, answer: &Answer) {
    let said = rule.judge(answer);
    assert_eq!(said, rule.judge(answer), "the same answer means the same");
    match said {
        Ok(report) => {
            law::harmless(&report.message);
            assert!(report.message.len() <= 128, "{} bytes", report.message.len());
            // Rules 2 and 3 judge the code themselves.
            let success = (200..300).contains(&answer.code) || matches!(number, 2 | 3);
            assert!(success || !report.ready, "an error is never ready");
            let body: Option<serde_json::Value> = serde_json::from_slice(&answer.body).ok();
            let refused = body.is_some_and(|body| body.get("isUpgradeable") == Some(&false.into()));
            assert!(!(refused && report.ready && number < 2), "it said no");
        }
        Err(trouble) => {
            assert!(number > 0, "the standard rule can judge everything");
            law::harmless(&trouble.to_string());
        }
    }
}
