#!/usr/bin/env bash
# make deny: licences, bans and sources of the dependencies, and known advisories where their database can be reached.
set -euo pipefail
cd "$(dirname "$0")/.."
VERSION=0.20.2
tools=${UPGRADEGATE_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/upgradegate}/tools/cargo-deny-$VERSION
if [[ ! -x $tools/bin/cargo-deny ]]; then
  echo "building cargo-deny $VERSION, once" >&2
  # A debug build: it runs for a second, and builds in half the time.
  cargo install --quiet --locked --debug --root "$tools" "cargo-deny@$VERSION"
fi
"$tools/bin/cargo-deny" --log-level error check licenses bans sources
if "$tools/bin/cargo-deny" --log-level off fetch db >/dev/null 2>&1; then
  "$tools/bin/cargo-deny" --log-level error check advisories
else
  echo "the advisory database can't be reached from here: advisories were not checked"
fi
