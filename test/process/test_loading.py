"""What a program loads before it answers."""

import subprocess
import sys
from importlib.util import cache_from_source
from pathlib import Path

import pytest
from ament_index_python.packages import get_package_prefix

NEEDED_LATER = {
    'alembic': 'when a store has to be made or upgraded',
    'matplotlib': 'when a scan draws a picture, in a thread',
    'psycopg2': 'where the store is on PostgreSQL',
    'mujoco': 'by sim_robot',
    'scipy': 'by nobody',
    'launch': 'by nobody',
}
NOT_THE_GATES = ('sqlalchemy', 'pydantic', 'prometheus_client', 'orchestrator_ren.store')


def printed_by(code: str) -> list[str]:
    """Return what a Python of its own prints."""
    command = [sys.executable, '-c', code]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def loaded_by(node: str) -> set[str]:
    return set(printed_by(f'import sys, {node}\nprint(*sys.modules, sep="\\n")'))


def test_the_orchestrator_loads_nothing_that_it_needs_later_or_never():
    assert loaded_by('orchestrator_ren.orchestrator.node') & NEEDED_LATER.keys() == set()


def test_the_gate_loads_nothing_of_tickets():
    found = loaded_by('orchestrator_ren.gate.node')
    assert found & {*NEEDED_LATER, *NOT_THE_GATES} == set()


@pytest.mark.parametrize('room', ['orchestrator', 'gate'])
def test_the_collector_looks_at_nothing_while_a_program_is_loaded(room):
    """It looked 200 times, and once more through all before the first callback: 70 ms."""
    *_, looks = printed_by(
        f'import gc, sys\nfrom orchestrator_ren.{room} import program\n'
        'looks = lambda: sum(each["collections"] for each in gc.get_stats())\n'
        'sys.argv[1:] = ["--version"]\n'
        'before = looks()\nprogram.main()\nprint(looks() - before)'
    )
    assert looks == '0'


@pytest.mark.parametrize('wanted', ['', '2'])
def test_no_thread_is_started_for_arithmetic_that_nobody_does(monkeypatch, wanted):
    """Each program had a thread for each further core, which took a third of its CPU time."""
    monkeypatch.delenv('OPENBLAS_NUM_THREADS', raising=False)
    if wanted:
        monkeypatch.setenv('OPENBLAS_NUM_THREADS', wanted)
    *_, threads = printed_by(
        'import os, sys\nfrom orchestrator_ren.gate import program\n'
        'sys.argv[1:] = ["--version"]\nprogram.main()\nprint(os.environ["OPENBLAS_NUM_THREADS"])'
    )
    assert threads == (wanted or '1')


def test_all_that_is_installed_is_compiled():
    """Where Python writes no bytecode, as in most containers, each start took 75 ms to compile."""
    folder = Path(get_package_prefix('orchestrator_ren'), 'lib')
    sources = list(folder.glob('python*/site-packages/orchestrator_ren/**/*.py'))
    assert len(sources) > 100
    assert [each for each in sources if not Path(cache_from_source(each)).exists()] == []
