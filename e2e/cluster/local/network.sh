# shellcheck shell=bash
# What the cluster changes in the host's network and kernel settings, and how that is undone.
# Sourced.

# Settings that we, the kubelet or the proxy write. Their old values are kept and put back.
SYSCTLS=(net.ipv4.ip_forward net.bridge.bridge-nf-call-iptables net.ipv4.conf.all.route_localnet
  vm.overcommit_memory vm.panic_on_oom kernel.panic kernel.panic_on_oops
  kernel.keys.root_maxkeys kernel.keys.root_maxbytes
  net.netfilter.nf_conntrack_max net.netfilter.nf_conntrack_tcp_timeout_established
  net.netfilter.nf_conntrack_tcp_timeout_close_wait)
SYSCTL_RECORD=$RUN_DIR/sysctls
TABLES=(filter nat mangle raw)

network_up() {
  # Built into many kernels; a failure shows in the settings below.
  modprobe -q br_netfilter 2>/dev/null || true
  modprobe -q overlay 2>/dev/null || true
  local name
  for name in "${SYSCTLS[@]}"; do sysctl -e "$name" 2>/dev/null || true; done >"$SYSCTL_RECORD"
  sysctl -qw net.ipv4.ip_forward=1 net.bridge.bridge-nf-call-iptables=1
  ip address replace "$NODE_IP/32" dev lo
  # A host whose FORWARD policy is DROP would cut pods off from each other.
  iptables -w -I FORWARD -i "$BRIDGE" -m comment --comment upgradegate -j ACCEPT
  iptables -w -I FORWARD -o "$BRIDGE" -m comment --comment upgradegate -j ACCEPT
}

network_down() {
  local link
  for link in $(bridge_links); do ip link delete "$link" 2>/dev/null || true; done
  ip link delete "$BRIDGE" 2>/dev/null || true
  ip address delete "$NODE_IP/32" dev lo 2>/dev/null || true
  # Its sets, if a test was killed while it enforced policies.
  if have ipset; then "$CLUSTER_DIR/local/firewall.sh" clean || true; fi
  local family table
  for family in iptables ip6tables; do
    for table in "${TABLES[@]}"; do remove_rules "$family" "$table"; done
  done
  local range
  for range in "$POD_CIDR" "$SERVICE_CIDR"; do
    conntrack -D --orig-src "$range" >/dev/null 2>&1 || true
    conntrack -D --orig-dst "$range" >/dev/null 2>&1 || true
  done
  [[ ! -s $SYSCTL_RECORD ]] || sysctl -q --load="$SYSCTL_RECORD" || true
}

# bridge_links: the host's ends of the pods' cables.
bridge_links() { ip -o link show master "$BRIDGE" 2>/dev/null | sed 's/^[0-9]*: \([^:@]*\).*/\1/'; }

# our_rules FAMILY TABLE: the rules and chains of ours, as iptables-save writes them.
our_rules() { "$1-save" -t "$2" 2>/dev/null | grep -E -- '^:KUBE-|^-A KUBE-|-j KUBE-|--comment upgradegate ' || true; }

# remove_rules FAMILY TABLE: takes our rules out.
remove_rules() { take_out "$1" "$2" "$(our_rules "$1" "$2")"; }

# take_out FAMILY TABLE RULES: first the jumps from the kernel's own chains, so that no chain is in use, then the chains.
take_out() {
  [[ -n $3 ]] || return 0
  {
    echo "*$2"
    sed -n 's/^-A \(PREROUTING\|INPUT\|FORWARD\|OUTPUT\|POSTROUTING\) /-D \1 /p' <<<"$3"
    sed -n 's/^:\(KUBE-[^ ]*\) .*/-F \1/p' <<<"$3"
    sed -n 's/^:\(KUBE-[^ ]*\) .*/-X \1/p' <<<"$3"
    echo COMMIT
  } | "$1-restore" -w --noflush
}

# network_residue: one line for each thing of ours that is still there.
network_residue() {
  local family table link
  ip -o address show to "$NODE_IP" | sed 's/^/address: /'
  for link in "$BRIDGE" $(bridge_links); do
    [[ ! -e /sys/class/net/$link ]] || echo "network device: $link"
  done
  for family in iptables ip6tables; do
    for table in "${TABLES[@]}"; do our_rules "$family" "$table" | sed "s/^/$family $table: /"; done
  done
}
