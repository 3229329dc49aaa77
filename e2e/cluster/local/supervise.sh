#!/usr/bin/env bash
# Runs a command and runs it again when it ends, until it is told to stop by SIGTERM.
# Usage: supervise.sh NAME COMMAND…
set -uo pipefail
cd "$(dirname "$0")/.."
source lib/common.sh
source lib/process.sh

supervise() {
  local name=$1 status
  stopping="" child=""
  shift
  trap 'stopping=yes; [[ -z $child ]] || kill -TERM "$child" 2>/dev/null' TERM
  record "$name" $$
  while [[ -z $stopping ]]; do
    "$@" &
    child=$!
    record "$name.child" "$child"
    # The signal may have come between the test of the loop and the start of the child.
    [[ -z $stopping ]] || kill -TERM "$child" 2>/dev/null
    wait "$child"
    status=$?
    # A signal ends the wait, although the child still runs.
    while kill -0 "$child" 2>/dev/null; do wait "$child"; done
    child=""
    [[ -z $stopping ]] || break
    echo "supervise: $name ended with status $status, starting it again"
    sleep 1 &
    wait $!
  done
  rm -f "$PIDS_DIR/$name" "$PIDS_DIR/$name.child"
  # Before the shell reads on: by now the file may be another.
  exit
}

supervise "$@"
