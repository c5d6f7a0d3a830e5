import subprocess
import sys
from pathlib import Path

import pytest

BENCH = Path(__file__).with_name('bench_store.py')

OPERATIONS = (
    'open',
    'page, first 100',
    'page, first 10',
    'page, from the middle on',
    'page of a status',
    'page of scan, a status',
    'page of an operator',
    'page of a session',
    'page of operator, session',
    'page of operator, status',
    'page of a week',
    'create',
    'create in an empty store',
    'create, 8 wait',
    'enqueue',
    'start',
    'complete',
    'prune 20',
)


@pytest.fixture(scope='module')
def printed(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    folder = str(tmp_path_factory.mktemp('bench'))
    command = [sys.executable, str(BENCH), '--sizes=0,200', '--rounds=8', f'--folder={folder}']
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stderr) == (0, '')
    assert list(Path(folder).iterdir()) == []
    return done.stdout.splitlines()


@pytest.mark.parametrize('size', ['0', '200'])
def test_each_size_has_a_row_of_positive_figures_for_every_operation(
    printed: list[str], size: str
) -> None:
    begin = next(place for place, line in enumerate(printed) if line.startswith(f'{size} tickets'))
    rows = printed[begin + 2 :][: len(OPERATIONS)]
    assert tuple(row[:26].rstrip() for row in rows) == OPERATIONS
    for row in rows:
        calls, p50_ms, p99_ms, per_second, *raw = row[26:].replace(',', '').split()
        assert int(calls) > 0
        assert 0 < float(p50_ms) <= float(p99_ms)
        assert float(per_second) > 0
        assert all(float(figure) > 0 for figure in raw if figure != '-')


def test_each_yardstick_is_judged(printed: list[str]) -> None:
    begin = printed.index('yardsticks, 200 tickets')
    judged = {line[:26].rstrip(): line.split()[-1] for line in printed[begin + 1 :]}
    pages = {name for name in OPERATIONS if name.startswith('page')}
    assert set(judged) == pages | {'start', 'create', 'create, 8 wait'}
    assert set(judged.values()) <= {'met', 'MISSED'}
