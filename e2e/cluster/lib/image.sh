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
image_build() (
  image=$1 binary=$2
  shift 2
  archive=$(archive_of "$image")
  mkdir -p "$IMAGE_CACHE"
  context=$(mktemp -d)
  trap 'rm -rf "$context"' EXIT
  cp "$binary" "$context/"
  set -- "$@" --build-arg BINARY="$(basename "$binary")" --file "$REPO_DIR/Dockerfile" --tag "$image" "$context"
  # Under a name of its own first, so that a build that was cut off is never taken for an image.
  rm -f "$archive.partial"
  if docker_works; then
    docker build --quiet "$@"
    docker save --output "$archive.partial" "$image"
  else
    run_buildah bud --quiet --isolation chroot "$@"
    run_buildah push --quiet "$image" "docker-archive:$archive.partial:$image"
    run_buildah rmi "$image"
  fi
  mv "$archive.partial" "$archive"
)

# image_push IMAGE REGISTRY: from its archive.
image_push() {
  local source
  source=docker-archive:$(archive_of "$1"):$1
  if docker_works; then
    docker load --quiet --input "$(archive_of "$1")"
    docker tag "$1" "$2/$1"
    docker push "$2/$1"
  else
    run_buildah pull --quiet "$source"
    run_buildah push "$1" "docker://$2/$1"
    run_buildah rmi "$1"
  fi
}

# load_image IMAGE: into the cluster of this machine, when there is one that has not got it. A
# cluster that the user names pulls its images from a registry.
load_image() {
  case $(provider) in
    kind) ! kind_exists || kind load image-archive --name "$KIND_CLUSTER" "$(archive_of "$1")" ;;
    local)
      [[ -S $RUN_DIR/containerd.sock ]] || return 0
      image_present "$1" || step "load ${1%%:*}" image_import "$(archive_of "$1")"
      ;;
  esac
}

# image_import ARCHIVE: into the runtime of the local cluster.
image_import() { "$(binary ctr)" --address "$RUN_DIR/containerd.sock" --namespace k8s.io images import "$1"; }

# image_present IMAGE: whether the local cluster's runtime has it.
image_present() {
  "$(binary ctr)" --address "$RUN_DIR/containerd.sock" --namespace k8s.io images list --quiet 2>/dev/null |
    grep -qE "(^|/)$1\$"
}

# The image of a pod's sandbox; its tag is its content's hash.
pause_image() { local dir; dir=$(component_dir pause); echo "upgradegate/pause:${dir##*-}"; }
pause_archive() { archive_of "$(pause_image)"; }

build_pause() {
  [[ -s $(pause_archive) ]] || step "pause image" image_build "$(pause_image)" "$(binary pause)"
}
