//! Replays the inputs that are kept: those that reach most of the code, and those that once broke something.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::{fs, panic::catch_unwind, path::Path};

use upgradegate_fuzz::TARGETS;

/// Most bytes of all inputs: they are part of every clone.
const MOST: u64 = 300 * 1024;

#[test]
fn every_input_that_is_kept_is_taken_without_harm() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut size = 0;
    let mut broken = Vec::new();
    for target in TARGETS {
        let mut count = 0;
        for kind in ["corpus", "regressions"] {
            let Ok(folder) = fs::read_dir(root.join(kind).join(target.name)) else { continue };
            for entry in folder {
                let file = entry.unwrap().path();
                let input = fs::read(&file).unwrap();
                size += input.len() as u64;
                count += 1;
                if catch_unwind(|| (target.run)(&input)).is_err() {
                    broken.push(file);
                }
            }
        }
        assert!(count > 0, "no input for {}", target.name);
    }
    assert!(broken.is_empty(), "what must hold does not for: {broken:#?}");
    assert!(size <= MOST, "the corpus has {size} bytes, of at most {MOST}");
}
