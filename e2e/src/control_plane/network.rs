//! The network between pods, cut.

use anyhow::{Context, Result};
use k8s_openapi::api::core::v1::Pod;
use serde_json::Value;
use upgradegate_fault_app::PORT;

use super::Undo;
use crate::{kill, process::Program};

/// Drops all that other pods send to this one. Its own node, and so its probes and the API server's proxy, still reach it.
///
/// # Errors
/// If the pod has no address, or the rule is refused.
pub async fn cut(pod: &Pod) -> Result<Undo> {
    let address = address(pod)?;
    let rule = |verb: &str| {
        // The comment is that of all rules of the cluster: with it, the rule goes when the cluster does.
        let words = format!("iptables -w {verb} FORWARD -d {address} -m comment --comment upgradegate -j DROP");
        words.split(' ').map(str::to_owned).collect::<Vec<_>>()
    };
    let undo = Undo::by(rule("-D"));
    Program::new("timeout").args(["10"]).args(rule("-I")).run().await?.ok()?;
    Ok(undo)
}

/// Unplugs the cable of a pod: nobody reaches it, not even its node.
///
/// # Errors
/// If the pod has no process on this machine, or no cable.
pub async fn unplug(pod: &Pod) -> Result<Undo> {
    let cable = cable(pod).await?;
    let undo = Undo::by(["ip", "link", "set", &cable, "up"]);
    Program::new("ip").args(["link", "set", &cable, "down"]).run().await?.ok()?;
    Ok(undo)
}

/// Calls a member without the API server: with `body` by POST, else by GET. Returns what it answers.
///
/// # Errors
/// Any answer but 2xx, or none.
pub async fn call(pod: &Pod, path: &str, body: Option<&Value>) -> Result<String> {
    let url = format!("http://{}:{PORT}{path}", address(pod)?);
    let mut curl =
        Program::new("curl").args(["--silent", "--show-error", "--fail", "--max-time", "5", "--noproxy", "*"]);
    if let Some(body) = body {
        curl = curl.args(["--json", &body.to_string()]);
    }
    Ok(curl.args([&url]).run().await?.ok()?.stdout())
}

fn address(pod: &Pod) -> Result<String> {
    pod.status.as_ref().and_then(|status| status.pod_ip.clone()).context("the pod has no address")
}

/// The host's end of a pod's cable. Inside, `eth0@if12` says that its number is 12.
async fn cable(pod: &Pod) -> Result<String> {
    let pid = kill::processes(pod)?.first().context("no process")?.to_string();
    let inside = ["-t", &pid, "-n", "ip", "-o", "link", "show", "eth0"];
    let inside = Program::new("nsenter").args(inside).run().await?.ok()?.stdout();
    let number = inside.split_once("@if").and_then(|(_, rest)| rest.split(':').next()).context("eth0 is no cable")?;
    let outside = Program::new("ip").args(["-o", "link"]).run().await?.ok()?.stdout();
    let line = outside.lines().find_map(|line| line.strip_prefix(&format!("{number}: ")));
    let name = line.and_then(|rest| rest.split(['@', ':']).next());
    name.map(str::to_owned).with_context(|| format!("no network device has the number {number}"))
}
