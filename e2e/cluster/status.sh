#!/usr/bin/env bash
# Says of each component of the local cluster whether it answers. Exit code 1 when one does not.
set -euo pipefail
cd "$(dirname "$0")"
source lib/common.sh
source lib/components.sh
source lib/process.sh
source local/settings.sh
source local/health.sh

status=0
show() { printf '%-28s %s\n' "$1" "$2"; }
for component in "${COMPONENTS[@]}"; do
  if healthy "$component" >/dev/null 2>&1; then
    show "$component" "healthy, pid $(recorded_pid "$component.child")"
  else
    show "$component" "not healthy; log: $RUN_DIR/log/$component.log"
    status=1
  fi
done
if ((status == 0)) && node_ready; then
  show "node $NODE" "ready"
else
  show "node $NODE" "not ready"
  status=1
fi
exit "$status"
