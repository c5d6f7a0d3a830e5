#!/usr/bin/env bash
# Everything that can be judged without running the nodes.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
ruff check .
ruff format --check .
mypy
python scripts/generate_docs.py --check
python -m pytest -q test/check
