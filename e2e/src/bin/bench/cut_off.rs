//! How many operations an upgrade cuts off: three pods, and clients who start an operation every few seconds.

mod load;

use std::time::Duration;

use anyhow::Result;
use futures::future::try_join_all;
use tokio::time::sleep;

use self::load::{Aim, Load};
use crate::{
    app::{App, Hook},
    in_namespace,
    table::Row,
};

/// How it is measured. The quick setting is the same, ten times faster.
#[derive(Clone, Copy)]
struct Setting {
    /// Seconds that an operation takes.
    operation: u32,
    /// From the start of one to the start of the next.
    every: Duration,
    /// The shell hook's time from one question to the next, in seconds.
    poll: u32,
}

/// What became of the operations.
struct Outcome {
    started: usize,
    cut_off: usize,
    waited: usize,
    upgraded: bool,
    seconds: f64,
}

pub async fn measure(quick: bool) -> Result<Vec<Row>> {
    let setting = if quick {
        Setting { operation: 6, every: Duration::from_millis(500), poll: 1 }
    } else {
        Setting { operation: 60, every: Duration::from_secs(5), poll: 10 }
    };
    let cells = [Aim::OnePod, Aim::Service].into_iter().flat_map(|aim| {
        [Hook::Gate, Hook::Shell { poll: setting.poll }].map(|hook| {
            in_namespace("cut-off", async move |test| {
                let app = App::install(test, hook, 3).await?;
                upgrade_under_load(&app, aim, setting, || test.logs.count("operation cut off")).await
            })
        })
    });
    eprintln!("cut-off: all four settings at the same time");
    let outcomes = try_join_all(cells).await?;
    let aims = [Aim::OnePod, Aim::Service].into_iter();
    Ok(aims.zip(outcomes.chunks(2)).map(|(aim, pair)| row(aim, setting, pair)).collect())
}

fn row(aim: Aim, setting: Setting, pair: &[Outcome]) -> Row {
    let [ours, shell] = [0, 1].map(|index| pair.get(index).map(Outcome::to_string).unwrap_or_default());
    let (operation, every) = (setting.operation, setting.every.as_secs_f64());
    let whom = match aim {
        Aim::OnePod => "all at one pod",
        Aim::Service => "spread by the Service",
    };
    let what = format!("operations cut off: 3 pods, one of {operation} s every {every} s, {whom}");
    Row { what, ours, shell, note: "goal: none".into() }
}

impl std::fmt::Display for Outcome {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} of {}", self.cut_off, self.started)?;
        if self.waited > 0 {
            write!(f, ", {} told to wait", self.waited)?;
        }
        let verb = if self.upgraded { "upgraded in" } else { "NOT upgraded, gave up after" };
        write!(f, "; {verb} {:.0} s", self.seconds)
    }
}

/// Upgrades once as many operations run as ever will, and lets the clients go on for as long again.
async fn upgrade_under_load(app: &App<'_>, aim: Aim, setting: Setting, cut_off: impl Fn() -> usize) -> Result<Outcome> {
    let lasts = Duration::from_secs(setting.operation.into());
    let load = Load::start(app.clients(), aim, setting.every, setting.operation);
    sleep(lasts).await;
    let (ended, ()) = tokio::join!(app.upgrade(2), sleep(lasts));
    let ended = ended?;
    app.until_complete().await?;
    Ok(Outcome {
        started: load.started(),
        cut_off: cut_off(),
        waited: load.waited(),
        upgraded: ended.code == Some(0),
        seconds: ended.ended.duration_since(ended.started).as_secs_f64(),
    })
}
