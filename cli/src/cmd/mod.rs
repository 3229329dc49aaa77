//! The commands.

mod act;
mod finish;
mod request;
mod status;
mod wait;

use upgradegate_crds::{Action, ActionType};

use crate::{
    api::Gates,
    args::{Cli, Command},
    error::Error,
};

/// Runs the command that was asked for.
///
/// # Errors
/// Why it did not do what was asked.
pub async fn run(cli: &Cli) -> Result<(), Error> {
    let cluster = &cli.cluster;
    match &cli.command {
        Command::Request(args) => request::run(args, cluster).await,
        Command::Wait(args) => wait::run(args, cluster).await,
        Command::Finish(args) => finish::run(args, cluster).await,
        Command::Cancel(args) => {
            let action = Action { type_: ActionType::Cancel, reason: args.reason.clone() };
            act::order_all(&Gates::of(cluster).await?, &args.names, &action).await
        }
        Command::Open(args) => {
            let action = Action { type_: ActionType::Open, reason: Some(args.reason.clone()) };
            act::order_all(&Gates::of(cluster).await?, std::slice::from_ref(&args.name), &action).await
        }
        Command::Status(args) => status::run(args, cluster).await,
    }
}
