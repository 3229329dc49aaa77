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
    grep -oE 'unix://[^"]+' | sed 's#^unix://##' | sort -u
}

# cgroup_dirs: the roots of our pods' cgroups.
cgroup_dirs() {
  local mount
  for mount in $(awk '$3 == "cgroup" || $3 == "cgroup2" { print $2 }' /proc/mounts); do
    [[ ! -d $mount/$CGROUP ]] || echo "$mount/$CGROUP"
  done
}

# pod_processes: pids of everything that runs in a pod.
pod_processes() {
  local dir
  for dir in $(cgroup_dirs); do find "$dir" -name cgroup.procs -exec cat {} + 2>/dev/null; done | sort -un
}

# mounts: mount points in our folder; network namespaces are among them.
mounts() { awk -v run="$RUN_DIR/" 'index($2, run) == 1 { print $2 }' /proc/self/mounts; }
