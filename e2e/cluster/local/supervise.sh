#!/usr/bin/env bash
# Runs a command and runs it again when it ends, until it is told to stop by SIGTERM.
# Usage: supervise.sh NAME COMMAND…
set -uo pipefail
cd "$(dirname "$0")/.."
source lib/common.sh
source lib/process.sh

name=$1
shift
stopping=""
child=""
trap 'stopping=yes; [[ -z $child ]] || kill -TERM "$child" 2>/dev/null' TERM
record "$name" $$
while [[ -z $stopping ]]; do
  "$@" &
  child=$!
  record "$name.child" "$child"
  # A stop signal may come between the test of the loop and the start of the child.
  [[ -z $stopping ]] || kill -TERM "$child" 2>/dev/null
  # A signal interrupts wait, although the child still runs.
  while kill -0 "$child" 2>/dev/null; do
    wait "$child"
    status=$?
  done
  child=""
  [[ -z $stopping ]] || break
  echo "supervise: $name ended with status $status, starting it again"
  sleep 1 &
  wait $!
done
rm -f "$PIDS_DIR/$name" "$PIDS_DIR/$name.child"
