import re

import pytest

pytest.importorskip('rclpy')

from .conftest import printed_by

OPERATIONS = 'create', 'create, 8 wait', 'take, start, end'
CASES = 'SQLite, 1', 'PostgreSQL, 1', '2 at once'
COSTS = 15
CALLS = 'renew', 'look: given', 'look: for any', 'create', 'take', 'start', 'end'

pytestmark = pytest.mark.timeout(150)


@pytest.fixture(scope='module')
def printed(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    return printed_by('bench_fleet.py', tmp_path_factory.mktemp('bench'), '--quick')


def figures_of(line: str, name: str) -> list[float]:
    return [float(each) for each in line.removeprefix(name).replace(',', '').split()]


def test_it_tells_what_its_figures_depend_on(printed: list[str]) -> None:
    assert 'cores, Python' in printed[0]
    assert printed[1].startswith('load average ')
    text = '\n'.join(printed)
    for each in ('PostgreSQL ', 'psycopg2 ', 'SQLAlchemy ', 'disk commit (4 KiB, fdatasync)'):
        assert each in text


def test_each_operation_of_the_store_stands_beside_the_bare_driver(printed: list[str]) -> None:
    for name in (f'{case}: {each}' for case in CASES for each in OPERATIONS):
        (line,) = (each for each in printed if each.startswith(f'{name} '))
        assert len(figures := figures_of(line, name)) == 7
        assert all(each >= 0.0 for each in figures)
    (line,) = (each for each in printed if each.startswith('one creates, another takes'))
    assert figures_of(line, 'one creates, another takes')[0] > 0.0


def test_the_cost_of_robots_goes_on_by_a_line_to_a_hundred_and_a_thousand(
    printed: list[str],
) -> None:
    begin = next(at for at, line in enumerate(printed) if line.startswith('all orchestrators'))
    rows = {
        line[:35].rstrip(): [float(each.replace(',', '')) for each in line[35:].split()[:4]]
        for line in printed[begin + 2 :][:COSTS]
    }
    assert len(rows) == COSTS
    assert rows['connections'] == [3.0, 6.0, 300.0, 3000.0]
    one, two, hundred, thousand = rows['memory [MB]']
    assert 0.0 < one < two < hundred < thousand


def test_it_is_told_what_became_of_each_ticket_that_robots_were_given(printed: list[str]) -> None:
    (line,) = (each for each in printed if each.startswith('what became of the tickets: '))
    assert sum(int(each) for each in re.findall(r'\d+', line)) == 2 * 5 + 1 + 2


def test_a_server_as_installed_lets_32_orchestrators_in(printed: list[str]) -> None:
    (line,) = (each for each in printed if each.startswith('orchestrators let in'))
    assert line.startswith('orchestrators let in: 32 (96 connections')
    assert 'the next one: 301' in line


def test_what_the_server_answers_at_the_load_of_many_is_told(printed: list[str]) -> None:
    begin = next(at for at, line in enumerate(printed) if line.startswith('60 robots for'))
    names = {line[:16].rstrip() for line in printed[begin + 2 :]}
    assert set(CALLS) <= names
    (line,) = (each for each in printed[begin:] if each.startswith('failed: '))
    assert line.startswith('failed: none')
