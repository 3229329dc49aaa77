//! The kubeconfig of whoever runs the CLI, and the path to it.

use std::{ffi::OsStr, fs, os::unix::ffi::OsStrExt, path::PathBuf, process};

use tokio::runtime::{Builder, Runtime};
use upgradegate_cli::{api, args::Cluster};

/// Begins an input that is a path, not a file.
const PATH: &[u8] = b"path:";

/// The input is `path:` and a path, or the name of a context (if it is not empty) on a line, and the file. Nothing is called, and no
/// command of the file is run.
pub fn run(input: &[u8]) {
    if input.windows(5).any(|part| part == b"/dev/" || part == b"/proc") {
        // Files without an end, and those that others wait for.
        return;
    }
    if let Some(path) = input.strip_prefix(PATH) {
        return configure(PathBuf::from(OsStr::from_bytes(path)), None);
    }
    let end = input.iter().position(|byte| *byte == b'\n').unwrap_or(input.len());
    let context = String::from_utf8_lossy(&input[..end]).into_owned();
    let file = std::env::temp_dir().join(format!("upgradegate-fuzz-{}.kubeconfig", process::id()));
    fs::write(&file, input.get(end + 1..).unwrap_or_default()).unwrap();
    configure(file.clone(), Some(context).filter(|context| !context.is_empty()));
    fs::remove_file(file).unwrap();
}

fn configure(kubeconfig: PathBuf, context: Option<String>) {
    thread_local! { static RUNTIME: Runtime = Builder::new_current_thread().build().unwrap(); }
    let cluster = Cluster { namespace: None, context, kubeconfig: Some(kubeconfig) };
    if let Err(why) = RUNTIME.with(|runtime| runtime.block_on(api::config(&cluster))) {
        assert!(!why.is_empty(), "an error says what is wrong");
    }
}
