//! An object of the cluster, taken away and given back.

use std::fmt::Debug;

use anyhow::{Context, Result};
use kube::{Api, Resource, api::DeleteParams};
use serde::{Serialize, de::DeserializeOwned};

use super::Undo;
use crate::env;

/// Waits until the old one is gone, and creates it as it was. A second one is as good.
const GIVE_BACK: &str =
    r#""$0" wait --for=delete -f "$1" --timeout=60s && { "$0" create -f "$1" || "$0" get -f "$1"; }"#;

/// Deletes an object, without waiting for its end; undone, it is there again as it was.
///
/// # Errors
/// If it is not there, or cannot be deleted.
pub async fn away<K>(api: &Api<K>, name: &str) -> Result<Undo>
where
    K: Resource<DynamicType = ()> + Clone + Debug + Serialize + DeserializeOwned,
{
    let mut object = api.get(name).await.with_context(|| format!("read {name}"))?;
    let meta = object.meta_mut();
    (meta.uid, meta.resource_version, meta.managed_fields) = (None, None, None);
    let path = env::scratch()?.join(format!("{}-{name}.json", K::plural(&())));
    let mut object = serde_json::to_value(&object)?;
    object["apiVersion"] = K::api_version(&()).into();
    object["kind"] = K::kind(&()).into();
    std::fs::write(&path, object.to_string()).with_context(|| format!("write {}", path.display()))?;
    let undo = Undo::by(["bash", "-c", GIVE_BACK, &env::kubectl().to_string_lossy(), &path.to_string_lossy()]);
    api.delete(name, &DeleteParams::default()).await.with_context(|| format!("delete {name}"))?;
    Ok(undo)
}
