//! A line a minute, and the figures that the verdict compares.

use std::time::Duration;

use anyhow::{Result, ensure};
use kube::Client;
use tokio::time::{Instant, sleep_until};
use upgradegate_e2e::wait;

use crate::{
    Soak,
    leader::{self, Figures},
    verdict::{self, Reign},
};

/// From one line to the next.
const MINUTE: Duration = Duration::from_mins(1);

/// Reads the leader's figures.
pub struct Meter {
    client: Client,
    began: Instant,
    /// How long a leader takes to settle.
    settles: Duration,
    /// What it has with nothing to do: before the first run.
    idle: Figures,
    /// Who leads. One that an outage kept from its Lease stands by from then on.
    leader: String,
    /// Since when it was seen to lead.
    led_since: Instant,
    /// What each leader had when it had settled, and what it has now, or had when it was last seen to lead.
    reigns: Vec<Reign>,
}

impl Meter {
    /// Begins while nothing runs.
    ///
    /// # Errors
    /// If nobody leads.
    pub async fn begin(client: &Client, settles: Duration) -> Result<Self> {
        let began = Instant::now();
        let idle = wait::eventually("led by one", async || leader::ask(client).await).await?;
        let leader = idle.pod.clone();
        Ok(Self { client: client.clone(), began, settles, idle, leader, led_since: began, reigns: Vec::new() })
    }

    /// Prints a line each minute until the time is over.
    ///
    /// # Errors
    /// If the leader does not answer for long.
    pub async fn read_on(mut self, soak: &Soak) -> Result<Self> {
        let mut next = self.began + MINUTE.min(soak.end.duration_since(self.began) / 4);
        while !soak.is_over() {
            sleep_until(next.min(soak.end)).await;
            let now = self.ask(soak).await?;
            self.follow(&now);
            println!("{:>4} min: {}; {}", self.began.elapsed().as_secs() / 60, soak.tally.borrow(), show(&now));
            next += MINUTE;
        }
        Ok(self)
    }

    /// The leader has these figures now.
    fn follow(&mut self, now: &Figures) {
        if self.leader != now.pod {
            (self.leader, self.led_since) = (now.pod.clone(), Instant::now());
        }
        let known = self.note_last(now);
        if !known && self.led_since.elapsed() >= self.settles {
            self.reigns.push(Reign { settled: now.clone(), last: now.clone() });
        }
    }

    /// A leader that had settled has these figures now; false if it had not.
    fn note_last(&mut self, now: &Figures) -> bool {
        let reign = self.reigns.last_mut().filter(|reign| reign.settled.pod == now.pod);
        reign.map(|reign| reign.last = now.clone()).is_some()
    }

    async fn ask(&self, soak: &Soak) -> Result<Figures> {
        let asked = wait::eventually("told by the leader", async || leader::ask(&self.client).await);
        soak.calm.step(asked).await
    }

    /// Waits until nothing runs, and says whether all is well.
    ///
    /// # Errors
    /// If the leader does not answer.
    pub async fn verdict(mut self, soak: &Soak) -> Result<bool> {
        let end = wait::eventually("without a run", async || {
            let now = leader::ask(&self.client).await?;
            let left = verdict::more_than_connections(now.tasks, self.idle.tasks);
            ensure!(!left, "{} tasks, and {} before the first run", now.tasks, self.idle.tasks);
            Ok(now)
        })
        .await;
        let end = match end {
            Ok(end) => end,
            // What is too much is for the verdict to say.
            Err(_) => leader::ask(&self.client).await?,
        };
        self.note_last(&end);
        println!("idle before: {}", show(&self.idle));
        for Reign { settled, last } in &self.reigns {
            println!("settled:     {}\n  and last:  {}", show(settled), show(last));
        }
        println!("idle after:  {}", show(&end));
        let findings = verdict::of(&soak.tally.borrow(), &self.idle, &self.reigns, &end);
        for finding in &findings {
            println!("- {finding}");
        }
        println!("{}: {}", if findings.is_empty() { "passed" } else { "FAILED" }, soak.tally.borrow());
        Ok(findings.is_empty())
    }
}

fn show(figures: &Figures) -> String {
    let Figures { descriptors, tasks, pod, .. } = figures;
    format!("RSS {:.1} MiB, {descriptors} descriptors, {tasks} tasks ({pod})", figures.mebibytes())
}
