//! The audit log: who asked for what, and whether they might.

use std::{
    collections::BTreeMap,
    fs::File,
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, bail, ensure};
use jiff::Timestamp;
use serde::Deserialize;

/// Rotated files that the API server keeps (`--audit-log-maxbackup`): with so many there, older ones may be gone.
const BACKUPS: usize = 9;

/// A ServiceAccount.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Account {
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
}

/// What was asked for. A path that is no resource, such as `/version`, is a resource of that name without a group.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Request {
    /// As RBAC names it: get, list, watch, create, update, patch, delete, deletecollection.
    pub verb: String,
    /// API group; empty for the core.
    pub group: String,
    /// Resource, with its subresource: `upgradegates/status`.
    pub resource: String,
    /// Namespace; empty for all of them, or for none.
    pub namespace: String,
    /// Name; empty for those without one. That of a list or watch of one object by name is that name.
    pub name: String,
}

/// How often, and with which end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    /// Times that it was allowed, whatever became of it.
    pub allowed: u64,
    /// Times that it was forbidden.
    pub forbidden: u64,
}

/// Every request of every account.
pub type Requests = BTreeMap<Account, BTreeMap<Request, Seen>>;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Line {
    stage: String,
    verb: String,
    #[serde(rename = "requestURI")]
    request_uri: String,
    user: User,
    #[serde(default)]
    object_ref: Option<ObjectRef>,
    request_received_timestamp: Timestamp,
    #[serde(default)]
    annotations: BTreeMap<String, String>,
}

#[derive(Deserialize)]
struct User {
    username: String,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct ObjectRef {
    resource: String,
    namespace: String,
    name: String,
    api_group: String,
    subresource: String,
}

/// From when on requests count: `UPGRADEGATE_AUDIT_SINCE`, the start of a run on a cluster that was there before; else from the
/// first one on.
///
/// # Errors
/// If it is no time.
pub fn since() -> Result<Option<Timestamp>> {
    let text = std::env::var("UPGRADEGATE_AUDIT_SINCE").unwrap_or_default();
    let time = || text.parse().with_context(|| format!("UPGRADEGATE_AUDIT_SINCE={text} is no time"));
    (!text.is_empty()).then(time).transpose()
}

/// Reads the log whose present file is `log`, and all files that it was rotated into.
///
/// # Errors
/// If a file cannot be read or understood, or if a part of the time since `since` may be lost.
pub fn read(log: &Path, since: Option<Timestamp>) -> Result<Requests> {
    let files = files(log)?;
    let mut requests = Requests::new();
    let mut first = None;
    for file in &files {
        let shown = file.display();
        let lines = BufReader::new(File::open(file).with_context(|| format!("open {shown}"))?).lines();
        let mut lines = lines.enumerate().peekable();
        while let Some((number, line)) = lines.next() {
            let line = line.with_context(|| format!("read {shown}"))?;
            match serde_json::from_str::<Line>(&line) {
                Ok(line) => {
                    first.get_or_insert(line.request_received_timestamp);
                    note(&mut requests, line, since)?;
                }
                // The API server is writing it, or was stopped while it did.
                Err(error) if error.is_eof() && lines.peek().is_none() => {}
                Err(error) => bail!("{shown}, line {}: {error}", number + 1),
            }
        }
    }
    let whole = files.len() <= BACKUPS || since.is_some_and(|since| first.is_some_and(|first| first < since));
    ensure!(whole, "{} begins too late: its oldest part was thrown away, so rights may look unused", log.display());
    Ok(requests)
}

/// All files of the log, the oldest first: a rotated one has its time in its name.
fn files(log: &Path) -> Result<Vec<PathBuf>> {
    let folder = log.parent().context("the log is in no folder")?;
    let stem = log.file_stem().context("the log has no name")?.to_string_lossy();
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).with_context(|| format!("read {}", folder.display()))? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if name.starts_with(&format!("{stem}-")) && path.extension() == log.extension() {
            files.push(path);
        }
    }
    files.sort();
    files.push(log.to_owned());
    Ok(files)
}

