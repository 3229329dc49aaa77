# shellcheck shell=bash
# Whether each component of the local cluster answers. Sourced.

get() { curl --silent --fail --max-time 2 --noproxy '*' "$@" >/dev/null; }

# healthy COMPONENT
healthy() {
  is_running "$1" && is_running "$1.child" || return 1
  case $1 in
    etcd) get "$ETCD/health" ;;
    kube-apiserver) get --cacert "$RUN_DIR/pki/ca.crt" --cert "$RUN_DIR/pki/admin.crt" \
      --key "$RUN_DIR/pki/admin.key" "$API_SERVER/readyz" ;;
    kube-controller-manager) get --insecure https://127.0.0.1:10257/healthz ;;
    kube-scheduler) get --insecure https://127.0.0.1:10259/healthz ;;
    containerd) "$(binary ctr)" --address "$CONTAINERD_SOCKET" --timeout 2s version >/dev/null 2>&1 ;;
    kubelet) get http://127.0.0.1:10248/healthz ;;
    kube-proxy) get http://127.0.0.1:10256/healthz ;;
    *) return 1 ;;
  esac
}

# node_ready: whether the node takes pods.
node_ready() {
  [[ $(admin_kubectl get node "$NODE" --request-timeout=5s \
    -o jsonpath='{.status.conditions[?(@.type=="Ready")].status}') == True ]]
}

# all_healthy: every component, and the node.
all_healthy() {
  local component
  for component in "${COMPONENTS[@]}"; do healthy "$component" || return 1; done
  node_ready
}

admin_kubectl() { "$(binary kubectl)" --kubeconfig "$RUN_DIR/admin.kubeconfig" "$@"; }

# fingerprint: of everything that makes this cluster what it is. A running cluster of another
# fingerprint is made anew.
fingerprint() {
  {
    local component
    for component in kubernetes etcd containerd pause; do component_dir "$component"; done
    cd "$CLUSTER_DIR" &&
      cat config/* local/settings.sh local/pki.sh local/network.sh local/control-plane.sh local/node.sh
  } | sha256sum | cut -c1-16
}
