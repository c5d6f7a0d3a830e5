#!/usr/bin/env bash
# Install PgBouncer for test/unit where it is missing and apt may install it; without it those tests
# are skipped by name.
set -euo pipefail
if PATH=$PATH:/usr/sbin command -v pgbouncer >/dev/null; then exit 0; fi
if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
  echo 'no PgBouncer: its tests will be skipped; install it: sudo apt install pgbouncer' >&2
  exit 0
fi
export DEBIAN_FRONTEND=noninteractive
if ! { apt-get update -qq && apt-get install -y -qq --no-install-recommends pgbouncer >/dev/null; }; then
  echo 'PgBouncer could not be installed: its tests will be skipped' >&2
fi
