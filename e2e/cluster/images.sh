#!/usr/bin/env bash
# make images: builds the images of the operator, the CLI, the demo app and the tests, unless those of the
# same sources are there already, and loads them into the cluster of this machine when it is up.
# Prints the tag. With --tag, it only prints the tag.
set -euo pipefail
cd "$(dirname "$0")"
source lib/common.sh
source lib/components.sh
source lib/image.sh
source lib/provider.sh
source lib/product.sh
source lib/tools.sh

tag=$(product_tag)
if [[ ${1:-} == --tag ]]; then
  echo "$tag"
  exit
fi
lock images
if ! built "$tag"; then
  have cargo || die "cargo is needed to build the images; install Rust from rustup.rs"
  have_builder || die "docker or buildah is needed to build the images; install one of them"
  tag=$(snapshot)
  auditable=$(cargo_tool "$CARGO_AUDITABLE")
  step "binaries" build_binaries "$auditable"
  build_images "$tag"
  prune_archives
fi
for entry in "${IMAGES[@]}"; do
  read -r image _ <<<"$entry"
  load_image "$image:$tag"
  say "  $image:$tag, $(($(stat -c %s "$(archive_of "$image:$tag")") / 1000)) kB"
done
echo "$tag"
