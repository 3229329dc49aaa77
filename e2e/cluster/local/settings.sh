# shellcheck shell=bash disable=SC2034
# The addresses and names of the local cluster. Sourced.

NODE=upgradegate-local
# An address of the loopback device that is not 127.x: Kubernetes refuses those as endpoints.
# Everything that listens, listens here or on 127.0.0.1, so nothing is open to other machines.
NODE_IP=10.88.0.1
API_SERVER=https://$NODE_IP:6443
# One node, so all pods are in one range of 1,022 addresses.
POD_CIDR=10.244.0.0/22
SERVICE_CIDR=10.96.0.0/16
API_SERVICE_IP=10.96.0.1
BRIDGE=ug0
ETCD=http://127.0.0.1:2379
CONTAINERD_SOCKET=$RUN_DIR/containerd.sock
CGROUP=upgradegate
# address:port and the component that listens there.
PORTS=("127.0.0.1:2379 etcd" "127.0.0.1:2380 etcd" "$NODE_IP:6443 kube-apiserver"
  "127.0.0.1:10257 kube-controller-manager" "127.0.0.1:10259 kube-scheduler" "$NODE_IP:10250 kubelet"
  "127.0.0.1:10248 kubelet" "127.0.0.1:10256 kube-proxy" "127.0.0.1:10249 kube-proxy")
COMPONENTS=(etcd kube-apiserver kube-controller-manager kube-scheduler containerd kubelet kube-proxy)
