# shellcheck shell=bash
# The images that are made of this checkout, and the tag that means one content. Sourced.

# image, cargo package, binary
PRODUCT=("upgradegate/operator upgradegate-operator upgradegate-operator"
  "upgradegate/cli upgradegate-cli kubectl-upgradegate"
  "upgradegate/demo-app upgradegate-demo-app demo-app")
# The product, and what only tests need.
IMAGES=("${PRODUCT[@]}" "upgradegate/fault-app upgradegate-fault-app fault-app")
# All that enters an image, seen from the top of the checkout.
SOURCES=(Cargo.toml Cargo.lock rust-toolchain.toml Dockerfile crds operator cli demo-app e2e/fault-app)

# product_tag: the git revision; when the sources differ from it, also the hash of what they are.
product_tag() (
  cd "$REPO_DIR"
  local revision
  revision=$(git rev-parse --short=12 HEAD 2>/dev/null) ||
    die "images are tagged with the git revision, and this is no git checkout"
  if [[ -z $(git status --porcelain -- "${SOURCES[@]}") ]]; then
    echo "$revision"
    return
  fi
  local hash
  hash=$({
    git diff --binary HEAD -- "${SOURCES[@]}"
    git ls-files --others --exclude-standard -z -- "${SOURCES[@]}" | sort -z | xargs -0 -r sha256sum
  } | sha256sum)
  echo "$revision-dirty-${hash:0:12}"
)

# built TAG: whether all images of that tag are in the cache.
built() {
  local entry image
  for entry in "${IMAGES[@]}"; do
    read -r image _ <<<"$entry"
    [[ -s $(archive_of "$image:$1") ]] || return 1
  done
}

# The images are built from a copy of the sources, so that an edit during the build cannot bring
# other sources under the tag.
SNAPSHOT=$REPO_DIR/target/images/sources
BINARIES_DIR=$REPO_DIR/target/images/binaries

# copy_sources FOLDER: what git knows or would add, with its times.
copy_sources() {
  git -C "$REPO_DIR" ls-files --cached --others --exclude-standard -z |
    tar -C "$REPO_DIR" --null --files-from=- --ignore-failed-read --warning=no-failed-read -c |
    tar -C "$1" -x
}

# snapshot: copies the sources, and prints the tag of the copy. Times are kept, so that cargo builds only what has changed.
snapshot() {
  local before after
  after=$(product_tag)
  until [[ $after == "${before:-}" ]]; do
    before=$after
    rm -rf "$SNAPSHOT"
    mkdir -p "$SNAPSHOT"
    copy_sources "$SNAPSHOT"
    after=$(product_tag)
  done
  echo "$after"
}

# host_triple: the target that cargo builds for.
host_triple() { rustc -vV | sed -n 's/^host: //p'; }

# build_binaries AUDITABLE: all of them in one go, static, so that an image needs nothing else. AUDITABLE is cargo-auditable: with
# it each binary names the crates that it is made of, which scanners of images read.
build_binaries() (
  cd "$SNAPSHOT"
  local triple packages=() entry package
  triple=$(host_triple)
  for entry in "${IMAGES[@]}"; do
    read -r _ package _ <<<"$entry"
    packages+=(--package "$package")
  done
  local flags=${triple//-/_}
  # Flags for the target alone, and not for build scripts, which must stay dynamic.
  env "CARGO_TARGET_${flags^^}_RUSTFLAGS=-C target-feature=+crt-static" \
    "$1" auditable build --release --target "$triple" --target-dir "$BINARIES_DIR" "${packages[@]}"
)

# build_images TAG
build_images() {
  local entry image binary
  for entry in "${IMAGES[@]}"; do
    read -r image _ binary <<<"$entry"
    step "image $image" image_build "$image:$1" "$BINARIES_DIR/$(host_triple)/release/$binary" \
      --build-arg "TITLE=$image" --build-arg "VERSION=$(product_version)" --build-arg "REVISION=$1"
  done
}

# prune_archives: keeps those of the ten newest tags; each edit makes a tag.
prune_archives() {
  local entry image
  for entry in "${IMAGES[@]}"; do
    read -r image _ <<<"$entry"
    find "$IMAGE_CACHE" -name "${image/\//-}-[0-9a-f]*.tar" -printf '%T@ %p\n' |
      sort -rn | tail -n +11 | cut -d ' ' -f 2- | xargs -r rm -f
  done
}

# product_version: as the workspace has it.
product_version() { sed -n 's/^version = "\(.*\)"/\1/p' "$REPO_DIR/Cargo.toml" | head -n 1; }
