# shellcheck shell=bash
# Keys, certificates and kubeconfigs of the local cluster. Sourced.

# certificate NAME SUBJECT NAMES: a key and a certificate, signed by the cluster's authority.
certificate() {
  openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$1.key" -out "$1.csr" -subj "$2"
  openssl x509 -req -in "$1.csr" -CA ca.crt -CAkey ca.key -CAcreateserial -out "$1.crt" -days 3650 \
    -extfile <(printf 'subjectAltName=%s\nextendedKeyUsage=serverAuth,clientAuth\n' "$3")
  rm "$1.csr"
}

# kubeconfig NAME: for the user of that certificate. The certificate is inside, so that the
# file can be handed on.
kubeconfig() {
  cat >"$RUN_DIR/$1.kubeconfig" <<END
apiVersion: v1
kind: Config
clusters:
  - name: upgradegate
    cluster: {server: "$API_SERVER", certificate-authority-data: $(base64 -w0 ca.crt)}
users:
  - name: $1
    user: {client-certificate-data: $(base64 -w0 "$1.crt"), client-key-data: $(base64 -w0 "$1.key")}
contexts:
  - name: upgradegate
    context: {cluster: upgradegate, user: $1}
current-context: upgradegate
END
}

# make_pki: everything, anew. The files are for their owner alone.
make_pki() (
  set -e
  umask 077
  mkdir -p "$RUN_DIR/pki"
  cd "$RUN_DIR/pki" || exit
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout ca.key -out ca.crt \
    -days 3650 -subj /CN=upgradegate-local
  openssl ecparam -name prime256v1 -genkey -noout -out service-accounts.key
  openssl ec -in service-accounts.key -pubout -out service-accounts.pub
  local internal="DNS:kubernetes,DNS:kubernetes.default,DNS:kubernetes.default.svc"
  certificate kube-apiserver /CN=kube-apiserver "$internal,DNS:localhost,IP:127.0.0.1,IP:$NODE_IP,IP:$API_SERVICE_IP"
  certificate kubelet-client /O=system:masters/CN=kube-apiserver-kubelet-client DNS:kubelet-client
  certificate kubelet "/O=system:nodes/CN=system:node:$NODE" "DNS:$NODE,IP:127.0.0.1,IP:$NODE_IP"
  certificate admin /O=system:masters/CN=admin DNS:admin
  local user
  for user in kube-controller-manager kube-scheduler kube-proxy; do
    certificate "$user" "/CN=system:$user" "DNS:$user"
  done
  for user in admin kubelet kube-controller-manager kube-scheduler kube-proxy; do
    kubeconfig "$user"
  done
)
