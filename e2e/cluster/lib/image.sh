# shellcheck shell=bash
# Images: built from the one Dockerfile by docker or buildah, kept as archives in the cache, and
# from there loaded into a cluster or pushed. Sourced.

docker_works() { have docker && timeout 10 docker info >/dev/null 2>&1; }
have_builder() { have buildah || docker_works; }

# buildah as it works in containers and small virtual machines: no overlay, no user namespace.
run_buildah() { buildah --storage-driver vfs "$@"; }

# archive_of IMAGE: its archive in the cache.
archive_of() { echo "$IMAGE_CACHE/${1//[\/:]/-}.tar"; }

# image_build IMAGE BINARY [OPTION…]: builds the image of a static binary into its archive.
image_build() {
  local image=$1 binary=$2 archive context status=0
  shift 2
  archive=$(archive_of "$image")
  mkdir -p "$IMAGE_CACHE"
  context=$(mktemp -d)
  cp "$binary" "$context/"
  set -- "$@" --build-arg BINARY="$(basename "$binary")" --file "$REPO_DIR/Dockerfile" --tag "$image" "$context"
  rm -f "$archive.partial"
  if docker_works; then
    docker build --quiet "$@" && docker save --output "$archive.partial" "$image" || status=1
  else
    run_buildah bud --quiet --isolation chroot "$@" &&
      run_buildah push --quiet "$image" "docker-archive:$archive.partial:$image" &&
      run_buildah rmi "$image" || status=1
  fi
  rm -rf "$context"
  ((status == 0)) && mv "$archive.partial" "$archive"
}

# image_import ARCHIVE: into the runtime of the local cluster.
image_import() { "$(binary ctr)" --address "$RUN_DIR/containerd.sock" --namespace k8s.io images import "$1"; }

# image_present IMAGE: whether the local cluster's runtime has it.
image_present() {
  "$(binary ctr)" --address "$RUN_DIR/containerd.sock" --namespace k8s.io images list --quiet |
    grep -qE "(^|/)$1\$"
}

# The image of a pod's sandbox; its tag is its content's hash.
pause_image() { local dir; dir=$(component_dir pause); echo "upgradegate/pause:${dir##*-}"; }
pause_archive() { archive_of "$(pause_image)"; }

build_pause() {
  [[ -s $(pause_archive) ]] || step "pause image" image_build "$(pause_image)" "$(binary pause)"
}
