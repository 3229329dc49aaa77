# shellcheck shell=bash
# The pinned components: what there is to build, and where the built binaries are. Each folder
# of components/ is a Go module whose go.mod pins the component, with a build.env that says what
# is built from it. A module's binaries live in a cache folder named by the hash of all that
# enters them, so that a changed pin builds that module again and nothing else.

COMPONENTS_DIR=$CLUSTER_DIR/components
# The client's tools, all that is needed against a cluster that someone else runs.
# shellcheck disable=SC2034
CLIENT_BINARIES=(kubectl helm3 helm4)
# Cheap ones last, so that a failure shows early. CoreDNS comes after all that is needed.
# shellcheck disable=SC2034
LOCAL_BINARIES=(kube-apiserver kube-controller-manager kube-scheduler kubelet kube-proxy kubectl
  containerd containerd-shim-runc-v2 ctr etcd helm3 helm4 pause)

export GOFLAGS="-trimpath -buildvcs=false -mod=readonly" CGO_ENABLED=0 GOWORK=off

# pinned MODULE: its version in the go.mod of the component at hand ($COMPONENT).
pinned() {
  awk -v module="$1" '$1 == "require" { $1 = ""; $0 = $0 } $1 == module && $2 ~ /^v/ { print $2; exit }' \
    "$COMPONENTS_DIR/$COMPONENT/go.mod"
}

# load_component NAME: sets COMPONENT, VERSION, BINARIES, TAGS and LDFLAGS.
load_component() {
  COMPONENT=$1 LDFLAGS="-s -w"
  # shellcheck disable=SC1090
  source "$COMPONENTS_DIR/$COMPONENT/build.env"
}

# component_of BINARY: the module that it is built from.
component_of() {
  local env
  for env in "$COMPONENTS_DIR"/*/build.env; do
    if grep -qE "\"$1 " "$env"; then
      basename "$(dirname "$env")"
      return
    fi
  done
  die "no component builds $1"
}

# component_dir NAME: the cache folder of its binaries.
component_dir() {
  local hash
  hash=$({
    cat "$COMPONENTS_DIR/$1"/*
    echo "$GOFLAGS $CGO_ENABLED $(go_version) $(uname -m)"
  } | sha256sum)
  echo "$CACHE_DIR/bin/$1-${hash:0:12}"
}

# binary NAME: the path of a built binary.
binary() { echo "$(component_dir "$(component_of "$1")")/$1"; }

# go_version: the toolchain's version, or nothing without one.
go_version() { (cd "$COMPONENTS_DIR/pause" && go env GOVERSION) 2>/dev/null; }
