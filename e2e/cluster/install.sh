#!/usr/bin/env bash
# make install: installs or upgrades the operator and the demo app on the cluster in use.
# Usage: install.sh [REGISTRY]; with one, the cluster pulls the images from there, after
# `make push REGISTRY=…`. HELM names another helm than ours.
set -euo pipefail
cd "$(dirname "$0")"
source lib/common.sh

registry=${1:-}
prefix=${registry:+${registry%/}/}upgradegate
tag=$(./images.sh)
eval "$(./env.sh)"
helm=${HELM:-$HELM4}
if [[ $UPGRADEGATE_PROVIDER == named && -z $registry ]]; then
  say "note: this cluster must have the images already; else: make push install REGISTRY=…"
fi
# The chart's own default: the gate's deadline is counted from it.
timeout=300s

# release NAME NAMESPACE CHART OPTION…
release() {
  local name=$1 namespace=$2 chart=$3
  shift 3
  "$helm" upgrade --install "$name" "$REPO_DIR/chart/$chart" --namespace "$namespace" --create-namespace \
    --wait --timeout "$timeout" "$@"
}

release upgradegate upgradegate-system upgradegate \
  --set image.repository="$prefix/operator" --set image.tag="$tag"
release demo demo demo-app \
  --set image.repository="$prefix/demo-app" --set image.tag="$tag" \
  --set upgrade-gate.image.repository="$prefix/cli" --set upgrade-gate.image.tag="$tag"
