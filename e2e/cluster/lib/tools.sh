# shellcheck shell=bash
# Tools of cargo that a build or a check needs: pinned, and built once a machine into the cache. Sourced after common.sh.

# What `make deny`, `make images` and `make sbom` use. Debug builds: they run for a second, and build in half the time.
# shellcheck disable=SC2034
CARGO_DENY=cargo-deny@0.20.2 CARGO_AUDITABLE=cargo-auditable@0.7.7 CARGO_CYCLONEDX=cargo-cyclonedx@0.5.9
# shellcheck disable=SC2034
RUST_AUDIT_INFO=rust-audit-info@0.5.4

# cargo_tool NAME@VERSION: prints where the program is; builds it if it is not there.
cargo_tool() {
  local dir=$CACHE_DIR/tools/${1/@/-}
  if [[ ! -x $dir/bin/${1%@*} ]]; then
    say "  building ${1/@/ }, once"
    cargo install --quiet --locked --debug --root "$dir" "$1" >&2
  fi
  echo "$dir/bin/${1%@*}"
}
