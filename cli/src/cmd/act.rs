//! Orders to gates: finish, cancel, open.

use upgradegate_crds::Action;

use crate::{
    api::{Gates, persistently},
    api_error::ApiError,
    error::Error,
    gate::{Key, resource, title},
    order::{Step, step, verb},
    say,
};

/// Gives an order to each of the gates, and says what came of it.
///
/// # Errors
/// One for each gate that could not be told; the others are told all the same.
pub async fn order_all(gates: &Gates, names: &[String], action: &Action) -> Result<(), Error> {
    let mut errors = Vec::new();
    for name in names {
        if let Err(e) = order(gates, &gates.key(name), action).await {
            errors.push(e);
        }
    }
    Error::all(errors)
}

/// Gives an order to a gate. Another order may come in between, so a refused one is looked at once more.
async fn order(gates: &Gates, key: &Key, action: &Action) -> Result<(), Error> {
    match try_order(gates, key, action).await {
        Err(Error::Api { source: ApiError::Invalid(_) | ApiError::Conflict(_), .. }) => {
            try_order(gates, key, action).await
        }
        result => result,
    }
}

async fn try_order(gates: &Gates, key: &Key, action: &Action) -> Result<(), Error> {
    let verb = verb(action.type_);
    let failed = |e: ApiError| e.when(format!("{verb} {key}"));
    let gate = persistently(async || gates.get(key).await).await.map_err(failed)?;
    match step(&gate, action.type_) {
        Step::Needless(why) => say::out(format_args!("{} {why}", title(&key.name))),
        Step::Impossible(why) => return Err(Error::Refused(format!("{} {why}", title(&key.name)))),
        Step::Give => {
            let uid = gate.metadata.uid.as_deref();
            persistently(async || gates.act(key, uid, action).await).await.map_err(failed)?;
            say::out(format_args!("{} told to {verb}", resource(&key.name)));
        }
    }
    Ok(())
}
