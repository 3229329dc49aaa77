//! The command under test, as a process.

use std::{
    fs,
    io::{BufRead, BufReader, Read},
    path::PathBuf,
    process::{Child, Command, ExitStatus, Stdio},
    sync::mpsc::{Receiver, RecvTimeoutError, channel},
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use super::Api;

const PATIENCE: Duration = Duration::from_secs(20);

/// The command with nothing of this machine's environment, and no cluster.
pub fn cli() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kubectl-upgradegate"));
    command.env_clear().stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

impl Api {
    /// The command, with a kubeconfig for this server.
    pub fn cli(&self, arguments: &[&str]) -> Command {
        let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
        let file = folder.join(format!("kubeconfig-{}", self.address.port()));
        let config = format!(
            "apiVersion: v1\nkind: Config\ncurrent-context: c\nclusters: [{{name: c, cluster: {{server: 'http://{}'}}}}]\n\
             users: [{{name: u, user: {{}}}}]\ncontexts: [{{name: c, context: {{cluster: c, user: u, namespace: demo}}}}]\n",
            self.address
        );
        fs::write(&file, config).unwrap();
        let mut command = cli();
        command.args(arguments).env("KUBECONFIG", file);
        command
    }

    /// The same with manifests in the variable `GATES`, as the hook has them.
    pub fn hook(&self, manifests: &str, arguments: &[&str]) -> Command {
        let mut command = self.cli(&["request", "--env", "GATES"]);
        command.args(arguments).env("GATES", manifests);
        command
    }
}

/// A running command.
pub struct Run {
    child: Child,
    lines: Receiver<String>,
    seen: Vec<String>,
    stderr: JoinHandle<String>,
}

impl Run {
    pub fn start(mut command: Command) -> Self {
        let mut child = command.spawn().unwrap();
        let stdout = BufReader::new(child.stdout.take().unwrap());
        let mut err = child.stderr.take().unwrap();
        let (tell, lines) = channel();
        thread::spawn(move || stdout.lines().map_while(Result::ok).try_for_each(|line| tell.send(line)));
        let stderr = thread::spawn(move || {
            let mut text = String::new();
            err.read_to_string(&mut text).unwrap();
            text
        });
        Run { child, lines, seen: Vec::new(), stderr }
    }

    /// Waits for the next line on stdout, which must be this.
    pub fn says(&mut self, wanted: &str) {
        match self.lines.recv_timeout(PATIENCE) {
            Ok(line) => {
                assert_eq!(line, wanted);
                self.seen.push(line);
            }
            Err(e) => panic!("{wanted:?} was not said: {e}"),
        }
    }

    /// Closes the pipes that the command writes to.
    pub fn deaf(mut command: Command) -> Option<i32> {
        let mut child = command.spawn().unwrap();
        drop((child.stdout.take(), child.stderr.take()));
        child.wait().unwrap().code()
    }

    pub fn signal(&self, name: &str) {
        let status = Command::new("kill").args(["-s", name, &self.child.id().to_string()]).status().unwrap();
        assert!(status.success());
    }

    /// Waits for the end, and asserts exit code, the rest of stdout, and stderr.
    pub fn ends(mut self, code: i32, stdout: &str, stderr: &str) {
        let mut rest = Vec::new();
        loop {
            match self.lines.recv_timeout(PATIENCE) {
                Ok(line) => rest.push(line),
                Err(RecvTimeoutError::Disconnected) => break,
                Err(RecvTimeoutError::Timeout) => panic!("it goes on after {:?} {rest:?}", self.seen),
            }
        }
        let status = self.exit();
        let err = self.stderr.join().unwrap();
        assert_eq!((status.code(), rest.join("\n").as_str(), err.trim_end()), (Some(code), stdout, stderr));
    }

    fn exit(&mut self) -> ExitStatus {
        let end = Instant::now() + PATIENCE;
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status;
            }
            assert!(Instant::now() < end, "it does not end");
            thread::yield_now();
        }
    }
}
