#!/usr/bin/env bash
# Ask a running gateway (URL, then options of schemathesis) 10,000 requests made from its OpenAPI.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
venv=.venv/fuzz
if [ ! -x "$venv/bin/schemathesis" ]; then
  echo "orchestrator_ren: making $venv"
  python3 -m venv "$venv"
  "$venv/bin/python" -m pip install --quiet --disable-pip-version-check schemathesis==4.32.5
fi
url=${1:-http://127.0.0.1:8000}
# A POST /execute may wait for an hour: told as a network error after 30 s, it is none.
# Not asked: streams, which have no end. Not checked: that whatever the schema allows is done, for
# which commands there are, and what a page token says, is known to the robot only.
exec "$venv/bin/schemathesis" run "$url/openapi.json" --max-examples "${FUZZ_EXAMPLES:-300}" \
  --exclude-path /events --exclude-path '/robots/{namespace}/events' \
  --exclude-checks positive_data_acceptance --rate-limit "${FUZZ_RATE:-90/s}" \
  --request-timeout 30 --continue-on-failure --generation-database none "${@:2}"
