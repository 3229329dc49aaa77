#!/usr/bin/env bash
# Installs the commands of other packages that the local cluster and its tests need and that are not there.
set -euo pipefail
cd "$(dirname "$0")"
source lib/common.sh
source lib/packages.sh
source lib/image.sh
source lib/process.sh
source local/settings.sh
source local/node.sh
require_packages
