# shellcheck shell=bash
# Which cluster is used: the one that the user names, else kind, else the local one. Sourced.

source "$CLUSTER_DIR/lib/kind.sh"

# provider: named, kind or local. A KUBECONFIG that is our own says nothing of the user's wish.
provider() {
  case ${KUBECONFIG:-} in
    "" | "$RUN_DIR"/* | "$KIND_KUBECONFIG") if kind_works; then echo kind; else echo local; fi ;;
    *) echo named ;;
  esac
}

# kubeconfig_of PROVIDER
kubeconfig_of() {
  case $1 in
    named) echo "$KUBECONFIG" ;;
    kind) echo "$KIND_KUBECONFIG" ;;
    local) echo "$RUN_DIR/admin.kubeconfig" ;;
  esac
}
