#!/usr/bin/env bash
# make deny: licences, bans and sources of the dependencies, and known advisories where their database can be reached.
set -euo pipefail
cd "$(dirname "$0")/.."
source e2e/cluster/lib/common.sh
source e2e/cluster/lib/tools.sh
deny=$(cargo_tool "$CARGO_DENY")
"$deny" --log-level error check licenses bans sources
if "$deny" --log-level off fetch db >/dev/null 2>&1; then
  "$deny" --log-level error check advisories
else
  echo "the advisory database can't be reached from here: advisories were not checked"
fi
