#!/usr/bin/env bash
# make sbom: the bill of materials of each image, as CycloneDX 1.5 in target/sbom/. From the same sources it comes out the
# same, byte by byte: no serial number, the time of the commit, and no path of this machine.
set -euo pipefail
cd "$(dirname "$0")/.."
source e2e/cluster/lib/common.sh
source e2e/cluster/lib/image.sh
source e2e/cluster/lib/product.sh
source e2e/cluster/lib/tools.sh

cyclonedx=$(cargo_tool "$CARGO_CYCLONEDX")
# The tool writes into the folders of the crates, so it gets a copy.
copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT
copy_sources "$copy"
SOURCE_DATE_EPOCH=$(git log -1 --format=%ct) "$cyclonedx" cyclonedx --quiet --manifest-path "$copy/Cargo.toml" \
  --describe binaries --target "$(host_triple)" --no-build-deps --spec-version 1.5 --format json
mkdir -p target/sbom
for entry in "${PRODUCT[@]}"; do
  read -r image _ binary <<<"$entry"
  found=("$copy"/*/"${binary}_bin.cdx.json")
  file=target/sbom/${image#*/}.cdx.json
  # Where the crates of this checkout lie is nobody's business: what counts is their place in it.
  sed "s|file://$copy|file://|g" "${found[0]}" >"$file"
  echo "$file"
done
