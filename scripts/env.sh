# Sourced by the other scripts: finds a ROS 2 and this package's virtual environment and build.
#   ros_kind    system = a ROS 2 is sourced; wheels = ROS 2 from PyPI in the virtual environment
#   ros_distro  jazzy unless ROS_DISTRO says otherwise
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
ros_distro=${ROS_DISTRO:-jazzy}
ros_kind=wheels
if [ -n "${AMENT_PREFIX_PATH:-}" ] && python3 -c 'import rclpy' 2>/dev/null; then ros_kind=system; fi
venv=$root/.venv/$ros_distro
build_base=$root/build/$ros_distro
install_base=$root/install/$ros_distro

fail() { echo "orchestrator_ren: $*" >&2; exit 1; }

activate() {
  export PATH="$venv/bin:$PATH" VIRTUAL_ENV="$venv"
  export COLCON_LOG_PATH="$root/log/$ros_distro"
  if [ "$ros_kind" = wheels ]; then
    export AMENT_PREFIX_PATH="$venv" CMAKE_PREFIX_PATH="$venv"
    # The wheels' start-up hook would restart every Python once to find these; save it the trouble.
    LD_LIBRARY_PATH=$(python -c 'import os; print(os.environ["LD_LIBRARY_PATH"])')
    export LD_LIBRARY_PATH _ROS_WHEELS_BOOTSTRAP_COMPLETE=1
  fi
}
