//! What can go wrong, told as: what happened, to which object, what to do.

use thiserror::Error;

use crate::{api_error::ApiError, exit, manifest::ManifestError};

/// Why a command did not do what it was asked.
#[derive(Debug, Error)]
pub enum Error {
    /// The command line or environment asks for something impossible.
    #[error("{0}")]
    Usage(String),

    /// The manifests can't be read.
    #[error(transparent)]
    Manifest(#[from] ManifestError),

    /// Nothing says which cluster to talk to, or how.
    #[error("no cluster to talk to: {0}; name one with --kubeconfig, --context or the environment variable KUBECONFIG")]
    NoCluster(String),

    /// The API server refused, or could not be asked.
    #[error("cannot {doing}: {source}")]
    Api {
        /// The call, such as `create gate/x in namespace demo`.
        doing: String,
        /// What the API server said.
        source: ApiError,
    },

    /// A gate with that name exists already, and is not ours.
    #[error(
        "{gate} already exists in namespace {namespace}: a gate is one upgrade; choose another name, or await that one with: kubectl upgradegate -n {namespace} wait {name}",
        gate = crate::gate::title(name)
    )]
    Exists {
        /// Name of the gate.
        name: String,
        /// Its namespace.
        namespace: String,
    },

    /// The gates are not open and will not be: the text names the gate, the outcome and the members that held it.
    #[error("{0}")]
    Refused(String),

    /// The gates are not open yet, and nobody waits any longer.
    #[error("{0}")]
    TimedOut(String),

    /// No operator has seen the gates.
    #[error("{0}")]
    NoOperator(String),

    /// A signal ended the command.
    #[error("stopped by {0}")]
    Stopped(&'static str),

    /// Several objects, each with its own error.
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
    Several(Vec<Error>),
}

impl Error {
    /// The exit code that tells this error to scripts.
    pub fn exit_code(&self) -> u8 {
        match self {
            Error::Usage(_) | Error::Manifest(_) | Error::NoCluster(_) | Error::Api { .. } | Error::Exists { .. } => {
                exit::USAGE
            }
            Error::Refused(_) | Error::TimedOut(_) | Error::Stopped(_) => exit::REFUSED,
            Error::NoOperator(_) => exit::NO_OPERATOR,
            Error::Several(errors) => errors.iter().map(Error::exit_code).max().unwrap_or(exit::REFUSED),
        }
    }

    /// The errors one by one, for a line each.
    pub fn each(&self) -> &[Error] {
        match self {
            Error::Several(errors) => errors,
            one => std::slice::from_ref(one),
        }
    }

    /// Success if nothing went wrong, else all that did.
    ///
    /// # Errors
    /// The errors themselves.
    pub fn all(mut errors: Vec<Error>) -> Result<(), Error> {
        match errors.pop() {
            None => Ok(()),
            Some(only) if errors.is_empty() => Err(only),
            Some(last) => {
                errors.push(last);
                Err(Error::Several(errors))
            }
        }
    }
}
