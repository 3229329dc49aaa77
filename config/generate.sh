#!/usr/bin/env bash
# Generates what is a copy of something else, or with --check says what is stale:
#   chart/upgradegate/files/upgradegates.yaml   from crds/upgradegates.yaml
#   config/install.yaml                         from chart/upgradegate
# HELM names the helm to use; without it HELM4, HELM3 or the one in the PATH.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
helm=${HELM:-${HELM4:-${HELM3:-helm}}}
crd=chart/upgradegate/files/upgradegates.yaml
install=config/install.yaml

case ${1:-} in
  "" | --check) ;;
  *) echo "usage: config/generate.sh [--check]" >&2; exit 2 ;;
esac
command -v "$helm" >/dev/null || {
  echo "error: $helm not found: install Helm 3 or 4, or name it with HELM=" >&2
  exit 2
}

# Without what speaks of Helm, and the same whichever Helm renders it: they differ in blank lines at the end of documents.
render() {
  echo "# Generated from chart/upgradegate by config/generate.sh. Do not edit."
  "$helm" template upgradegate "$root/chart/upgradegate" --namespace upgradegate-system --set crds.keep=false |
    sed -e '/^# Source: /d' -e '/^ *helm\.sh\/chart: /d' -e '/^ *app\.kubernetes\.io\/managed-by: Helm$/d' |
    awk '/^$/ { blank = blank "\n"; next } { if ($0 != "---") printf "%s", blank; blank = ""; print }'
}

cd "$root"
if [[ ${1:-} != --check ]]; then
  cp crds/upgradegates.yaml "$crd"
  render >"$install.tmp"
  mv "$install.tmp" "$install"
  exit
fi

stale=0
check() {
  diff -u --label "$1" --label "$1 (as it should be)" "$1" - || stale=1
}
check "$crd" <crds/upgradegates.yaml
check "$install" < <(render)
if ((stale)); then
  echo "error: generated files are stale: run config/generate.sh and commit them" >&2
  exit 1
fi
