"""A fleet on one database, as a whole: what comes of 30 tickets is what must come of them."""

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip('rclpy')
pytest.importorskip('mujoco')
pytest.importorskip('psycopg2')

STORY = Path(__file__).with_name('story.py')
LONGEST_S = 300.0


@pytest.mark.alone
@pytest.mark.skipif(not os.environ.get('TEST_LONG'), reason='90 s: in `make test-fleet`')
@pytest.mark.timeout(LONGEST_S + 30.0)
def test_the_story_of_a_fleet_ends_as_predicted(tmp_path: Path, domain_id: int) -> None:
    """30 tickets, an e-stop, a robot that is killed, a server that restarts."""
    has_pictures = importlib.util.find_spec('matplotlib') is not None
    words = ['--picture', str(tmp_path / 'ways.png')] if has_pictures else []
    done = subprocess.run(
        [sys.executable, str(STORY), '--domain', str(domain_id), *words],
        capture_output=True,
        text=True,
        timeout=LONGEST_S,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.count('m off') == 3
    assert (tmp_path / 'ways.png').exists() == has_pictures
