# shellcheck shell=bash
# The cgroups of the pods: below a folder of our own, in one hierarchy or (version 1) many. Sourced.

# cgroup_hierarchies: where cgroups are mounted, one or (version 1) many.
cgroup_hierarchies() { awk '$3 == "cgroup" || $3 == "cgroup2" { print $2 }' /proc/mounts; }

# make_cgroups: the kubelet wants the root of its cgroups to exist in each hierarchy.
make_cgroups() {
  local hierarchy controller
  for hierarchy in $(cgroup_hierarchies); do
    mkdir -p "$hierarchy/$CGROUP"
    # Version 2: a controller works below a cgroup only when that cgroup hands it down.
    [[ -e $hierarchy/cgroup.controllers ]] || continue
    for controller in $(<"$hierarchy/cgroup.controllers"); do
      echo "+$controller" >"$hierarchy/cgroup.subtree_control" || true
    done 2>/dev/null
  done
}

# cgroup_dirs: the roots of our pods' cgroups.
cgroup_dirs() {
  local hierarchy
  for hierarchy in $(cgroup_hierarchies); do
    [[ ! -d $hierarchy/$CGROUP ]] || echo "$hierarchy/$CGROUP"
  done
}

# pod_processes: pids of everything that runs in a pod.
pod_processes() {
  local dir
  for dir in $(cgroup_dirs); do find "$dir" -name cgroup.procs -exec cat {} + 2>/dev/null; done | sort -un
}
