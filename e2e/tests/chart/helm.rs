//! Runs Helm and reads what it renders.

use std::{
    io::Write,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};

use serde_json::Value;

/// The charts of the product, with the values without which they do not render.
pub const CHARTS: [(&str, &str); 3] = [
    ("upgradegate", "{}"),
    ("upgrade-gate", "{target: web, probe: {path: /upgradeable}, drain: {path: /drain}}"),
    ("demo-app", "{}"),
];

/// A file or folder of the checkout.
pub fn checkout(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().join(path)
}

/// A Helm.
#[derive(Clone, Debug)]
pub struct Helm {
    /// Where it is.
    pub program: String,
}

/// Every Helm that the charts must work with.
pub fn helms() -> Vec<Helm> {
    ["HELM3", "HELM4"]
        .into_iter()
        .map(|variable| {
            let program = std::env::var(variable).unwrap_or_default();
            assert!(
                !program.is_empty(),
                "{variable} is not set: run `make test`, or name the program yourself; the charts must work with both Helms"
            );
            Helm { program }
        })
        .collect()
}

/// One Helm, where both render the same (see `lint::both_helms_render_the_same`).
pub fn one() -> Helm {
    helms().remove(0)
}

impl Helm {
    /// Runs it with these arguments, and with `input` on its stdin.
    pub fn run(&self, arguments: &[&str], input: &str) -> Output {
        let mut child = Command::new(&self.program)
            .args(arguments)
            .current_dir(checkout("chart"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("cannot run {}: {error}", self.program));
        // A Helm that fails early closes its end.
        let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
        child.wait_with_output().unwrap()
    }

    /// Renders a chart (a name in `chart/`, or a path) as release `release` in namespace `apps`, or says why not.
    pub fn try_template(&self, release: &str, chart: &str, values: &str) -> Result<Vec<Value>, String> {
        let output = self.run(&["template", release, chart, "--namespace=apps", "--values=-"], values);
        if output.status.success() {
            Ok(documents(&String::from_utf8(output.stdout).unwrap()))
        } else {
            Err(String::from_utf8_lossy(&output.stderr).into_owned())
        }
    }

    /// Renders a chart as release `demo`.
    pub fn template(&self, chart: &str, values: &str) -> Vec<Value> {
        self.try_template("demo", chart, values)
            .unwrap_or_else(|error| panic!("{} template {chart} with {values}: {error}", self.program))
    }
}

/// The documents of a YAML stream, without empty ones.
pub fn documents(yaml: &str) -> Vec<Value> {
    let documents: Vec<Value> = serde_saphyr::from_multiple(yaml).unwrap_or_else(|error| panic!("{error}\n{yaml}"));
    documents.into_iter().filter(|document| !document.is_null()).collect()
}

/// `Kind/name` of an object.
pub fn id(object: &Value) -> String {
    format!("{}/{}", text(object, "/kind"), text(object, "/metadata/name"))
}

/// The object with this `Kind/name`.
pub fn find<'a>(objects: &'a [Value], wanted: &str) -> &'a Value {
    objects.iter().find(|object| id(object) == wanted).unwrap_or_else(|| {
        let ids: Vec<_> = objects.iter().map(id).collect();
        panic!("no {wanted} among {ids:?}")
    })
}

/// The string at a JSON pointer; empty if there is none.
pub fn text<'a>(object: &'a Value, pointer: &str) -> &'a str {
    object.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

/// An annotation; empty if there is none.
pub fn annotation<'a>(object: &'a Value, name: &str) -> &'a str {
    object.pointer("/metadata/annotations").and_then(|all| all.get(name)).and_then(Value::as_str).unwrap_or_default()
}
