#!/usr/bin/env bash
# make test: every check and test, each stage timed, counts at the end. Goes on after a failed stage, and fails if one did.
set -euo pipefail
cd "$(dirname "$0")/.."
passed=0 failed=0 began=$SECONDS failures=()
logs=$(mktemp -d)
trap 'rm -rf "$logs"' EXIT

# stage NAME COMMAND…: runs it, adds up the results that its test runners print; a check without any counts as one.
stage() {
  local name=$1 start=$SECONDS status=0 ok bad
  shift
  printf '\n== %s\n' "$name"
  "$@" 2>&1 | tee "$logs/stage" || status=$?
  read -r ok bad < <(sed -nE 's/^test result: .* ([0-9]+) passed; ([0-9]+) failed;.*/\1 \2/p' "$logs/stage" |
    awk '{ok += $1; bad += $2} END {print ok + 0, bad + 0}')
  if ((status == 0 && ok + bad == 0)); then ok=1; fi
  if ((status != 0 && bad == 0)); then bad=1; fi
  passed=$((passed + ok)) failed=$((failed + bad))
  if ((bad > 0)); then failures+=("$name"); fi
  printf '== %s: %d passed, %d failed, %d s\n' "$name" "$ok" "$bad" $((SECONDS - start))
  ((bad == 0))
}

# with_cluster COMMAND…: with KUBECONFIG, HELM3, HELM4 and kubectl of the cluster in use.
with_cluster() {
  eval "$(e2e/cluster/env.sh)"
  "$@"
}

export CARGO_TERM_COLOR=never
stage "formatting" cargo fmt --all --check || true
stage "lints" cargo clippy --quiet --workspace --all-targets -- -D warnings || true
stage "dependencies" e2e/deny.sh || true
stage "unit and property tests" cargo test --quiet --workspace --exclude upgradegate-e2e || true
if stage "cluster" e2e/cluster/up.sh && stage "images" e2e/cluster/images.sh; then
  stage "charts" with_cluster cargo test --quiet -p upgradegate-e2e --lib --test chart || true
  stage "scenarios" with_cluster cargo test --quiet -p upgradegate-e2e --test cluster -- --test-threads=6 || true
  stage "disruption" with_cluster cargo test --quiet -p upgradegate-e2e --test disruption -- --test-threads=1 || true
fi

printf '\n%d s' $((SECONDS - began))
if ((${#failures[@]} > 0)); then printf '; failed: %s' "$(IFS=,; echo "${failures[*]}")"; fi
printf '\n%d passed, %d failed\n' "$passed" "$failed"
((failed == 0))
