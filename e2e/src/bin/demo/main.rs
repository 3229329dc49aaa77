//! `make demo`: a busy application, and a `helm upgrade` that waits for it.
//!
//! It needs a cluster and the images, as `make demo` provides them, and leaves operator and application in place, so that one
//! can look around, and run it again.

mod books;
mod call_off;
mod clients;
mod gates;
mod screen;
mod stage;
mod story;
mod timeline;
mod upgrade;
mod verdict;
mod work;

use std::{
    process::ExitCode,
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use anyhow::{Context, Result, bail};
use clap::Parser;
use kube::ResourceExt;
use tokio::{signal::ctrl_c, task::spawn_blocking, time::timeout};
use upgradegate_e2e::{env, operator, process::Program};

use crate::{screen::Screen, stage::Stage};

/// A demo that takes longer than this hangs. It begins with at most one installation, and an operation of two minutes.
const BOUND: Duration = Duration::from_mins(12);

/// How long an interrupted upgrade may take to come to its end.
const CALLING_OFF: Duration = Duration::from_secs(20);

/// Exit code after Ctrl-C, as shells have it.
const INTERRUPTED: u8 = 130;

/// Shows a helm upgrade that waits for a busy application.
#[derive(Debug, Parser)]
struct Args {
    /// Which Helm upgrades.
    #[arg(long, value_enum, default_value = "4")]
    helm: stage::Helm,
    /// Seconds that the longest operation takes.
    #[arg(long, default_value_t = 40, value_parser = clap::value_parser!(u32).range(8..=120))]
    seconds: u32,
}

#[tokio::main]
async fn main() -> ExitCode {
    let args = Args::parse();
    let screen = Screen::new();
    let interrupted = AtomicBool::new(false);
    let demo = async {
        let played = timeout(BOUND, play(&args, screen, &interrupted)).await;
        played.unwrap_or_else(|_| bail!("the demo was not over within {BOUND:?}"))
    };
    tokio::pin!(demo);
    let played = tokio::select! {
        played = &mut demo => played,
        _ = ctrl_c() => {
            interrupted.store(true, Ordering::Relaxed);
            screen.title("Interrupted: the upgrade is called off");
            match call_off::call_off().await {
                // Helm got the same signal from the terminal, and the hook ends with its gate.
                Ok(gates) if gates > 0 => drop(timeout(CALLING_OFF, &mut demo).await),
                Ok(_) => {}
                Err(error) => screen.line(&format!("the gate could not be cancelled: {error:#}")),
            }
            screen.title("What was installed is still there: `make demo` again goes on from it.");
            return ExitCode::from(INTERRUPTED);
        }
    };
    match played {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("\nerror: the demo failed: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn play(args: &Args, screen: Screen, interrupted: &AtomicBool) -> Result<()> {
    screen.title("1. The operator");
    let tag = env::image_tag()?;
    spawn_blocking(operator::ensure).await??;
    screen.line(&format!(
        "release {} in namespace {}: {} replicas of {tag}",
        operator::NAME,
        operator::NAMESPACE,
        operator::REPLICAS
    ));

    screen.title("2. The application");
    let stage = Stage::open(args.helm).await?;
    let version = stage.ensure_app(screen).await?;

    screen.title("3. Long operations in every pod");
    let work = work::start(&stage, args.seconds, screen).await?;
    let next = version + 1;
    let upgrade = upgrade::run(&stage, next, screen).await?;
    if interrupted.load(Ordering::Relaxed) {
        return Ok(());
    }

    screen.title("6. How it went, in seconds since helm upgrade began");
    timeline::draw(screen, &work, &upgrade);

    screen.title("7. What the gate has on record");
    let gate = upgrade.gate().context("helm upgrade made no gate: its output above says why")?.name_any();
    let describe = ["describe", "upgradegate", &gate, "--namespace", stage::NAME];
    screen.command(&format!("kubectl {}", describe.join(" ")));
    let described = Program::new(env::kubectl()).args(describe).run().await?;
    screen.quote(&described.ok()?.output());

    screen.title("8. What UpgradeGate promised");
    verdict::check(&stage, &work, &upgrade, next, screen).await?;
    screen.title("The upgrade waited for the application, and went on by itself.");
    screen.line("Run it again, or look around: kubectl get upgradegates --all-namespaces");
    Ok(())
}
