#!/usr/bin/env bash
# Prints what a shell needs to work with the cluster: eval "$(e2e/cluster/env.sh)"
set -euo pipefail
cd "$(dirname "$0")"
source lib/common.sh
source lib/components.sh
source lib/image.sh
source lib/provider.sh
source lib/product.sh

path=$PATH
for name in "${CLIENT_BINARIES[@]}"; do
  dir=$(dirname "$(binary "$name")")
  # Asked twice, the answer is the same.
  [[ :$path: == *":$dir:"* ]] || path=$dir:$path
done
chosen=$(provider)
show() { printf 'export %s=%q\n' "$1" "$2"; }
show UPGRADEGATE_PROVIDER "$chosen"
show KUBECONFIG "$(kubeconfig_of "$chosen")"
show KUBECTL "$(binary kubectl)"
show HELM3 "$(binary helm3)"
show HELM4 "$(binary helm4)"
# Of the sources as they are now; `make images` builds and loads them.
show UPGRADEGATE_IMAGE_TAG "$(product_tag)"
if [[ $chosen == local ]]; then
  # One JSON line for each request of a pod's service account.
  show UPGRADEGATE_AUDIT_LOG "$RUN_DIR/log/audit.log"
fi
show PATH "$path"
