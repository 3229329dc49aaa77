//! What could explain a failure, printed.

use std::fmt::Display;

use anyhow::Result;
use k8s_openapi::api::{core::v1::Pod, events::v1::Event};
use kube::{Api, ResourceExt, api::ListParams};
use upgradegate_crds::UpgradeGate;

use crate::{Test, operator, pods};

/// The most lines of a log that are printed.
const MAX_LINES: usize = 200;

/// Prints gates, pods, events, and the logs of the test's pods and of the operator since the test began.
pub(crate) async fn print(test: &Test) {
    title(&format!("namespace {}", test.namespace));
    title("gates");
    for seen in test.gates.all() {
        let status = seen.gate.status.clone().unwrap_or_default();
        let line = format!(
            "{} {} {:?} {:?} {:?} {}",
            seen.at,
            seen.gate.name_any(),
            status.phase,
            status.outcome,
            status.pods.map(|pods| pods.summary),
            if seen.gone { "gone" } else { &status.message }
        );
        eprintln!("{line}");
    }
    report("gates as they are", gates(test).await);
    report("pods", pod_lines(test).await);
    report("events", events(test).await);
    title("logs");
    let lines = test.logs.lines();
    for line in lines.iter().skip(lines.len().saturating_sub(MAX_LINES)) {
        eprintln!("{}/{}: {}", line.pod, line.container, line.text);
    }
    report("operator", operator::logs_since(&test.client, test.started).await.map(|text| last(&text)));
}

async fn gates(test: &Test) -> Result<String> {
    let mut gates = test.api::<UpgradeGate>().list(&ListParams::default()).await?;
    gates.items.iter_mut().for_each(|gate| gate.metadata.managed_fields = None);
    Ok(gates.items.iter().map(serde_saphyr::to_string).collect::<Result<Vec<_>, _>>()?.join("---\n"))
}

async fn pod_lines(test: &Test) -> Result<String> {
    let pods: Api<Pod> = test.api();
    Ok(pods.list(&ListParams::default()).await?.items.iter().map(pods::line).collect())
}

async fn events(test: &Test) -> Result<String> {
    let events = test.api::<Event>().list(&ListParams::default()).await?;
    let line = |event: &Event| {
        let regarding = event.regarding.clone().unwrap_or_default();
        format!(
            "{} {} {} {}\n",
            regarding.kind.unwrap_or_default(),
            regarding.name.unwrap_or_default(),
            event.reason.clone().unwrap_or_default(),
            event.note.clone().unwrap_or_default()
        )
    };
    Ok(events.items.iter().map(line).collect())
}

fn last(text: &str) -> String {
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(MAX_LINES)..].join("\n")
}

fn report(name: &str, text: Result<impl Display>) {
    title(name);
    match text {
        Ok(text) => eprintln!("{text}"),
        Err(error) => eprintln!("not known: {error:#}"),
    }
}

fn title(name: &str) {
    eprintln!("\n==== {name}");
}
