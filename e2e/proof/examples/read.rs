//! Reads recorded histories again: `cargo run -p upgradegate-proof --example read -- FILE…`. Prints what they break, and ends with 1 if they
//! do. Of a test that disturbs the operator or the cluster that may be what the test forgives: the usual slack counts here.

use std::{error::Error, fs, process::ExitCode};

use upgradegate_proof::{History, Slack, check_within, replay_within};

fn main() -> Result<ExitCode, Box<dyn Error>> {
    let (mut broken, mut steps) = (0, 0);
    for file in std::env::args().skip(1) {
        let history: History = serde_json::from_slice(&fs::read(&file)?)?;
        let replayed = replay_within(&history, Slack::USUAL);
        for violation in check_within(&history, Slack::USUAL).iter().chain(&replayed.violations) {
            println!("{file}: {violation}");
            broken += 1;
        }
        steps += replayed.steps;
    }
    println!("{steps} written statuses, {broken} violations");
    Ok(if broken == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
