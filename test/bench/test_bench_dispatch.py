import os
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip('rclpy')

BENCH = Path(__file__).with_name('bench_dispatch.py')

pytestmark = pytest.mark.timeout(120)


@pytest.fixture(scope='module')
def printed(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    folder = str(tmp_path_factory.mktemp('bench_dispatch'))
    done = subprocess.run(
        [sys.executable, str(BENCH), '--lengths=10,100', '--rounds=8', '--dry-runs=40'],
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
        env={**os.environ, 'TMPDIR': folder},
    )
    assert (done.returncode, done.stderr) == (0, '')
    assert list(Path(folder).iterdir()) == []
    return done.stdout.splitlines()


def test_each_length_has_a_row_of_positive_figures(printed: list[str]) -> None:
    rows = [line.split() for line in printed[2:4]]
    assert [row[0] for row in rows] == ['10', '100']
    for _, ready_s, rounds, *figures in rows:
        assert float(ready_s) > 0
        assert int(rounds) == 8
        beside_p50, beside_p99, next_p50, next_p99 = map(float, figures)
        assert 0 < beside_p50 <= beside_p99
        assert 0 < next_p50 <= next_p99


def test_dry_runs_and_yardsticks_are_told(printed: list[str]) -> None:
    line = next(line for line in printed if 'tickets a second' in line)
    assert line.startswith('40 dry runs: ')
    verdicts = [line.split()[-1] for line in printed[printed.index('yardsticks') + 1 :]]
    assert len(verdicts) == 2
    assert set(verdicts) <= {'met', 'MISSED'}
