#!/usr/bin/env bash
# Takes the local cluster down and leaves nothing behind: no process, mount, network namespace,
# address, rule, cgroup or kernel setting.
set -euo pipefail
cd "$(dirname "$0")/.."
source lib/common.sh
source lib/process.sh
source local/settings.sh
source local/network.sh
source local/cgroups.sh
source local/residue.sh

# kill_pods: first the processes of the pods, by their cgroup, then the shims that keep them.
kill_pods() {
  local pid pids sockets
  # New ones may be forked while we read.
  for _ in 1 2 3 4 5; do
    pids=$(pod_processes)
    [[ -n $pids ]] || break
    for pid in $pids; do kill -KILL "$pid" 2>/dev/null || true; done
    sleep 0.1
  done
  mapfile -t sockets < <(shim_sockets)
  for pid in $(shims); do kill -KILL "$pid" 2>/dev/null || true; done
  wait_for 10 no_shims || die "these containers do not end: $(shims | xargs)"
  rm -f "${sockets[@]}"
}

no_shims() { [[ -z $(shims) ]]; }

unmount_all() {
  local target
  mounts | sort -r | while read -r target; do umount "$target" || umount --lazy "$target"; done
}

remove_cgroups() {
  local dir
  for dir in $(cgroup_dirs); do
    # Deepest first. A cgroup stays busy for a moment after its last process ended.
    wait_for 10 remove_tree "$dir" || say "the cgroup $dir cannot be removed"
  done
}

remove_tree() { find "$1" -depth -type d -exec rmdir {} + 2>/dev/null; [[ ! -d $1 ]]; }

remove_files() {
  log_links | xargs -r rm -f
  cni_results | xargs -r rm -f
  rm -f /var/lib/kubelet/device-plugins/kubelet.sock
  rm -rf "$RUN_DIR"
  # Folders that the components make where nothing can be configured; they go when empty.
  local dir
  for dir in /var/lib/kubelet/device-plugins /var/lib/cni/results /var/log/containers \
    /run/containerd/s; do
    rmdir -p "$dir" 2>/dev/null || true
  done
}

take_down() {
  # The kubelet first, or it would start again what is killed.
  process_stop kubelet kube-proxy kube-scheduler kube-controller-manager
  kill_pods
  process_stop containerd kube-apiserver
  process_stop etcd
  unmount_all
  network_down
  remove_cgroups
  remove_files
}

step "taking the cluster down" take_down
