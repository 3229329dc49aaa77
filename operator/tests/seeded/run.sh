#!/bin/sh
# Tries the proof of the pure core on wrong versions of it: each patch here breaks one rule, and the model or a law must find that.
#
# usage: run.sh [PATTERN]     only the patches whose name holds PATTERN
#
# Prints one line a patch: caught or not, the first law that was broken, the test that saw it. Fails if one survives or does not apply. The
# sources are copied to target/core; the checkout stays as it is.
set -u
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../../.." && pwd)
core=$root/target/core
log=$core/run.log
# Seconds that the tests of one wrong version may take.
limit=${SEEDED_SECONDS:-300}

"$here/core.sh" "$core" || exit 2
cd "$core" || exit 2
# What is tested here is the model and the laws; examples would catch more.
tests="model:: random::"

build() {
    CARGO_TARGET_DIR=$core/target cargo test --quiet -p upgradegate-operator --test gate --no-run --message-format short >build.log 2>&1
}

binary() {
    CARGO_TARGET_DIR=$core/target cargo test -p upgradegate-operator --test gate --no-run 2>&1 |
        sed -n 's/.*(\(.*gate-[0-9a-f]*\)).*/\1/p' | tail -1
}

# Runs the tests until the first failure, or to their end.
try() {
    # shellcheck disable=SC2086 # two filters
    RUST_BACKTRACE=0 "$1" $tests --nocapture >"$log" 2>&1 &
    pid=$!
    tenths=0
    while kill -0 "$pid" 2>/dev/null && [ "$tenths" -lt $((limit * 10)) ]; do
        grep -q 'FAILED$' "$log" && break
        sleep 0.1
        tenths=$((tenths + 1))
    done
    kill "$pid" 2>/dev/null
    wait "$pid" 2>/dev/null
    grep -q 'FAILED$' "$log"
}

build || { cat build.log; exit 2; }
if try "$(binary)"; then
    echo "the sources themselves fail; see $log"
    exit 2
fi
caught=0
missed=0
for patch in "$here"/*"${1:-}"*.patch; do
    name=$(basename "$patch" .patch)
    rule=$(sed -n '1s/^Breaks //p' "$patch")
    rm -rf operator/src/gate
    cp -R "$root/operator/src/gate" operator/src/gate
    if ! patch --silent -p1 <"$patch" >patch.log 2>&1; then
        echo "DOES NOT APPLY  $name"
        missed=$((missed + 1))
    elif ! build; then
        echo "DOES NOT BUILD  $name: $(grep -m1 error build.log)"
        missed=$((missed + 1))
    elif try "$(binary)"; then
        law=$(sed -n 's/.*broken: //p' "$log" | head -1)
        test=$(sed -n "s/.*thread '\([a-z_:]*::[a-z_:]*\)'.*/\1/p" "$log" | head -1)
        echo "caught    $name [$rule] by \"${law:-an assertion}\" in $test"
        caught=$((caught + 1))
    else
        echo "SURVIVES  $name [$rule]"
        missed=$((missed + 1))
    fi
done
echo "$caught of $((caught + missed)) wrong versions are caught"
[ "$missed" -eq 0 ]
