#!/usr/bin/env bash
# Takes what runs found into the corpus of the repository: of all inputs only those that reach new code, and of those the smallest.
# fuzz/keep.sh LONGEST [TARGET…], the longest input in bytes. FUZZ_BINARY may name the program of a deep run, which sees more code as new.
set -euo pipefail
cd "$(dirname "$0")/.."
longest=${1:?the longest input in bytes}
shift
binary=${FUZZ_BINARY:-target/debug/fuzz}
[ $# -gt 0 ] || set -- $(ls target/fuzz/corpus)
# Most bytes of what was found, for each target: the corpus is part of every clone, and is replayed by every test run.
most=18000
ulimit -s 2048
for target in "$@"; do
  FUZZ_TARGET=$target "$binary" -set_cover_merge=1 -use_counters=0 -max_len="$longest" \
    "fuzz/corpus/$target" "target/fuzz/corpus/$target" 2> /dev/null
  # What was found is named by its hash, what people wrote is not.
  find "fuzz/corpus/$target" -type f -regextype egrep -regex '.*/[0-9a-f]{40}' -printf '%s %p\n' | sort -n |
    awk -v most=$most '{ sum += $1 } sum > most { print $2 }' | xargs --no-run-if-empty rm
done
du --summarize --bytes fuzz/corpus
