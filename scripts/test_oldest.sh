#!/usr/bin/env bash
# Run the unit tests, which need no ROS 2, with the oldest libraries supported.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
venv=.venv/oldest
stamp=$(cksum < requirements/oldest.txt)
if [ "$(cat "$venv/.stamp" 2>/dev/null)" != "$stamp" ]; then
  echo "orchestrator_ren: making $venv"
  python3 -m venv "$venv"
  "$venv/bin/python" -m pip install --quiet --disable-pip-version-check -r requirements/oldest.txt
  echo "$stamp" > "$venv/.stamp"
fi
PATH="$venv/bin:$PATH" exec scripts/run_tests.sh test/unit
