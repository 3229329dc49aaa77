//! Every operation, as the pods themselves count it: living ones in their metrics, ended ones in the last line of their log.

use std::{collections::BTreeMap, iter::Sum};

use anyhow::{Context, Result, ensure};
use serde::Deserialize;
use upgradegate_e2e::{
    Test,
    demo_app::{DemoApp, PORT},
    logs::LogLine,
    operator, pods,
};

/// Operations of a pod, or of several.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct Count {
    /// Accepted.
    pub started: u64,
    /// Ran to their end.
    pub finished: u64,
    /// Ended by a shutdown before their time.
    pub cut_off: u64,
}

impl Sum for Count {
    fn sum<I: Iterator<Item = Self>>(counts: I) -> Self {
        counts.fold(Self::default(), |sum, count| Self {
            started: sum.started + count.started,
            finished: sum.finished + count.finished,
            cut_off: sum.cut_off + count.cut_off,
        })
    }
}

/// What the pods that live say in their metrics.
///
/// # Errors
/// If one does not answer.
pub async fn of_the_living(test: &Test, app: &DemoApp) -> Result<BTreeMap<String, Count>> {
    let mut counts = BTreeMap::new();
    for pod in app.names().await? {
        let whom = format!("pods/{pod}:{PORT}");
        let metrics = pods::call(&test.client, "GET", &test.namespace, &whom, "/metrics", "").await?;
        counts.insert(pod, of_metrics(&metrics)?);
    }
    Ok(counts)
}

/// What these pods said last, when they stopped.
///
/// # Errors
/// If one has not said it.
pub fn of_the_ended<'a>(lines: &[LogLine], pods: impl IntoIterator<Item = &'a String>) -> Result<Vec<Count>> {
    let last_words = |pod: &String| {
        let mut of_pod = lines.iter().rev().filter(|line| line.pod == *pod);
        of_pod.find_map(|line| of_last_line(&line.text)).with_context(|| format!("{pod} did not log that it stopped"))
    };
    pods.into_iter().map(last_words).collect()
}

fn of_metrics(text: &str) -> Result<Count> {
    let count = |what: &str| {
        let name = format!("demo_app_operations_{what}_total");
        let value = operator::sum(text, &name).with_context(|| format!("no metric {name}"))?;
        ensure!(value >= 0.0, "{name} is {value}");
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        Ok(value as u64)
    };
    Ok(Count { started: count("started")?, finished: count("finished")?, cut_off: count("cut_off")? })
}

fn of_last_line(line: &str) -> Option<Count> {
    let value: serde_json::Value = serde_json::from_str(line).ok()?;
    (value["message"] == "stopped").then(|| serde_json::from_value(value).ok()).flatten()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    const COUNT: Count = Count { started: 3, finished: 2, cut_off: 1 };

    #[test]
    fn both_books_are_read() {
        let text = "demo_app_operations_started_total 3\ndemo_app_operations_finished_total 2\n\
                    demo_app_operations_cut_off_total 1\n";
        assert_eq!(of_metrics(text).unwrap(), COUNT);
        let line = |pod: &str, text: &str| LogLine {
            pod: pod.into(),
            uid: pod.into(),
            container: "app".into(),
            id: pod.into(),
            text: text.into(),
        };
        let last = r#"{"level":"INFO","message":"stopped","started":3,"finished":2,"cut_off":1}"#;
        let lines = [line("a", "no JSON"), line("a", last), line("b", r#"{"message":"listening"}"#)];
        assert_eq!(of_the_ended(&lines, [&"a".to_owned()]).unwrap(), [COUNT]);
        assert!(of_the_ended(&lines, [&"b".to_owned()]).is_err());
    }
}
