from importlib.util import find_spec
from pathlib import Path

import pytest

pytest.importorskip('rclpy')

from .conftest import printed_by
from .figures import NAME

QUICK = ('--starts=1', '--calls=5', '--seconds=1', '--executions=10', '--requests=20')

BARE, WEB, BOTH, NEITHER = {'bare'}, {'web'}, {'bare', 'web'}, set()
GROUPS = {
    'start,create,callers,list,execute': {
        'start, orchestrator': (BARE, 1),
        'start, gate': (BARE, 1),
        'create_ticket, p50': (BOTH, 2),
        'create_ticket, 8 callers': (BOTH, 1),
        'list_tickets, p50': (BOTH, 0),
        'execute a dry run, p50': (BOTH, 0),
    },
    'turn,auto,lasting': {
        'QUEUED to EXECUTING, p50': (NEITHER, 1),
        'dry runs executed, auto': (NEITHER, 1),
        '10 executions: RSS': (BARE, 1),
        '10 executions: threads': (BARE, 1),
        '10 executions: files': (BARE, 1),
        '10 executions: tasks': (BARE, 1),
    },
    'period,driving,idle,odometry': {
        'cmd_vel off its period, p99, worst run': (BARE, 1),
        '  while requests were answered': (NEITHER, 0),
        'driving, with odometry at 50 Hz': (BARE, 0),
        'idle, orchestrator and gate': (BARE, 1),
        'idle with odometry at 50 Hz': (BARE, 1),
    },
}
"""For each run: its rows, with what stands beside them and how many limits they have."""

pytestmark = pytest.mark.timeout(120)


def parts_of(lines: list[str]) -> tuple[dict[str, list[str]], list[tuple[str, str]]]:
    """Return the words of each row, and the name and the verdict of each yardstick."""
    end = lines.index('yardsticks')
    begin = next(place for place, line in enumerate(lines) if 'medians of rounds' in line)
    rows = {line[:NAME].rstrip(): line[NAME:].split() for line in lines[begin + 1 : end - 1]}
    verdicts = [
        (line[:NAME].rstrip(), line.rpartition('  ')[2].strip()) for line in lines[end + 1 :]
    ]
    return rows, verdicts


@pytest.mark.parametrize('names', GROUPS)
def test_each_row_has_its_figures_and_each_of_its_limits_is_judged(
    tmp_path: Path, names: str
) -> None:
    lines = printed_by('bench_node.py', tmp_path, f'--rows={names}', *QUICK)
    assert lines[1].startswith('load average ')
    rows, verdicts = parts_of(lines)
    assert list(rows) == list(GROUPS[names])
    for name, (beside, limits) in GROUPS[names].items():
        *_, ours, bare, web, _, _, _ = rows[name]
        assert float(ours.replace(',', '')) >= 0.0
        assert (bare != '-') == ('bare' in beside)
        assert (web != '-') == ('web' in beside and find_spec('fastapi') is not None)
        found = [verdict for row, verdict in verdicts if row == name]
        assert len(found) == limits
        assert set(found) <= {'met', 'NOT MET', 'not measured'}


def test_a_row_can_be_measured_again_with_nothing_beside_it(tmp_path: Path) -> None:
    lines = printed_by('bench_node.py', tmp_path, '--rows=create', '--only-ours', *QUICK)
    rows, verdicts = parts_of(lines)
    assert rows['create_ticket, p50'][2:] == ['-'] * 5
    assert verdicts == [('create_ticket, p50', 'not measured')] * 2
