//! The wrong versions of the core that `run.sh` tries: each patch here still fits the sources, and says which rule it breaks.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::{fs, path::Path};

/// As many as there must be at least.
const FEWEST: usize = 20;

/// Name and text of each patch.
fn patches() -> Vec<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/seeded");
    let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let patches = files.filter(|path| path.extension().is_some_and(|extension| extension == "patch"));
    patches
        .map(|path| (path.file_name().unwrap().to_string_lossy().into_owned(), fs::read_to_string(path).unwrap()))
        .collect()
}

/// The lines of each hunk as they were before the patch.
fn hunks(patch: &str) -> Vec<String> {
    let after_header = patch.split_once("\n+++ ").unwrap().1;
    let hunks = after_header.split("\n@@").skip(1).map(|hunk| hunk.split_once('\n').unwrap().1);
    let was_there = |line: &&str| line.starts_with([' ', '-']);
    hunks.map(|hunk| hunk.lines().filter(was_there).map(|line| line[1..].to_owned() + "\n").collect()).collect()
}

#[test]
fn every_patch_fits_the_sources() {
    let patches = patches();
    assert!(patches.len() >= FEWEST, "{} patches", patches.len());
    for (name, patch) in patches {
        let file = patch.lines().find_map(|line| line.strip_prefix("--- a/operator/")).unwrap();
        let source = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(file)).unwrap();
        let hunks = hunks(&patch);
        assert!(!hunks.is_empty(), "{name} changes nothing");
        for hunk in hunks {
            assert!(
                source.contains(&hunk),
                "{name} no longer fits {file}; make it anew from the sources as they are:\n{hunk}"
            );
        }
    }
}

#[test]
fn every_patch_says_which_rule_it_breaks() {
    for (name, patch) in patches() {
        let rule =
            patch.strip_prefix("Breaks S").and_then(|rest| rest.split_once(": ")).map(|(rule, _)| rule.parse::<u8>());
        assert!(matches!(rule, Some(Ok(1..=7))), "{name} begins with: Breaks S1: what is wrong");
    }
}
