# shellcheck shell=bash
# The one node: container runtime, kubelet and the proxy of Services. Sourced.

# cni_bin: the folder of the CNI plugins, Debian's or everybody else's.
cni_bin() {
  local dir
  for dir in /usr/lib/cni /opt/cni/bin; do
    [[ -x $dir/bridge && -x $dir/host-local && -x $dir/loopback ]] && echo "$dir" && return
  done
  return 1
}

# snapshotter: overlayfs cannot lie on an overlay, as the root of a container is one.
snapshotter() {
  case $(stat -f -c %T "$RUN_DIR") in
    overlayfs) echo native ;;
    *) echo overlayfs ;;
  esac
}

# render_config: fills in the files of config/.
render_config() {
  local file
  mkdir -p "$RUN_DIR/config" "$RUN_DIR/cni"
  for file in "$CLUSTER_DIR"/config/*; do
    sed -e "s#@RUN@#$RUN_DIR#g" -e "s#@RUNC@#$(command -v runc)#g" -e "s#@CNI_BIN@#$(cni_bin)#g" \
      -e "s#@SNAPSHOTTER@#$(snapshotter)#g" -e "s#@PAUSE@#$(pause_image)#g" -e "s#@BRIDGE@#$BRIDGE#g" \
      -e "s#@POD_CIDR@#$POD_CIDR#g" -e "s#@NODE_IP@#$NODE_IP#g" -e "s#@NODE@#$NODE#g" \
      "$file" >"$RUN_DIR/config/$(basename "$file")"
  done
  cp "$RUN_DIR/config/cni.conflist" "$RUN_DIR/cni/10-upgradegate.conflist"
  # Pods resolve no names: nothing in the cluster needs it, and the host's resolver is not theirs.
  echo "# no name servers" >"$RUN_DIR/resolv.conf"
}

start_containerd() {
  # containerd finds its shim beside itself by PATH.
  PATH="$(component_dir containerd):$PATH" process_start containerd \
    "$(binary containerd)" --config "$RUN_DIR/config/containerd.toml"
}

start_kubelet() {
  make_cgroups
  process_start kubelet "$(binary kubelet)" --config "$RUN_DIR/config/kubelet.yaml" \
    --kubeconfig "$RUN_DIR/kubelet.kubeconfig" --hostname-override "$NODE" --node-ip "$NODE_IP" \
    --root-dir "$RUN_DIR/kubelet" --cert-dir "$RUN_DIR/kubelet/pki"
}

start_proxy() {
  process_start kube-proxy "$(binary kube-proxy)" --config "$RUN_DIR/config/kube-proxy.yaml"
}
