#!/usr/bin/env bash
# crates.sh TAG IMAGE: the crates that the binary in an image names, as JSON: name, version, kind. It reads the archive that
# `make images` left in the cache, and so what is shipped.
set -euo pipefail
cd "$(dirname "$0")/cluster"
source lib/common.sh
source lib/image.sh
source lib/tools.sh

(($# == 2)) || die "usage: e2e/crates.sh TAG IMAGE, such as e2e/crates.sh \"\$UPGRADEGATE_IMAGE_TAG\" upgradegate/operator"
archive=$(archive_of "$2:$1")
[[ -s $archive ]] || die "there is no image $2:$1 in the cache: run \`make images\`"
info=$(cargo_tool "$RUST_AUDIT_INFO")
binary=$(mktemp)
trap 'rm -f "$binary"' EXIT
# The one layer of an image from scratch is its binary.
layer=$(tar -xOf "$archive" manifest.json | sed -n 's/.*"Layers":\["\([^"]*\)"\].*/\1/p')
[[ -n $layer ]] || die "$2:$1 has not one layer, as an image of one binary has"
tar -xOf "$archive" "$layer" | tar -xO app >"$binary"
"$info" "$binary"
