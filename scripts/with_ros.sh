#!/usr/bin/env bash
# Run a command with ROS 2 and this package on its paths: scripts/with_ros.sh COMMAND [ARGUMENT ...]
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/env.sh"
[ -f "$install_base/local_setup.sh" ] || fail "not built yet; run: make build"
activate
set +u
. "$install_base/local_setup.bash"
set -u
exec "$@"
