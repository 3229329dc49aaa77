//! How long an upgrade takes from the end of the work that it waits for: one pod, one operation.

use anyhow::{Context, Result};
use jiff::{SignedDuration, Timestamp};
use upgradegate_crds::Phase;
use upgradegate_e2e::{Test, is};

use crate::{
    app::{App, Hook},
    in_namespace,
    spread::Spread,
    table::Row,
};

/// How it is measured.
struct Setting {
    /// The shell hook's time from one question to the next, in seconds.
    poll: u32,
    rounds: u32,
}

/// An operation outlasts the start of Helm and of its hook by this many seconds.
const SHORTEST: f64 = 8.0;

/// The times of a round, each since the end of the operation.
#[derive(Default)]
struct Times {
    open: Spread,
    template: Spread,
    complete: Spread,
    helm: Spread,
}

pub async fn measure(quick: bool) -> Result<Vec<Row>> {
    let setting = if quick { Setting { poll: 2, rounds: 2 } } else { Setting { poll: 10, rounds: 10 } };
    let (ours, shell) = tokio::try_join!(
        in_namespace("lag-gate", async |test| rounds(test, Hook::Gate, &setting).await),
        in_namespace("lag-shell", async |test| rounds(test, Hook::Shell { poll: setting.poll }, &setting).await),
    )?;
    let ratio = shell.helm.median() / ours.helm.median();
    let poll = setting.poll;
    Ok(vec![
        Row {
            what: format!("end of an operation -> end of helm upgrade, 1 pod, shell poll {poll} s"),
            ours: ours.helm.to_string(),
            shell: shell.helm.to_string(),
            note: format!("shell / ours {ratio:.2}"),
        },
        Row::of_ours("  of which -> gate open", &ours.open, ""),
        Row::of_ours("  of which -> the new pod template is there", &ours.template, ""),
        Row::of_ours("  of which -> gate Completed", &ours.complete, ""),
    ])
}

async fn rounds(test: &Test, hook: Hook, setting: &Setting) -> Result<Times> {
    let app = App::install(test, hook, 1).await?;
    let mut times = Times::default();
    for round in 0..setting.rounds {
        eprintln!("lag: {hook:?}, round {} of {}", round + 1, setting.rounds);
        app.until_complete().await?;
        let pod = app.clients().names().await?.pop().context("no pod")?;
        // The ends of the operations lie evenly between two questions of the shell hook.
        let seconds = SHORTEST + f64::from(setting.poll * round) / f64::from(setting.rounds);
        app.clients().start(&pod, seconds).await?;
        let end = Timestamp::now() + SignedDuration::from_secs_f64(seconds);
        let ended = app.upgrade(round + 2).await?.ok()?;
        times.helm.add(end, ended.ended);
        if hook == Hook::Gate {
            times.add_of_gate(test, end);
        }
    }
    Ok(times)
}

impl Times {
    /// Adds what the newest gate went through.
    fn add_of_gate(&mut self, test: &Test, end: Timestamp) {
        let seen: Vec<_> = test.gates.all().into_iter().filter(|seen| seen.at >= end).collect();
        let first = |wanted: &is::Is| seen.iter().find(|seen| wanted.holds(&seen.gate)).map(|seen| seen.at);
        let steps = [
            (&mut self.open, is::open()),
            (&mut self.template, is::phase(Phase::RollingOut)),
            (&mut self.complete, is::over()),
        ];
        for (spread, wanted) in steps {
            if let Some(at) = first(&wanted) {
                spread.add(end, at);
            }
        }
    }
}
