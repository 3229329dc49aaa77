#!/usr/bin/env bash
# Needs the Deployment demo-app in namespace demo (`make install` makes it); another upgrade needs another BUILD.
# An upgrade from a CI pipeline, without Helm: ask, upgrade, and say how it went. Runs with the rights of the kubeconfig it is
# given: get, list, watch, create and patch upgradegates, and what the upgrade itself needs.
#   BUILD=1234 IMAGE=registry.example/demo-app:2.0.0 config/samples/ci.sh
set -euo pipefail

namespace=demo
target=demo-app
gate=$target-${BUILD:?number of this build, which names the gate}
image=${IMAGE:?image to upgrade to}

# Waits until every pod is ready to be upgraded. If it is refused or interrupted, it cancels its own gate.
kubectl upgradegate request -n "$namespace" --name "$gate" -f "$(dirname "$0")/gate-full.yaml" --wait --timeout 11m

# From here on a failure is ours to report: the pods that still run work again at once.
trap 'kubectl upgradegate cancel -n "$namespace" "$gate" --reason "build ${BUILD} failed"' ERR

kubectl set image -n "$namespace" "deployment/$target" "app=$image"
kubectl rollout status -n "$namespace" "deployment/$target" --timeout 10m

# Had nothing to be changed, this ends the gate as Unchanged instead of waiting for a rollout that does not come.
kubectl upgradegate finish -n "$namespace" "$gate" --best-effort
