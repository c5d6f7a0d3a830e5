#!/usr/bin/env bash
# Install Chromium for test/browser where it is missing and apt may install it; without it those
# tests are skipped by name.
set -euo pipefail
for name in chromium chromium-browser; do
  if command -v "$name" >/dev/null; then exit 0; fi
done
if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
  echo 'no Chromium: test/browser will be skipped; install it: sudo apt install chromium' >&2
  exit 0
fi
export DEBIAN_FRONTEND=noninteractive
if ! { apt-get update -qq && apt-get install -y -qq --no-install-recommends chromium >/dev/null; }; then
  echo 'Chromium could not be installed: test/browser will be skipped' >&2
fi
