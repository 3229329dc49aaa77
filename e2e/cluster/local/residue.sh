# shellcheck shell=bash
# Finds what belongs to the local cluster on this machine, whether or not it still runs. Sourced.

# shims: pids of the processes between containerd and the pods; they outlive containerd.
shims() {
  local dir words
  for dir in /proc/[0-9]*; do
    { mapfile -d '' -t words <"$dir/cmdline"; } 2>/dev/null || continue
    [[ ${words[0]:-} == */containerd-shim-runc-v2 && " ${words[*]} " == *" $CONTAINERD_SOCKET "* ]] && echo "${dir#/proc/}"
  done
  true
}

# shim_sockets: where those listen, outside our folder.
shim_sockets() {
  cat "$RUN_DIR"/containerd/state/io.containerd.runtime.v2.task/*/*/bootstrap.json 2>/dev/null |
    grep -oE 'unix://[^"]+' | sed 's#^unix://##' | sort -u || true
}

# mounts: mount points in our folder; network namespaces are among them.
mounts() { awk -v run="$RUN_DIR/" 'index($2, run) == 1 { print $2 }' /proc/self/mounts; }

# recorded_processes: those of our records that still run, with their pids.
recorded_processes() {
  local file pid
  for file in "$PIDS_DIR"/*; do
    if pid=$(recorded_pid "$(basename "$file")"); then echo "$(basename "$file"), pid $pid"; fi
  done
}

# cni_results: what the network plugins remember of our pods; each names its network namespace.
cni_results() { grep -lrF "$RUN_DIR/" /var/lib/cni/results 2>/dev/null || true; }

# log_links: the kubelet's links to our pods' logs.
log_links() { find /var/log/containers -lname "$RUN_DIR/*" 2>/dev/null || true; }
