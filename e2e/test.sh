#!/usr/bin/env bash
# make test: every check and test, each stage timed, counts at the end. Goes on after a failed stage, and fails if one did.
set -euo pipefail
cd "$(dirname "$0")/.."
passed=0 failed=0 began=$SECONDS failures=()
logs=$(mktemp -d)
# A line for each test on the cluster whose history was checked.
proofs=${CARGO_TARGET_DIR:-target}/e2e/proof.txt
rm -f "$proofs"
# From here on the rights used are counted.
export UPGRADEGATE_AUDIT_SINCE
UPGRADEGATE_AUDIT_SINCE=$(date -u +%FT%TZ)
trap 'rm -rf "$logs"' EXIT

# stage NAME COMMAND…: runs it, adds up the results that its test runners print; a check without any counts as one. Runners that ran no test
# prove nothing: a failure.
stage() {
  local name=$1 start=$SECONDS status=0 results ok bad
  shift
  printf '\n== %s\n' "$name"
  "$@" 2>&1 | tee "$logs/stage" || status=$?
  read -r results ok bad < <(sed -nE 's/^test result: .* ([0-9]+) passed; ([0-9]+) failed;.*/\1 \2/p' "$logs/stage" |
    awk '{ok += $1; bad += $2} END {print NR, ok + 0, bad + 0}')
  if ((status == 0 && results == 0)); then ok=1; fi
  if ((results > 0 && ok + bad == 0)); then
    echo "no test ran"
    bad=1
  fi
  if ((status != 0 && bad == 0)); then bad=1; fi
  passed=$((passed + ok)) failed=$((failed + bad))
  if ((bad > 0)); then failures+=("$name"); fi
  printf '== %s: %d passed, %d failed, %d s\n' "$name" "$ok" "$bad" $((SECONDS - start))
  ((bad == 0))
}

# with_cluster COMMAND…: with KUBECONFIG, HELM3, HELM4 and kubectl of the cluster in use.
with_cluster() (
  eval "$(e2e/cluster/env.sh)"
  "$@"
)

# is_local: whether the cluster in use is this machine's own.
is_local() { [[ $UPGRADEGATE_PROVIDER == local ]]; }

# audited: whether there is an audit log of the cluster in use.
audited() { [[ -n ${UPGRADEGATE_AUDIT_LOG:-} ]]; }

# Also of the crates whose other tests need a cluster. What a test prints is a figure: states explored, rules broken on purpose.
units() {
  cargo test --quiet --workspace --exclude upgradegate-e2e --exclude upgradegate-plans -- --show-output &&
    cargo test --quiet -p upgradegate-e2e --lib --bins &&
    cargo test --quiet -p upgradegate-plans --lib
}

# plans TEST: with a control plane of its own, which is built already where the cluster is this machine's.
plans() {
  e2e/cluster/build.sh etcd kube-apiserver kubectl &&
    cargo test --quiet -p upgradegate-plans --test "$1" -- --nocapture
}

# One of its tests runs the operator itself, under a clock of its own.
control_plane() {
  cargo build --quiet -p upgradegate-operator &&
    cargo test --quiet -p upgradegate-e2e --test control_plane -- --test-threads=1
}

least_privilege() {
  e2e/cluster/local/firewall.sh build &&
    with_cluster cargo test --quiet -p upgradegate-e2e --test privilege -- --test-threads=1 --skip used::
}

# What the tests on the cluster held against the rules and the model. Without any of it they proved nothing.
histories() {
  awk '{ events += $1; calls += $3; steps += $5 }
    END {
      printf "%d histories: %d events, %d calls, %d written statuses held against the model\n", NR, events, calls, steps
      exit !steps
    }' "$proofs"
}

export CARGO_TERM_COLOR=never
stage "formatting" cargo fmt --all --check || true
stage "lints" cargo clippy --quiet --workspace --all-targets -- -D warnings || true
stage "dependencies" e2e/deny.sh || true
stage "unit and property tests, model" units || true
stage "fuzz targets" fuzz/run.sh quick 5000 || true
if stage "cluster" e2e/cluster/up.sh && stage "images" e2e/cluster/images.sh; then
  stage "fault plans" plans plans || true
  stage "spec walks" plans walks || true
  stage "charts" with_cluster cargo test --quiet -p upgradegate-e2e --test chart || true
  stage "supply chain" with_cluster cargo test --quiet -p upgradegate-e2e --test supply || true
  stage "scenarios" with_cluster cargo test --quiet -p upgradegate-e2e --test cluster -- --test-threads=6 || true
  stage "disruption" with_cluster cargo test --quiet -p upgradegate-e2e --test disruption -- --test-threads=1 || true
  if with_cluster is_local; then
    stage "control plane" with_cluster control_plane || true
  else
    printf '\n== control plane: not run; only the local cluster can be broken and put right again\n'
  fi
  stage "histories" histories || true
  if with_cluster audited; then
    stage "least privilege" least_privilege || true
    # Last: what all those before asked of the API server.
    stage "rights" with_cluster cargo test --quiet -p upgradegate-e2e --test privilege used:: || true
  else
    printf '\n== least privilege: not run; only the audit log of the local cluster shows what was used\n'
  fi
fi

printf '\n%d s' $((SECONDS - began))
if ((${#failures[@]} > 0)); then printf '; failed: %s' "$(IFS=,; echo "${failures[*]}")"; fi
printf '\n%d passed, %d failed\n' "$passed" "$failed"
((failed == 0))
