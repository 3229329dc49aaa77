#!/usr/bin/env bash
# Fuzzes: fuzz/run.sh quick RUNS [TARGET…] or fuzz/run.sh deep SECONDS [TARGET…], all targets by default. Fails on the first finding.
#   quick  so many inputs for each target, from a fixed seed and the corpus of the repository alone: hardly others each time. Follows
#          the coverage of our own crates, unoptimised: shares the build of the dependencies with the unit tests
#   deep   so many seconds for each target, always others, and on from what earlier runs found. Follows the coverage of all crates,
#          optimised: a build of its own
# What a deep run finds is kept in target/fuzz/corpus, and what is wrong in target/fuzz/findings.
set -euo pipefail
cd "$(dirname "$0")/.."
mode=${1:?quick or deep} amount=${2:?runs or seconds for each target}
shift 2
# What cargo-fuzz sets for libFuzzer without a sanitizer.
export FUZZ_RUSTFLAGS="-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 -Cllvm-args=-sanitizer-coverage-inline-8bit-counters \
-Cllvm-args=-sanitizer-coverage-pc-table -Cllvm-args=-sanitizer-coverage-trace-compares"
build=(cargo build --quiet --package upgradegate-fuzz --features engine --bin fuzz)
out=${CARGO_TARGET_DIR:-target}
# libFuzzer is C++.
(
  source e2e/cluster/lib/common.sh
  source e2e/cluster/lib/packages.sh
  require_command c++ g++
)
case $mode in
quick)
  RUSTC_WORKSPACE_WRAPPER="$PWD/fuzz/instrument.sh" "${build[@]}"
  binary=$out/debug/fuzz
  limit=(-runs="$amount" -seed=1) corpus=quick
  ;;
deep)
  # With a target of its own, build scripts and macros are not instrumented.
  host=$(rustc -vV | sed -n 's/^host: //p')
  RUSTFLAGS="$FUZZ_RUSTFLAGS" "${build[@]}" --target "$host" --profile fuzz
  binary=$out/$host/fuzz/fuzz
  limit=(-max_total_time="$amount") corpus=corpus
  ;;
*)
  echo "quick or deep, not $mode" >&2
  exit 2
  ;;
esac
if [ $# -eq 0 ]; then
  read -ra all < <(sed -n 's/.*Target { name: "\([a-z_]*\)".*/\1/p' fuzz/src/lib.rs | xargs)
  # Each has a folder in the corpus: none is to be left out because it is written in another way.
  folders=(fuzz/corpus/*)
  if [ "$(printf '%s\n' "${all[@]}" | sort)" != "$(printf '%s\n' "${folders[@]##*/}" | sort)" ]; then
    echo "fuzz: the targets read from fuzz/src/lib.rs are not those of fuzz/corpus: ${all[*]}" >&2
    exit 2
  fi
  set -- "${all[@]}"
fi
work=$out/fuzz
rm -rf "$work/quick"
mkdir -p "$work/findings"
# A thread of the operator has 2 MiB of stack, and so has the target.
ulimit -s 2048
for target in "$@"; do
  found=$work/$corpus/$target kept=fuzz/corpus/$target
  mkdir -p "$found"
  options=("${limit[@]}" -timeout=10 -rss_limit_mb=1024 -max_len=16384 -len_control=20 -print_final_stats=1
    -artifact_prefix="$work/findings/$target-" -verbosity=1)
  [ ! -f "fuzz/dictionaries/$target.dict" ] || options+=(-dict="fuzz/dictionaries/$target.dict")
  log=$work/$target.log
  if ! FUZZ_TARGET=$target "$binary" "${options[@]}" "$found" "$kept" > "$log" 2>&1; then
    tail -40 "$log" >&2
    echo "fuzz: $target: a finding; replay it with: FUZZ_TARGET=$target $binary $work/findings/$target-*" >&2
    exit 1
  fi
  awk -v name="$target" '/DONE/ { cov = $4; corpus = $8 } /stat::number_of_executed_units/ { runs = $2 } /stat::peak_rss_mb/ { rss = $2 }
    END { printf "fuzz: %-17s %9d runs, %5d edges, corpus %s, %d MiB\n", name, runs, cov, corpus, rss }' "$log"
done
