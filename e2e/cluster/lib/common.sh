# shellcheck shell=bash
# What every script of the cluster shares: where things are, and how to speak to the person
# who waits. Sourced, never run.

CLUSTER_DIR=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
REPO_DIR=$(cd "$CLUSTER_DIR/../.." && pwd)

# Outside the checkout, so that a second checkout finds what the first one built.
CACHE_DIR=${UPGRADEGATE_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/upgradegate}
# shellcheck disable=SC2034  # used by the scripts that source this file
RUN_DIR=$CACHE_DIR/run IMAGE_CACHE=$CACHE_DIR/images STEP_LOGS=$CACHE_DIR/log

# say TEXT: one line of progress. To stderr, for stdout belongs to answers.
say() { printf '%s\n' "$*" >&2; }

# die TEXT: says why and ends the script.
die() {
  printf 'error: %s\n' "$*" >&2
  exit 1
}

# have COMMAND: whether the command exists.
have() { command -v "$1" >/dev/null 2>&1; }

# now_ms: milliseconds since the epoch.
now_ms() { echo $((${EPOCHREALTIME/[.,]/} / 1000)); }

# seconds_since MS: seconds since that moment, with one decimal.
seconds_since() {
  local elapsed=$(($(now_ms) - $1))
  printf '%d.%d' $((elapsed / 1000)) $((elapsed % 1000 / 100))
}

# tick LABEL START_MS: every 30 s, one line that says that LABEL is still at work.
tick() {
  local sleeper
  # The sleep is a job of its own, so that a stop signal ends both at once.
  trap 'kill "$sleeper"; exit' TERM
  while :; do
    sleep 30 &
    sleeper=$!
    wait "$sleeper"
    printf '  %-32s …%5s s\n' "$1" "$(seconds_since "$2")" >&2
  done
}

# step LABEL COMMAND…: runs it with its output in a log, prints one line with the seconds that
# it took, and on failure the log's end.
step() {
  local label=$1 start ticker status log
  shift
  log=$STEP_LOGS/${label//[^A-Za-z0-9.-]/-}.log
  mkdir -p "$STEP_LOGS"
  start=$(now_ms)
  tick "$label" "$start" </dev/null >/dev/null 9>&- &
  ticker=$!
  # An interrupt ends this script, and must not leave the ticker behind.
  trap 'kill "$ticker" 2>/dev/null' EXIT
  # Behind || or in an if, bash would go on after a failure inside the command.
  set +e
  (set -e; trap - EXIT; "$@") >"$log" 2>&1
  status=$?
  set -e
  kill "$ticker"
  wait "$ticker" 2>/dev/null || true
  trap - EXIT
  if ((status != 0)); then
    printf '  %-32s failed after %s s; the end of %s:\n' "$label" "$(seconds_since "$start")" "$log" >&2
    tail -n 20 "$log" | sed 's/^/    /' >&2
    return "$status"
  fi
  printf '  %-32s %6s s\n' "$label" "$(seconds_since "$start")" >&2
}

# wait_for SECONDS COMMAND…: repeats the command until it succeeds; fails when time is up.
wait_for() {
  local deadline=$(($(now_ms) + $1 * 1000))
  shift
  until "$@" >/dev/null 2>&1; do
    (($(now_ms) < deadline)) || return 1
    sleep 0.1
  done
}

# lock WHAT: one script at a time changes it, cluster or images. Held until this process ends;
# children that outlive it must not inherit descriptor 9.
lock() {
  mkdir -p "$CACHE_DIR"
  exec 9>"$CACHE_DIR/$1.lock"
  flock --nonblock 9 && return
  say "waiting for another make that changes the $1…"
  flock 9
}
