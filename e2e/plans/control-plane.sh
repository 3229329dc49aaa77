#!/usr/bin/env bash
# A control plane of its own: etcd and an API server, nothing else. Prints "ready PREFIX" on stdout once it answers; PREFIX is the first
# two numbers of a network of which every address belongs to this machine alone, for the pods of tests. Runs until its stdin ends,
# so that it ends with whoever started it, however that ended; then nothing is left of it.
# Usage: control-plane.sh DIR   (an empty folder; it holds admin.kubeconfig and log/, and is removed at the end)
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
DIR=$1
# shellcheck source=../cluster/lib/common.sh
source "$here/../cluster/lib/common.sh"
# shellcheck source=../cluster/lib/components.sh
source "$CLUSTER_DIR/lib/components.sh"
# shellcheck source=../cluster/local/pki.sh
source "$CLUSTER_DIR/local/pki.sh"

((EUID == 0)) || die "a network of pods needs root: it adds a local route; run as root"
for name in etcd kube-apiserver kubectl; do
  [[ -x $(binary "$name") ]] || die "there is no $name at $(binary "$name"); build it by e2e/cluster/build.sh"
done

PIDS=() PREFIX=""

# take_network: a local route to a /16 that nobody else has. A route of one that was killed together with its shell stays, hence several.
take_network() {
  local second
  for second in {98..111}; do
    if ip route add local "10.$second.0.0/16" dev lo 2>/dev/null; then
      PREFIX=10.$second
      return
    fi
  done
  die "every network from 10.98.0.0/16 to 10.111.0.0/16 is taken; see them by: ip route show table local"
}

# shellcheck disable=SC2329 # called by the trap
stop() {
  trap '' EXIT INT TERM
  local pid
  for pid in "${PIDS[@]}"; do kill -KILL "$pid" 2>/dev/null || true; done
  wait 2>/dev/null
  [[ -z $PREFIX ]] || ip route del local "$PREFIX.0.0/16" dev lo || true
  rm -rf "$DIR"
}

# launch NAME COMMAND…: in the background, without the stdin that says how long this runs.
launch() {
  local name=$1
  shift
  "$@" </dev/null >"$DIR/log/$name.log" 2>&1 &
  PIDS+=($!)
}

answers() { "$(binary kubectl)" --kubeconfig "$DIR/admin.kubeconfig" get --raw /readyz; }

trap stop EXIT INT TERM
mkdir -p "$DIR/log"
take_network
NODE_IP=$PREFIX.0.1 NODE=none API_SERVICE_IP=10.96.0.1 RUN_DIR=$DIR
# shellcheck disable=SC2034 # read by kubeconfig
API_SERVER=https://$NODE_IP:6443
make_pki >"$DIR/log/pki.log" 2>&1 || die "no certificates could be made: $(tail -n 3 "$DIR/log/pki.log")"
launch etcd "$(binary etcd)" --data-dir "$DIR/etcd" --unsafe-no-fsync --log-level warn --quota-backend-bytes 4294967296 \
  --listen-client-urls "http://$NODE_IP:2379" --advertise-client-urls "http://$NODE_IP:2379" \
  --listen-peer-urls "http://$NODE_IP:2380" \
  --initial-advertise-peer-urls "http://$NODE_IP:2380" --initial-cluster "default=http://$NODE_IP:2380"
# No account is made for pods, for no controller runs that would; and whoever may ask here may ask as often as it likes.
launch kube-apiserver "$(binary kube-apiserver)" \
  --etcd-servers="http://$NODE_IP:2379" \
  --bind-address="$NODE_IP" --advertise-address="$NODE_IP" --secure-port=6443 --endpoint-reconciler-type=none \
  --service-cluster-ip-range=10.96.0.0/16 --disable-admission-plugins=ServiceAccount \
  --client-ca-file="$DIR/pki/ca.crt" \
  --tls-cert-file="$DIR/pki/kube-apiserver.crt" --tls-private-key-file="$DIR/pki/kube-apiserver.key" \
  --service-account-issuer=https://kubernetes.default.svc \
  --service-account-key-file="$DIR/pki/service-accounts.pub" \
  --service-account-signing-key-file="$DIR/pki/service-accounts.key" \
  --authorization-mode=RBAC --enable-priority-and-fairness=false --profiling=false
wait_for 60 answers || die "the API server does not answer within 60 s: $(tail -n 3 "$DIR/log/kube-apiserver.log")"
echo "ready $PREFIX"
# Until whoever started this ends.
read -r _ || true
