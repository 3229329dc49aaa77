#!/usr/bin/env bash
# make push REGISTRY=…: pushes the images to the user's registry, for a cluster that pulls.
# Usage: push.sh REGISTRY, as in registry.example.com or registry.example.com/team
set -euo pipefail
cd "$(dirname "$0")"
source lib/common.sh
source lib/image.sh
source lib/product.sh

registry=${1:-}
[[ -n $registry ]] || die "which registry? make push REGISTRY=registry.example.com/team"
tag=$(./images.sh)
for entry in "${PRODUCT[@]}"; do
  read -r image _ <<<"$entry"
  step "push ${registry%/}/$image" image_push "$image:$tag" "${registry%/}"
done
say "pushed; now: make install REGISTRY=${registry%/}"
say "in your own chart: upgrade-gate.image: {repository: ${registry%/}/upgradegate/cli, tag: \"$tag\"}"
