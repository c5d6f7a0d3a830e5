"""For the tests of the benches that need ROS."""

import os
import subprocess
import sys
from pathlib import Path

from ..domains import claim_domain


def printed_by(program: str, folder: Path, *options: str) -> list[str]:
    """Run a bench with few rounds; it must succeed, and leave nothing in the folder."""
    domain_id = str(claim_domain())
    done = subprocess.run(
        [sys.executable, str(Path(__file__).with_name(program)), *options],
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
        env={**os.environ, 'TMPDIR': str(folder), 'TEST_DOMAIN_ID': domain_id},
    )
    assert (done.returncode, done.stderr) == (0, '')
    assert list(folder.iterdir()) == []
    return done.stdout.splitlines()
