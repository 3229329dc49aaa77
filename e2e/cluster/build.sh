#!/usr/bin/env bash
# Builds the named binaries of the pinned components into the cache, or finds them there.
# Usage: build.sh [BINARY…]; without names, all that the local cluster needs.
set -euo pipefail
cd "$(dirname "$0")"
source lib/common.sh
source lib/components.sh

require_go() {
  local needed
  needed=$(awk '$1 == "go" { print $2 }' "$COMPONENTS_DIR/kubernetes/go.mod")
  [[ -n $(go_version) ]] || die "Go $needed or later is needed to build the cluster's components," \
    "and $(have go && go version || echo "no go is in PATH"); install it from go.dev/dl"
}

# build BINARY PACKAGE DIR: under a name of its own first, so that a build that was cut off is
# never taken for a binary.
build() {
  cd "$COMPONENTS_DIR/$COMPONENT"
  go build -tags "$TAGS" -ldflags "$LDFLAGS" -o "$3/$1.partial" "$2"
  mv "$3/$1.partial" "$3/$1"
}

(($#)) || set -- "${LOCAL_BINARIES[@]}"
require_go
for name in "$@"; do
  component=$(component_of "$name")
  dir=$(component_dir "$component")
  [[ -x $dir/$name ]] && continue
  load_component "$component"
  mkdir -p "$dir"
  for entry in "${BINARIES[@]}"; do
    read -r built package <<<"$entry"
    if [[ $built == "$name" ]]; then
      step "$name $VERSION" build "$name" "$package" "$dir"
    fi
  done
done
