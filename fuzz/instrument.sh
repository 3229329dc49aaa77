#!/usr/bin/env bash
# The compiler as cargo calls it for our own crates (RUSTC_WORKSPACE_WRAPPER): with the flags that let the engine see which code an
# input reaches. The dependencies stay as they are, so that a build for tests serves this one too.
set -euo pipefail
# shellcheck disable=SC2086 # one flag a word
exec "$@" $FUZZ_RUSTFLAGS
