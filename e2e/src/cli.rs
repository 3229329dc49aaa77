//! The CLI as a person runs it.

use anyhow::{Result, ensure};

use crate::{Test, env, process::Program};

/// The binary that cargo built.
///
/// # Errors
/// If it was not built.
pub fn program() -> Result<Program> {
    let binary = env::target().join("debug/kubectl-upgradegate");
    ensure!(binary.exists(), "{} does not exist: run `cargo build -p upgradegate-cli`", binary.display());
    Ok(Program::new(binary))
}

/// A command of the CLI in the namespace of a test.
///
/// # Errors
/// If the binary was not built.
pub fn command(test: &Test, args: &[&str]) -> Result<Program> {
    Ok(program()?.args(["--namespace", &test.namespace]).args(args))
}

/// A command of kubectl in the namespace of a test.
pub fn kubectl(test: &Test, args: &[&str]) -> Program {
    Program::new(env::kubectl()).args(["--namespace", &test.namespace]).args(args)
}
