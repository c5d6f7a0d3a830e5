import os
from contextlib import suppress
from pathlib import Path

import pytest

pytest.importorskip('rclpy')

from .conftest import printed_by

PRESSES = 5

ROWS = ('idle, in_process', 'idle, external', 'saturated, in_process', 'saturated, external')

pytestmark = pytest.mark.timeout(120)


def processes_with(text: str) -> list[str]:
    """Return the command lines of all processes that have the text in their environment."""
    found = []
    for path in Path('/proc').glob('[0-9]*'):
        with suppress(OSError):  # it has just ended, or is somebody else's
            if text.encode() in (path / 'environ').read_bytes():
                found.append((path / 'cmdline').read_text().replace('\0', ' '))
    return found


@pytest.fixture(scope='module')
def printed(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    folder = tmp_path_factory.mktemp('bench_safety')
    lines = printed_by('bench_safety.py', folder, f'--presses={PRESSES}')
    assert processes_with(str(folder)) == []
    return lines


def words_after(name: str, lines: list[str]) -> list[list[str]]:
    return [line[24:].split() for line in lines if line[:24].rstrip() == name]


def test_the_machine_is_told(printed: list[str]) -> None:
    assert f'{os.cpu_count()} cores, Python ' in printed[0]


@pytest.mark.parametrize('name', ROWS)
def test_each_case_has_a_row_of_positive_figures(printed: list[str], name: str) -> None:
    presses, *figures, noise = words_after(name, printed[: printed.index('yardsticks')])[0]
    assert int(presses) == PRESSES
    p50_ms, p99_ms, max_ms, twin_p50_ms, twin_p99_ms, twin_max_ms, ratio = map(float, figures)
    assert 0 < p50_ms <= p99_ms <= max_ms
    assert 0 < twin_p50_ms <= twin_p99_ms <= twin_max_ms
    assert ratio == pytest.approx(p99_ms / twin_p99_ms, abs=0.01)
    assert noise.endswith('%')


def test_the_load_that_was_reached_is_told(printed: list[str]) -> None:
    rates = [line.split()[1] for line in printed if 'calls answered per second' in line]
    assert len(rates) == 2
    assert all(int(rate.replace(',', '')) > 0 for rate in rates)


def test_each_yardstick_is_judged(printed: list[str]) -> None:
    lines = printed[printed.index('yardsticks') + 1 :]
    verdicts = {
        name: [line.rpartition('  ')[2] for line in lines if line.startswith(f'{name}, p99')]
        for name in ROWS
    }
    assert [len(each) for each in verdicts.values()] == [1, 1, 0, 2]
    assert {verdict for each in verdicts.values() for verdict in each} <= {'met', 'NOT MET'}
