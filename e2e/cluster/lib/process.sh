# shellcheck shell=bash
# Processes that outlive the script that started them. Each is recorded as "pid start-time" in
# a file, for a pid alone may by now be somebody else's.

PIDS_DIR=$RUN_DIR/pids

# start_time PID: when it started, in clock ticks since boot; nothing when there is no such process.
start_time() {
  local stat
  { read -r stat <"/proc/$1/stat"; } 2>/dev/null || return 0
  # The second field is the command's name and may hold spaces; the rest begins behind its ")".
  stat=${stat##*) }
  set -- $stat
  # A zombie has ended.
  [[ $1 == Z ]] || echo "${20}"
}

# record NAME PID
record() { echo "$2 $(start_time "$2")" >"$PIDS_DIR/$1"; }

# recorded_pid NAME: the pid of the recorded process, if that process still runs.
recorded_pid() {
  local pid started
  { read -r pid started <"$PIDS_DIR/$1"; } 2>/dev/null || return 1
  [[ -n $started && $(start_time "$pid") == "$started" ]] && echo "$pid"
}

is_running() { recorded_pid "$1" >/dev/null; }
is_stopped() { ! recorded_pid "$1" >/dev/null; }

# process_start NAME COMMAND…: starts the command under a supervisor, in the background.
process_start() {
  local name=$1
  shift
  mkdir -p "$PIDS_DIR" "$RUN_DIR/log"
  (
    close_inherited
    exec setsid "$CLUSTER_DIR/local/supervise.sh" "$name" "$@" </dev/null >>"$RUN_DIR/log/$name.log" 2>&1
  ) &
  disown
}

# close_inherited: what outlives its caller must not keep the caller's locks and pipes.
close_inherited() {
  local file fd
  for file in /proc/"$BASHPID"/fd/*; do
    fd=${file##*/}
    if ((fd > 2)); then exec {fd}>&-; fi
  done
}

# process_stop NAME…: asks all of them to end, and kills what still runs after 3 s: an API server
# would wait for its last client, and nothing of the cluster is kept.
process_stop() {
  local name pid
  for name in "$@"; do
    if pid=$(recorded_pid "$name"); then kill -TERM "$pid" 2>/dev/null || true; fi
  done
  for name in "$@"; do
    wait_for 3 is_stopped "$name" || true
    # The supervisor first, or it would start its child anew.
    for record in "$name" "$name.child"; do
      if pid=$(recorded_pid "$record"); then kill -KILL "$pid" 2>/dev/null || true; fi
      wait_for 5 is_stopped "$record" || die "process $name ($(recorded_pid "$record")) does not end"
      rm -f "$PIDS_DIR/$record"
    done
  done
}
