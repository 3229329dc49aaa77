# shellcheck shell=bash
# Which cluster is used: the one that the user names, else kind, else the local one. Sourced.

KIND_CLUSTER=upgradegate

kind_works() { have kind && docker_works; }

# provider: named, kind or local. A KUBECONFIG that is our own says nothing of the user's wish.
provider() {
  case ${KUBECONFIG:-} in
    "" | "$RUN_DIR"/* | "$CACHE_DIR"/kind.kubeconfig) if kind_works; then echo kind; else echo local; fi ;;
    *) echo named ;;
  esac
}

# kubeconfig_of PROVIDER
kubeconfig_of() {
  case $1 in
    named) echo "$KUBECONFIG" ;;
    kind) echo "$CACHE_DIR/kind.kubeconfig" ;;
    local) echo "$RUN_DIR/admin.kubeconfig" ;;
  esac
}
