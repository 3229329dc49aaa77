//! The verdict in the container's termination message, where `kubectl describe pod` shows it.

use std::{env, fs, path::PathBuf};

use crate::say;

/// Environment variable that names another file than the default one.
const VARIABLE: &str = "UPGRADEGATE_TERMINATION_LOG";
/// Where Kubernetes mounts the file by default.
const DEFAULT: &str = "/dev/termination-log";
/// Kubernetes keeps no more.
const LIMIT: usize = 4096;

/// Writes the message, if this runs in a container. The verdict stands on stdout or stderr as well, so a file that
/// can't be written fails nothing; it is only said.
pub fn write(message: &str) {
    let default = || Some(PathBuf::from(DEFAULT)).filter(|file| file.exists());
    let Some(file) = env::var_os(VARIABLE).map(PathBuf::from).or_else(default) else { return };
    if let Err(e) = fs::write(&file, head(message)) {
        say::err(format_args!("warning: cannot write the termination message to {}: {e}", file.display()));
    }
}

/// The beginning of a message, as long as Kubernetes keeps it, cut between characters.
fn head(message: &str) -> &str {
    &message[..message.floor_char_boundary(LIMIT)]
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn it_is_the_beginning_and_fits(message in "[aé€😀]{0,3000}") {
            let head = head(&message);
            prop_assert!(head.len() <= LIMIT && message.starts_with(head));
            prop_assert!(head.len() + 4 > message.len().min(LIMIT));
        }
    }
}
