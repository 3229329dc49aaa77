//! How large the images are, as the nodes of the cluster list them.

use anyhow::{Context, Result};
use k8s_openapi::api::core::v1::Node;
use kube::{Api, api::ListParams};
use upgradegate_e2e::{connect, env};

use crate::table::Row;

/// The images of the product, and how large each may be.
const IMAGES: [(&str, &str); 3] = [("operator", "goal: at most 20 MB"), ("cli", ""), ("demo-app", "")];

pub async fn measure() -> Result<Vec<Row>> {
    let tag = env::image_tag()?;
    let nodes = Api::<Node>::all(connect().await?).list(&ListParams::default()).await?.items;
    let listed = nodes.into_iter().filter_map(|node| node.status?.images).flatten();
    let listed: Vec<_> = listed.map(|image| (image.names.unwrap_or_default(), image.size_bytes)).collect();
    let size = |wanted: &str| {
        let is_wanted = |names: &[String]| names.iter().any(|name| name.ends_with(wanted));
        listed.iter().find(|(names, _)| is_wanted(names)).and_then(|(_, size)| *size)
    };
    let row = |(image, goal): (&str, &str)| {
        let name = format!("upgradegate/{image}:{tag}");
        let bytes = size(&name).with_context(|| format!("no node lists the image {name}: it names the 50 largest"))?;
        Ok(Row::of_ours(format!("image upgradegate/{image}"), &megabytes(bytes), goal))
    };
    IMAGES.into_iter().map(row).collect()
}

fn megabytes(bytes: i64) -> String {
    let tenths = bytes / 100_000;
    format!("{}.{} MB", tenths / 10, tenths % 10)
}
