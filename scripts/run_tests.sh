#!/usr/bin/env bash
# Tests in parallel, then one by one those that judge times: scripts/run_tests.sh [PATH ...]
# Both parts run, whatever fails. Three workers, for two cores: a test of nodes or processes waits
# for three quarters of its time. TEST_WORKERS says another number.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
interrupted=2 nothing_selected=5 # of pytest's exit codes
failed=0
run() {
  echo "pytest $*"
  python -m pytest "$@"
  local code=$?
  if [ $code = $interrupted ]; then exit $code; fi
  if [ $code != 0 ] && [ $code != $nothing_selected ]; then failed=1; fi
}
# pytest-benchmark, where there is one, warns that there are workers: warnings are errors.
run -m 'not alone' --numprocesses="${TEST_WORKERS:-3}" -p no:benchmark "$@"
run -m alone "$@"
if [ $failed != 0 ]; then echo 'some tests failed: see above, in both parts' >&2; fi
exit $failed
