//! Random observations and random runs.

mod arbitrary;
mod nearly_ready;
mod total;
mod walks;

/// So many cases; a failure prints its smallest input, and is made a story of its own rather than a file.
pub fn cases(count: u32) -> proptest::test_runner::Config {
    proptest::test_runner::Config { cases: count, failure_persistence: None, ..Default::default() }
}
