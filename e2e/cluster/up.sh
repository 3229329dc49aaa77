#!/usr/bin/env bash
# make cluster-up: makes sure that there is a cluster, and the tools to work with it.
# The one that the user names by KUBECONFIG, else kind, else the local one.
set -euo pipefail
cd "$(dirname "$0")"
source lib/common.sh
source lib/components.sh
source lib/image.sh
source lib/provider.sh

case $(provider) in
  named)
    ./build.sh "${CLIENT_BINARIES[@]}"
    "$(binary kubectl)" version --request-timeout=10s >/dev/null ||
      die "the cluster of KUBECONFIG=$KUBECONFIG does not answer;" \
        "unset KUBECONFIG to use a cluster of this machine"
    say "using the cluster of KUBECONFIG=$KUBECONFIG"
    ;;
  kind)
    ./build.sh "${CLIENT_BINARIES[@]}"
    kind_up
    ;;
  local) local/up.sh ;;
esac
