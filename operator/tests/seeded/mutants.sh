#!/bin/sh
# Changes the core in every small way, one place at a time, and runs the tests of the core: what no test notices has to be in
# operator/mutants-accepted.md.
#
# usage: mutants.sh
#
# Prints what survives. Fails if a function has more of it than was accepted. The sources are copied to target/mutants; the checkout stays as
# it is.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../../.." && pwd)
accepted=$root/operator/mutants-accepted.md
core=$root/target/mutants

if ! cargo mutants --version; then
    echo "cargo-mutants is not there: install it by cargo install --locked cargo-mutants" >&2
    exit 2
fi
"$here/core.sh" "$core"
cd "$core"
export CARGO_TARGET_DIR="$core/target"
# What fails without any change would seem to notice every one.
cargo test --quiet --package upgradegate-operator --test gate -- rules:: random:: model::

# What an earlier run noticed says nothing about the tests as they are now.
rm -rf out
# The model is slow: it tries only what the others let through.
for tests in "rules:: random::" "model::"; do
    status=0
    # shellcheck disable=SC2086 # several filters
    cargo mutants --in-place --iterate --no-shuffle --baseline=skip --package upgradegate-operator \
        --file 'operator/src/gate/*.rs' --timeout 120 --cargo-arg=--test=gate --output out -- -- $tests || status=$?
    case $status in
        # 2: some survive. 3: with some the tests come to no end in time, which is noticed too.
        0 | 2 | 3) ;;
        *)
            echo "cargo mutants failed with $status" >&2
            exit "$status"
            ;;
    esac
done

missed=out/mutants.out/missed.txt
caught=$(cat out/mutants.out*/caught.txt | wc -l)
echo "$caught changes are caught, $(wc -l <"$missed") survive"
cat "$missed"
[ "$caught" -gt 0 ] || { echo "nothing was tried" >&2; exit 1; }
# A row of the table begins with | `FILE`, `FUNCTION` |; what survives is told as PATH/FILE:LINE:COLUMN: … in FUNCTION.
awk '
    FNR == NR { if (/^\| `/ && split($0, part, "`") > 4) accepted[part[2], part[4]]++; next }
    {
        file = $1
        sub(/:.*/, "", file)
        sub(/.*\//, "", file)
        name = $0
        sub(/.* in /, "", name)
        sub(/.*::/, "", name)
        if (++found[file, name] > accepted[file, name] + 0) { print "not accepted: " $0; bad = 1 }
    }
    END { exit bad }' "$accepted" "$missed"
