#!/usr/bin/env bash
# Takes what runs found into the corpus of the repository: of all inputs only those that reach something new, small ones first.
# fuzz/keep.sh [LONGEST], the longest input in bytes.
set -euo pipefail
cd "$(dirname "$0")/.."
longest=${1:-2048}
ulimit -s 2048
for found in target/fuzz/corpus/*/; do
  target=$(basename "$found")
  FUZZ_TARGET=$target target/debug/fuzz -set_cover_merge=1 -max_len="$longest" "fuzz/corpus/$target" "$found" 2>&1 | grep -a 'new files' || true
done
du --summarize --bytes fuzz/corpus
