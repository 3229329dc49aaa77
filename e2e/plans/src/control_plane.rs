//! A control plane of its own: etcd and an API server, run by `control-plane.sh` for as long as this process lives.

use std::io::{BufRead, BufReader};
use std::net::Ipv4Addr;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};

use anyhow::{Context, Result, bail};
use kube::config::{KubeConfigOptions, Kubeconfig};
use upgradegate_operator::client;

/// The control plane. Dropping it ends it and removes what it left.
#[derive(Debug)]
pub struct ControlPlane {
    shell: Child,
    /// The shell runs until this is closed, so it ends with this process, however that ends.
    lifeline: Option<ChildStdin>,
    folder: PathBuf,
    prefix: [u8; 2],
}

impl ControlPlane {
    /// Starts it and waits until it answers: some 5 s.
    ///
    /// # Errors
    /// Without root, without the binaries of the local cluster, or when the API server does not answer.
    pub fn start() -> Result<Self> {
        let folder = std::env::temp_dir().join(format!("upgradegate-plans-{}", std::process::id()));
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("control-plane.sh");
        let mut shell = Command::new(&script)
            .arg(&folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            // An interrupt from the terminal reaches us, and the shell by the end of its stdin.
            .process_group(0)
            .spawn()
            .with_context(|| format!("run {}", script.display()))?;
        let lifeline = shell.stdin.take();
        let mut said = String::new();
        if let Some(stdout) = shell.stdout.take() {
            BufReader::new(stdout).read_line(&mut said)?;
        }
        let Some(prefix) = said.trim().strip_prefix("ready ").and_then(prefix) else {
            bail!("no control plane: {} ended without being ready; see its error above", script.display());
        };
        Ok(Self { shell, lifeline, folder, prefix })
    }

    /// How to reach it, as an administrator, with the limits of the operator's own client.
    pub async fn config(&self) -> Result<kube::Config> {
        let kubeconfig = Kubeconfig::read_from(self.folder.join("admin.kubeconfig"))?;
        let config = kube::Config::from_custom_kubeconfig(kubeconfig, &KubeConfigOptions::default()).await?;
        Ok(client::bounded(config))
    }

    /// The `n`-th address for a pod, from 1 on. After 65,000 they come again.
    pub fn address(&self, n: u32) -> Ipv4Addr {
        // The first 256 are for the control plane.
        let [.., high, low] = (256 + n % 65_000).to_be_bytes();
        Ipv4Addr::new(self.prefix[0], self.prefix[1], high, low)
    }
}

impl Drop for ControlPlane {
    fn drop(&mut self) {
        drop(self.lifeline.take());
        // Nothing can be done about a shell that does not end; it has no other end than this.
        let _ = self.shell.wait();
    }
}

fn prefix(text: &str) -> Option<[u8; 2]> {
    let (first, second) = text.split_once('.')?;
    Some([first.parse().ok()?, second.parse().ok()?])
}
