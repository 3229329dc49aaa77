//! NetworkPolicies, kept by a network plugin that enforces them: kube-router's firewall, run for the length of the test beside the
//! bridge of the local cluster, which enforces none.

use anyhow::{Context, Result, bail, ensure};
use k8s_openapi::api::{core::v1::Pod, networking::v1::NetworkPolicy};
use kube::api::PostParams;
use serde_json::json;
use upgradegate_crds::Outcome;
use upgradegate_e2e::{
    Test, alone,
    control_plane::Undo,
    env,
    fault_app::FaultAppBuilder,
    is, kill, operator, phases,
    process::{Program, Running},
    wait,
};

/// The port of the API server behind its Service, and that of a kubelet, on the node of the local cluster.
const API_SERVER: u16 = 6443;
const KUBELET: u16 = 10250;

/// The firewall that runs, and what takes its rules away again.
struct Firewall {
    running: Running,
    undo: Undo,
}

impl Firewall {
    fn start() -> Result<Self> {
        let script = env::checkout("e2e/cluster/local/firewall.sh").display().to_string();
        let undo = Undo::by([script.as_str(), "clean"]);
        Ok(Self { running: Program::new(&script).args(["run"]).spawn()?, undo })
    }

    async fn stop(self) -> Result<()> {
        self.running.signal("TERM").await?;
        self.running.wait().await?;
        self.undo.now().await
    }
}

/// What an address answers to a pod: whether there was any connection. The call is made in the pod's network, by this machine.
async fn reaches(pod: &Pod, address: &str, port: u16) -> Result<bool> {
    let pid = kill::processes(pod)?.first().context("no process")?.to_string();
    let url = format!("http://{address}:{port}/livez");
    let call =
        ["-t", &pid, "-n", "curl", "--silent", "--max-time", "2", "--noproxy", "*", "--output", "/dev/null", &url];
    match Program::new("nsenter").args(call).run().await?.code {
        // An answer, or one that is not HTTP as asked: there was somebody.
        Some(0 | 1 | 52 | 56) => Ok(true),
        // Refused by the firewall, or silence.
        Some(7 | 28) => Ok(false),
        other => bail!("curl {url} ended with {other:?}"),
    }
}

async fn until(what: &str, expected: bool, pod: &Pod, address: &str, port: u16) -> Result<()> {
    wait::eventually(what, async || {
        ensure!(reaches(pod, address, port).await? == expected, "{what}: {expected} is not so");
        Ok(())
    })
    .await
}

fn address(pod: &Pod) -> Result<String> {
    pod.status.as_ref().and_then(|status| status.pod_ip.clone()).context("the pod has no address")
}

/// Members that admit the operator, and nobody else.
async fn admit_the_operator_only(test: &Test) -> Result<()> {
    let policy: NetworkPolicy = serde_json::from_value(json!({
        "metadata": {"name": "members"},
        "spec": {
            "podSelector": {"matchLabels": {"app": upgradegate_e2e::fault_app::NAME}},
            "policyTypes": ["Ingress"],
            "ingress": [{"from": [{
                "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": operator::NAMESPACE}},
            }]}],
        },
    }))?;
    test.api::<NetworkPolicy>().create(&PostParams::default(), &policy).await?;
    Ok(())
}

async fn an_upgrade_behind_policies(test: &Test) -> Result<()> {
    let namespace = r"networkPolicy.from[0].namespaceSelector.matchLabels.kubernetes\.io/metadata\.name";
    let scrapers = [
        &format!("{namespace}={}", test.namespace),
        "networkPolicy.from[0].podSelector.matchLabels.app=scraper",
        &format!("networkPolicy.apiServerPorts[0]={API_SERVER}"),
    ];
    operator::install(&scrapers).await?;
    operator::until_whole(&test.client).await?;
    admit_the_operator_only(test).await?;
    let app = phases::app()?.deploy(test).await?;
    let scraper = FaultAppBuilder::new()?.named("scraper").deploy(test).await?.pods().await?.remove(0);
    let stranger = FaultAppBuilder::new()?.named("stranger").deploy(test).await?.pods().await?.remove(0);
    let operator = operator::pods(&test.client).await?.remove(0);
    let (metrics, member) = (address(&operator)?, address(&app.pods().await?.remove(0))?);
    let node = operator.status.as_ref().and_then(|status| status.host_ip.clone()).context("no node")?;
    // Nobody enforces them yet: each of these connections is there to be cut.
    for (who, whom, port) in [
        (&stranger, &metrics, operator::PORT),
        (&stranger, &member, upgradegate_fault_app::PORT),
        (&operator, &node, KUBELET),
    ] {
        until("reached without a firewall", true, who, whom, port).await?;
    }
    let firewall = Firewall::start()?;
    until("a stranger at the operator", false, &stranger, &metrics, operator::PORT).await?;
    until("a stranger at a member", false, &stranger, &member, upgradegate_fault_app::PORT).await?;
    until("the operator at the node's kubelet", false, &operator, &node, KUBELET).await?;
    until("a scraper at the operator", true, &scraper, &metrics, operator::PORT).await?;
    until("the operator at a member", true, &operator, &member, upgradegate_fault_app::PORT).await?;
    until("the operator at the API server", true, &operator, &node, API_SERVER).await?;
    // A whole upgrade, from the drain to the end, with a new leader that has to connect anew.
    operator::restart(&test.client).await?;
    operator::until_whole(&test.client).await?;
    let gate = phases::builder().create(test).await?;
    gate.until(is::open()).await?;
    app.upgrade("2").await?;
    gate.until(is::finished(Outcome::Completed)).await?;
    firewall.stop().await
}

#[test]
fn with_policies_enforced_the_operator_works_and_strangers_do_not_reach_it() {
    alone(async |test| {
        let result = Box::pin(an_upgrade_behind_policies(test)).await;
        operator::install(&[]).await?;
        result
    });
}
