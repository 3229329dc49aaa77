#!/usr/bin/env bash
# Prints the line coverage of the operator's pure core, and fails below 95 %.
# Needs: cargo install cargo-llvm-cov --locked; rustup component add llvm-tools
set -euo pipefail
cd "$(dirname "$0")/.."
cargo llvm-cov --package upgradegate-operator --lib --test gate --summary-only | awk '
    $1 ~ /(^|\/)gate\/[a-z_]+\.rs$/ { lines += $8; missed += $9; printf "%-28s %s of %s lines\n", $1, $8 - $9, $8 }
    END {
        if (lines == 0) { print "error: no coverage was measured" > "/dev/stderr"; exit 1 }
        share = 100 * (lines - missed) / lines
        printf "operator/src/gate: %.1f %% of %d lines\n", share, lines
        exit share < 95
    }'
