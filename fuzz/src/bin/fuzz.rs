//! The engine, libFuzzer, with the target that the environment variable `FUZZ_TARGET` names. Its options are the command line.

#![no_main]

use std::{
    backtrace::Backtrace,
    cell::RefCell,
    panic::{catch_unwind, set_hook},
    process::{abort, exit},
    sync::LazyLock,
};

use libfuzzer_sys::fuzz_target;
use upgradegate_fuzz::{TARGETS, Target, target};

static TARGET: LazyLock<Target> = LazyLock::new(|| {
    let name = std::env::var("FUZZ_TARGET").unwrap_or_default();
    target(&name).unwrap_or_else(|| {
        let names: Vec<_> = TARGETS.iter().map(|target| target.name).collect();
        eprintln!("FUZZ_TARGET is {name:?}; set it to one of: {}", names.join(" "));
        exit(2)
    })
});

thread_local! { static LAST: RefCell<String> = RefCell::default(); }

fuzz_target!(
    init: {
        LazyLock::force(&TARGET);
        // The engine's own hook ends the process at every panic. Only those that escape are findings: the operator contains the panics
        // of the interpreter of expressions.
        set_hook(Box::new(|info| {
            LAST.replace(format!("{info}\n{}", Backtrace::capture()));
        }));
    },
    |input: &[u8]| {
        if catch_unwind(|| (TARGET.run)(input)).is_err() {
            eprintln!("{}", LAST.take());
            abort();
        }
    }
);