/// Counts a request once: a watch is logged when it starts and when it ends.
fn note(requests: &mut Requests, line: Line, since: Option<Timestamp>) -> Result<()> {
    let is_end_of_watch = line.verb == "watch" && line.stage == "ResponseComplete";
    let decision = line.annotations.get("authorization.k8s.io/decision").map(String::as_str);
    let forbidden = decision == Some("forbid");
    if (is_end_of_watch && !forbidden) || since.is_some_and(|since| line.request_received_timestamp < since) {
        return Ok(());
    }
    let account = account(&line.user.username)?;
    let seen = requests.entry(account).or_default().entry(request(line)).or_default();
    if forbidden {
        seen.forbidden += 1;
    } else {
        seen.allowed += 1;
    }
    Ok(())
}

fn account(user: &str) -> Result<Account> {
    let parts = user.strip_prefix("system:serviceaccount:").and_then(|rest| rest.split_once(':'));
    let (namespace, name) =
        parts.with_context(|| format!("{user} is no ServiceAccount: the audit policy is another"))?;
    Ok(Account { namespace: namespace.into(), name: name.into() })
}

fn request(line: Line) -> Request {
    let Some(object) = line.object_ref else {
        let path = line.request_uri.split('?').next().unwrap_or_default().to_owned();
        return Request {
            verb: line.verb,
            group: String::new(),
            resource: path,
            namespace: String::new(),
            name: String::new(),
        };
    };
    let resource = match object.subresource.as_str() {
        "" => object.resource,
        subresource => format!("{}/{subresource}", object.resource),
    };
    Request { verb: line.verb, group: object.api_group, resource, namespace: object.namespace, name: object.name }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(stage: &str, verb: &str, decision: &str) -> String {
        format!(
            r#"{{"stage":"{stage}","verb":"{verb}","requestURI":"/x?y=z","user":{{"username":"system:serviceaccount:a:b"}},"#,
        ) + &format!(
            r#""objectRef":{{"resource":"pods","namespace":"n","subresource":"log"}},"requestReceivedTimestamp":"2026-01-02T03:04:05.678901Z","annotations":{{"authorization.k8s.io/decision":"{decision}"}}}}"#,
        )
    }

    fn written(name: &str, files: &[(&str, String)]) -> PathBuf {
        let folder = crate::env::scratch().unwrap().join(name);
        std::fs::create_dir_all(&folder).unwrap();
        for (file, text) in files {
            std::fs::write(folder.join(file), text).unwrap();
        }
        folder.join("audit.log")
    }

    #[test]
    fn every_file_counts_and_a_watch_counts_once() {
        let log = written(
            "audit-whole",
            &[
                ("audit-2026-01-02T03-04-05.000.log", line("ResponseComplete", "get", "allow") + "\n"),
                (
                    "audit.log",
                    [line("ResponseStarted", "watch", "allow"), line("ResponseComplete", "watch", "allow")].join("\n")
                        + "\n"
                        + &line("ResponseComplete", "watch", "forbid")
                        + "\n{\"stage\":\"Resp",
                ),
            ],
        );
        let requests = read(&log, None).unwrap().remove(&Account { namespace: "a".into(), name: "b".into() }).unwrap();
        let seen: Vec<_> =
            requests.iter().map(|(r, s)| (r.verb.as_str(), r.resource.as_str(), s.allowed, s.forbidden)).collect();
        assert_eq!(seen, [("get", "pods/log", 1, 0), ("watch", "pods/log", 1, 1)]);
        assert_eq!(read(&log, Some("2026-01-03T00:00:00Z".parse().unwrap())).unwrap(), Requests::new());
    }

    #[test]
    fn a_log_that_lost_its_beginning_is_none() {
        let old = line("ResponseComplete", "get", "allow");
        let backups: Vec<String> = (0..BACKUPS).map(|number| format!("audit-{number}.log")).collect();
        let mut files: Vec<(&str, String)> = backups.iter().map(|name| (name.as_str(), old.clone())).collect();
        files.push(("audit.log", old));
        let log = written("audit-lost", &files);
        assert!(read(&log, None).is_err());
        assert!(read(&log, Some("2026-01-02T03:04:06Z".parse().unwrap())).is_ok());
        assert!(read(&log, Some("2026-01-02T03:04:05Z".parse().unwrap())).is_err());
    }

    #[test]
    fn nonsense_in_the_middle_is_an_error() {
        let log =
            written("audit-nonsense", &[("audit.log", "{\n".to_owned() + &line("ResponseComplete", "get", "allow"))]);
        assert!(read(&log, None).is_err());
    }
}
