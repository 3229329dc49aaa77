#!/bin/sh
# Makes a workspace of the pure core alone: its sources, its tests, and nothing that talks to a network. It builds in seconds, so that
# wrong versions of the core can be tried by the hundred, and nobody's checkout is touched.
#
# usage: core.sh FOLDER
set -eu
root=$(cd "$(dirname "$0")/../../.." && pwd)
to=${1:?usage: core.sh FOLDER}

mkdir -p "$to/operator/src" "$to/operator/tests"
rm -rf "$to/crds" "$to/operator/src/gate" "$to/operator/tests/gate"
cp -R -p "$root/crds" "$to/crds"
cp -R -p "$root/operator/src/gate" "$to/operator/src/gate"
cp -R -p "$root/operator/tests/gate" "$to/operator/tests/gate"
cp "$root/Cargo.lock" "$root/rust-toolchain.toml" "$to/"

# The workspace's own versions and lints, with two members and a profile for many short builds.
sed -e 's/^members = .*/members = ["crds", "operator"]/' -e '/^\[profile/,$d' -e '/^# Unoptimized, the parser/d' \
    "$root/Cargo.toml" >"$to/Cargo.toml"
cat >>"$to/Cargo.toml" <<'TOML'
[profile.dev]
debug = false
opt-level = 1

[profile.dev.package."*"]
opt-level = 2
TOML

cat >"$to/operator/src/lib.rs" <<'RUST'
//! The pure core of the operator, alone.

pub mod gate;
RUST

# The operator's manifest without the dependencies that only its plumbing needs.
sed -n '1,/^\[dependencies\]/p' "$root/operator/Cargo.toml" >"$to/operator/Cargo.toml"
cat >>"$to/operator/Cargo.toml" <<'TOML'
cel.workspace = true
jiff.workspace = true
k8s-openapi.workspace = true
serde_json.workspace = true
sha2.workspace = true
thiserror.workspace = true
upgradegate-crds.workspace = true

[dev-dependencies]
proptest.workspace = true
TOML
