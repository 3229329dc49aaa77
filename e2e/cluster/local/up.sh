#!/usr/bin/env bash
# Brings the local cluster up: a healthy one is used again, a broken one is made anew.
set -euo pipefail
cd "$(dirname "$0")/.."
source lib/common.sh
source lib/components.sh
source lib/process.sh
source lib/packages.sh
source lib/image.sh
source local/settings.sh
source local/network.sh
source local/cgroups.sh
source local/health.sh
source local/pki.sh
source local/control-plane.sh
source local/node.sh

# in_use: says which of our ports somebody else holds.
in_use() {
  local entry address component
  for entry in "${PORTS[@]}"; do
    read -r address component <<<"$entry"
    ss -Hltn "sport = :${address##*:}" | awk '{ print $4 }' |
      grep -qxE "(${address//./\\.}|0\.0\.0\.0:${address##*:}|\*:${address##*:}|\[::\]:${address##*:})" &&
      echo "$address ($component)"
  done
  true
}

# await COMPONENT SECONDS
await() {
  wait_for "$2" healthy "$1" && return
  tail -n 15 "$RUN_DIR/log/$1.log"
  echo "$1 does not answer after $2 s; its log is $RUN_DIR/log/$1.log"
  return 1
}

control_plane_up() {
  start_etcd
  await etcd 30
  start_api_server
  await kube-apiserver 60
  start_controllers
}

node_up() {
  start_kubelet
  start_proxy
  wait_for 60 node_ready || { tail -n 15 "$RUN_DIR/log/kubelet.log"; return 1; }
  local component
  for component in "${COMPONENTS[@]}"; do await "$component" 30; done
  # Until it is there, no pod of the namespace is accepted.
  wait_for 30 admin_kubectl get serviceaccount default
}

runtime_up() {
  render_config
  start_containerd
  await containerd 30
  image_import "$(pause_archive)"
}

lock cluster
if [[ -e $RUN_DIR/fingerprint && $(<"$RUN_DIR/fingerprint") == "$(fingerprint)" ]]; then
  # A component that has just crashed is on its way back.
  if all_healthy || { is_running kubelet && wait_for 15 all_healthy; }; then
    say "the local cluster is up"
    exit
  fi
fi
[[ $(uname -s) == Linux && $EUID == 0 ]] || die "the local cluster needs Linux and root;" \
  "run make as root, or install docker and kind, or name a cluster of your own by KUBECONFIG"
start=$(now_ms)
say "local cluster:"
require_packages
./build.sh
build_pause
if [[ -d $RUN_DIR ]]; then
  local/down.sh
fi
taken=$(in_use)
[[ -z $taken ]] || die "the local cluster needs these addresses, and something else listens there: ${taken//$'\n'/, }"
mkdir -p "$RUN_DIR"
step "network" network_up
step "certificates" make_pki
step "container runtime" runtime_up
step "control plane" control_plane_up
step "node" node_up
fingerprint >"$RUN_DIR/fingerprint"
say "the local cluster is up after $(seconds_since "$start") s"
