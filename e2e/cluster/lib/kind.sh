# shellcheck shell=bash
# A cluster of kind, where docker and kind are both there. Sourced.

KIND_CLUSTER=upgradegate
KIND_KUBECONFIG=$CACHE_DIR/kind.kubeconfig

kind_works() { have kind && docker_works; }
kind_exists() { kind get clusters 2>/dev/null | grep -qx "$KIND_CLUSTER"; }

kind_up() {
  if ! kind_exists; then
    step "kind's cluster" kind create cluster --name "$KIND_CLUSTER" --kubeconfig "$KIND_KUBECONFIG" --wait 180s
  fi
  kind export kubeconfig --quiet --name "$KIND_CLUSTER" --kubeconfig "$KIND_KUBECONFIG"
  "$(binary kubectl)" --kubeconfig "$KIND_KUBECONFIG" wait --for=condition=Ready node --all --timeout=60s >/dev/null ||
    die "kind's cluster $KIND_CLUSTER does not answer; make it anew by make cluster-down cluster-up"
  say "kind's cluster $KIND_CLUSTER is up"
}

kind_down() {
  kind delete cluster --name "$KIND_CLUSTER" --kubeconfig "$KIND_KUBECONFIG"
  rm -f "$KIND_KUBECONFIG"
}
