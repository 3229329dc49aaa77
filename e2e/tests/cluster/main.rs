//! The scenarios on a real cluster. Each has a namespace of its own and they run at once; those that disturb the shared
//! operator are in `disruption`.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::similar_names)]

mod api;
mod cli;
mod faults;
mod gate;
mod helm;
mod members;

/// The table of traps in the README promises a test for each number.
#[test]
fn each_trap_has_a_test() {
    let readme = std::fs::read_to_string(upgradegate_e2e::env::checkout("e2e/README.md")).unwrap();
    let numbers: Vec<&str> = readme.lines().filter_map(|line| line.strip_prefix("| ")?.get(..2)).collect();
    let numbers: Vec<&str> = numbers.into_iter().filter(|number| number.parse::<u8>().is_ok()).collect();
    assert_eq!(numbers.len(), 37);
    let sources = sources(&upgradegate_e2e::env::checkout("e2e/tests"));
    for number in numbers {
        assert!(sources.contains(&format!("fn trap_{number}_")), "no test of trap {number}");
    }
}

/// All sources in a folder and the folders in it.
fn sources(folder: &std::path::Path) -> String {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let is_source = |path: &std::path::Path| path.extension().is_some_and(|extension| extension == "rs");
    let sources_or_folders = entries.filter(|path| path.is_dir() || is_source(path));
    let read =
        |path: std::path::PathBuf| if path.is_dir() { sources(&path) } else { std::fs::read_to_string(path).unwrap() };
    sources_or_folders.map(read).collect()
}
