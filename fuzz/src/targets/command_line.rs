//! The command line of the CLI, with its durations.

use clap::Parser;
use upgradegate_cli::{args::Cli, duration};

/// Each line of the input is an argument.
pub fn run(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    let arguments: Vec<&str> = text.split('\n').collect();
    match Cli::try_parse_from(std::iter::once("kubectl-upgradegate").chain(arguments.iter().copied())) {
        Ok(cli) => assert!(!format!("{cli:?}").is_empty()),
        Err(error) => assert!(!error.to_string().is_empty(), "a refusal says why"),
    }
    arguments.into_iter().for_each(reads_duration);
}

/// A duration reads as it is written.
fn reads_duration(text: &str) {
    match duration::parse(text) {
        Ok(read) => {
            assert_eq!(duration::parse(&duration::format(read)), Ok(read));
            let seconds = i64::try_from(read.as_secs()).unwrap_or(i64::MAX);
            assert!(!duration::age(seconds).is_empty() && duration::age(-seconds) == "0s");
        }
        Err(why) => assert!(why.contains("is not a duration"), "{why}"),
    }
}
