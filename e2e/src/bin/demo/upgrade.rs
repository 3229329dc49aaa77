//! The upgrade, in front of the viewer.

use std::time::Duration;

use anyhow::{Result, ensure};
use jiff::Timestamp;
use upgradegate_crds::UpgradeGate;
use upgradegate_e2e::{
    Gate,
    history::Seen,
    is,
    process::{Channel, Ended, Running},
    wait,
};

use crate::{
    clients::{Answers, Clients},
    gates::Teller,
    screen::Screen,
    stage::Stage,
    story::Story,
};

/// Helm's own timeout is 300 s; it may take a moment more to say so.
const HELM: Duration = Duration::from_secs(330);

/// So many operations must be started after the upgrade: the application works again.
const SERVED: usize = 5;

/// What was seen of the upgrade.
pub struct Upgrade {
    /// The time that all others are told from.
    pub story: Story,
    /// Helm, ended.
    pub helm: Ended,
    /// Every version of the gate.
    pub versions: Vec<Seen>,
    /// What the clients saw.
    pub answers: Answers,
}

impl Upgrade {
    /// The gate in its last version.
    pub fn gate(&self) -> Option<&UpgradeGate> {
        self.versions.last().map(|seen| &seen.gate)
    }

    /// When the gate first was so.
    pub fn first(&self, wanted: &is::Is) -> Option<Timestamp> {
        self.versions.iter().find(|seen| wanted.holds(&seen.gate)).map(|seen| seen.at)
    }
}

/// Upgrades to a version, and tells what happens until all is calm again.
///
/// # Errors
/// If the cluster does not answer, or it does not end.
pub async fn run(stage: &Stage, version: u64, screen: Screen) -> Result<Upgrade> {
    let clients = Clients::start(stage.test.client.clone());
    started_more_than(&clients, 0).await?;
    screen.line("clients start a short operation every half second, and go on with that all the time");

    screen.title(&format!("4. Upgrade to version {version}, while all pods are busy"));
    let mut teller = Teller::new(&stage.test).await?;
    let (program, shown) = stage.upgrade(version)?;
    screen.command(&shown);
    let story = Story::begin(screen);
    clients.tell(story);
    let running = program.spawn()?;
    let played = tokio::select! {
        played = play(stage, &story, running, &clients) => played,
        never = teller.follow(&story) => match never {},
    };
    teller.catch_up(&story);
    let helm = played?;
    let answers = clients.answers();
    drop(clients);

    screen.title("5. What Helm printed");
    quote(screen, &helm);
    Ok(Upgrade { story, helm, versions: teller.news(), answers })
}

/// The upgrade, the end of its gate, and the clients served again.
async fn play(stage: &Stage, story: &Story, helm: Running, clients: &Clients) -> Result<Ended> {
    let helm = helm.wait_within(HELM).await?;
    let code = helm.code.map_or_else(|| "a signal".into(), |code| format!("code {code}"));
    story.tell_of(helm.ended, "helm upgrade", &format!("ended with {code}"));
    let gates = stage.test.gates.latest().into_iter().filter(|gate| !is::over().holds(gate));
    for gate in gates {
        Gate::of(&stage.test, &gate)?.until(is::over()).await?;
    }
    // Also a failed upgrade ends with pods at work.
    started_more_than(clients, clients.answers().started() + SERVED).await?;
    Ok(helm)
}

async fn started_more_than(clients: &Clients, count: usize) -> Result<()> {
    wait::eventually("served, the clients", async || {
        let answers = clients.answers();
        ensure!(
            answers.started() > count,
            "{} operations were started; failures: {:?}",
            answers.started(),
            answers.failures()
        );
        Ok(())
    })
    .await
}

/// Helm's own words. It packs a hook's log into one line of its own log: here each line has its own again.
fn quote(screen: Screen, helm: &Ended) {
    for line in &helm.lines {
        // How the charts of this checkout lie beside each other is of no interest.
        if line.channel == Channel::Stdout || !line.text.contains("symbolic link") {
            screen.quote(&line.text.replace("\\n", "\n    "));
        }
    }
}
