//! The environment that the tests run in: the cluster, the programs, the images.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

/// Name of the variable with the tag of the images under test.
pub const IMAGE_TAG: &str = "UPGRADEGATE_IMAGE_TAG";

/// The value of a variable.
///
/// # Errors
/// If it is not set: a test that cannot run has failed.
pub fn var(name: &str) -> Result<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty()).with_context(|| {
        format!(
            "{name} is not set: run `make test`, or bring up a cluster and load its environment (`make cluster-up`)"
        )
    })
}

/// The tag of the images under test.
///
/// # Errors
/// If it is not known.
pub fn image_tag() -> Result<String> {
    var(IMAGE_TAG)
}

/// kubectl: `KUBECTL`, else the one in `PATH`.
pub fn kubectl() -> PathBuf {
    std::env::var_os("KUBECTL").map_or_else(|| "kubectl".into(), PathBuf::from)
}

/// A path inside the checkout.
pub fn checkout(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap_or(Path::new(".")).join(path)
}

/// A folder for files of the tests, inside cargo's target folder.
///
/// # Errors
/// If it cannot be created.
pub fn scratch() -> Result<PathBuf> {
    let folder = target().join("e2e");
    std::fs::create_dir_all(&folder).with_context(|| format!("create {}", folder.display()))?;
    Ok(folder)
}

/// Cargo's target folder.
pub fn target() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| checkout("target"), PathBuf::from)
}
