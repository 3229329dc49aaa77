# shellcheck shell=bash
# etcd, the API server and its controllers. Sourced.

start_etcd() {
  # A cluster for tests: after a power cut it is made anew, so nothing waits for the disk.
  process_start etcd "$(binary etcd)" --data-dir "$RUN_DIR/etcd" --unsafe-no-fsync --log-level warn \
    --listen-client-urls "$ETCD" --advertise-client-urls "$ETCD" --listen-peer-urls http://127.0.0.1:2380
}

start_api_server() {
  local pki=$RUN_DIR/pki
  process_start kube-apiserver "$(binary kube-apiserver)" \
    --etcd-servers="$ETCD" \
    --bind-address="$NODE_IP" --advertise-address="$NODE_IP" --secure-port=6443 \
    --service-cluster-ip-range="$SERVICE_CIDR" \
    --client-ca-file="$pki/ca.crt" \
    --tls-cert-file="$pki/kube-apiserver.crt" --tls-private-key-file="$pki/kube-apiserver.key" \
    --service-account-issuer=https://kubernetes.default.svc \
    --service-account-key-file="$pki/service-accounts.pub" \
    --service-account-signing-key-file="$pki/service-accounts.key" \
    --authorization-mode=Node,RBAC --enable-admission-plugins=NodeRestriction --allow-privileged=true \
    --kubelet-client-certificate="$pki/kubelet-client.crt" \
    --kubelet-client-key="$pki/kubelet-client.key" \
    --kubelet-certificate-authority="$pki/ca.crt" --kubelet-preferred-address-types=InternalIP \
    --audit-policy-file="$RUN_DIR/config/audit.yaml" --audit-log-path="$RUN_DIR/log/audit.log" \
    --audit-log-maxsize=100 --audit-log-maxbackup=9
}

start_controllers() {
  process_start kube-controller-manager "$(binary kube-controller-manager)" \
    --kubeconfig="$RUN_DIR/kube-controller-manager.kubeconfig" \
    --bind-address=127.0.0.1 --leader-elect=false --use-service-account-credentials \
    --service-account-private-key-file="$RUN_DIR/pki/service-accounts.key" \
    --root-ca-file="$RUN_DIR/pki/ca.crt" \
    --flex-volume-plugin-dir="$RUN_DIR/volume-plugins" \
    --allocate-node-cidrs --cluster-cidr="$POD_CIDR" --node-cidr-mask-size=22 \
    --kube-api-qps=200 --kube-api-burst=400 \
    --concurrent-deployment-syncs=20 --concurrent-replicaset-syncs=20 --concurrent-job-syncs=20 \
    --concurrent-namespace-syncs=20 --concurrent-endpoint-syncs=20 --concurrent-service-endpoint-syncs=20
  process_start kube-scheduler "$(binary kube-scheduler)" \
    --kubeconfig="$RUN_DIR/kube-scheduler.kubeconfig" \
    --bind-address=127.0.0.1 --leader-elect=false --kube-api-qps=200 --kube-api-burst=400
}
