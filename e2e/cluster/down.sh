#!/usr/bin/env bash
# make cluster-down: takes down the cluster that `make cluster-up` made, whichever kind it is.
# A cluster named by KUBECONFIG is the user's and stays as it is.
set -euo pipefail
cd "$(dirname "$0")"
source lib/common.sh
source lib/image.sh
source lib/provider.sh

if kind_works && kind_exists; then
  step "taking kind's cluster down" kind_down
fi
if [[ -d $RUN_DIR ]]; then
  lock cluster
  local/down.sh
fi
