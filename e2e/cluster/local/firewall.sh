#!/usr/bin/env bash
# Enforces the NetworkPolicies of the local cluster, whose bridge enforces none: kube-router, as nothing but a firewall.
# Usage: firewall.sh build | run | clean. `run` ends with the signal that ends it, and leaves its rules; `clean` takes them away.
set -euo pipefail
cd "$(dirname "$0")/.."
source lib/common.sh
source lib/components.sh
source local/settings.sh
source local/network.sh

# Its chains and sets. kube-proxy's begin with KUBE- as well, and stay.
CHAINS='KUBE-ROUTER-(INPUT|FORWARD|OUTPUT)|KUBE-(POD-FW|NWPLCY)-[A-Z0-9]+|KUBE-NWPLCY-DEFAULT'
SETS='^(inet6:)?KUBE-(SRC|DST)-'

# clean FAMILY: its chains, and the jumps to them.
clean() {
  local rules
  rules=$("$1-save" -t filter | grep -E "^:($CHAINS) |^-A (INPUT|FORWARD|OUTPUT) .*-j ($CHAINS)( |\$)" || true)
  take_out "$1" filter "$rules"
}

case ${1:-} in
  build)
    have ipset || die "kube-router needs ipset (Debian's package of that name)"
    ./build.sh kube-router
    ;;
  run)
    exec "$(binary kube-router)" --run-router=false --run-service-proxy=false --run-firewall=true --health-port=0 \
      --kubeconfig="$RUN_DIR/admin.kubeconfig" --hostname-override="$NODE" --service-cluster-ip-range="$SERVICE_CIDR"
    ;;
  clean)
    clean iptables
    clean ip6tables
    ipset list -n | grep -E "$SETS" | while read -r set; do ipset destroy "$set"; done || true
    ;;
  *) die "usage: firewall.sh build | run | clean" ;;
esac
