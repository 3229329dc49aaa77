#!/usr/bin/env bash
# Lists what the local cluster left behind on this machine, after `make cluster-down`. Exit code
# 1 when there is anything.
set -euo pipefail
cd "$(dirname "$0")"
source lib/common.sh
source lib/process.sh
source local/settings.sh
source local/network.sh
source local/cgroups.sh
source local/residue.sh

found=$(
  list() { sed "s#^#$1: #"; }
  recorded_processes | list "process"
  shims | list "shim, pid"
  pod_processes | list "process of a pod, pid"
  cgroup_dirs | list "cgroup"
  mounts | list "mount"
  network_residue
  shim_sockets | list "socket"
  cni_results | list "file"
  log_links | list "link"
  [[ ! -e $RUN_DIR ]] || echo "folder: $RUN_DIR"
)
[[ -n $found ]] || exit 0
printf '%s\n' "$found"
exit 1
