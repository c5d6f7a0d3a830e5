#!/usr/bin/env bash
# Run a command with ROS 2 and this package on its paths: scripts/with_ros.sh COMMAND [ARGUMENT ...]
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/env.sh"
[ -f "$install_base/local_setup.sh" ] || fail "not built yet; run: make build"
activate
set +u
. "$install_base/local_setup.bash"
set -u
if [ -n "${RCLPY_SOURCE:-}" ]; then # the sources of another release of rclpy
  overlay=$(python "$root/scripts/overlay_rclpy.py" "$RCLPY_SOURCE" "$build_base/overlays")
  export PYTHONPATH="$overlay${PYTHONPATH:+:$PYTHONPATH}"
fi
exec "$@"
