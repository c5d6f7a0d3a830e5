"""What may come next on the command line."""

import json
import os
import subprocess
import sys

import pytest

from orchestrator_ren.cli.cache import Cache
from orchestrator_ren.cli.completion import candidates, script
from orchestrator_ren.cli.verbs import VERBS

SCHEMA = {'properties': {'speed': {'type': 'number'}, 'duration_seconds': {'type': 'number'}}}


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv('XDG_CACHE_HOME', str(tmp_path))
    made = Cache('')
    made.keep_commands({'drive': SCHEMA, 'stop': {}})
    made.keep_ids(['tick-20261127-aaaaaaaa', 'tick-20261127-bbbbbbbb'])
    return made


def test_verbs_come_first() -> None:
    assert set(VERBS) <= set(candidates(['']))
    assert candidates(['sta']) == ['status']
    assert candidates(['-n', 'robot1', 'sho']) == ['show']
    assert candidates(['nonsense', '']) == []
    assert candidates([]) == candidates([''])


def test_commands_and_their_options_are_those_seen_last() -> None:
    assert candidates(['create', 'd']) == ['drive']
    assert candidates(['run', 'drive', '--sp']) == ['--speed']
    assert candidates(['create', 'stop', '--sp']) == []
    assert candidates(['list', '--command', '']) == ['drive', 'stop']


def test_ids_are_those_seen_last_of_that_robot() -> None:
    assert candidates(['show', 't']) == ['tick-20261127-aaaaaaaa', 'tick-20261127-bbbbbbbb']
    assert candidates(['-n', 'other', 'show', 't']) == []


def test_statuses_and_choices_follow_their_options() -> None:
    assert candidates(['list', '--status', 'C']) == ['CANCELLED', 'COMPLETED']
    assert candidates(['create', 'drive', '--priority', 'h']) == ['high']
    assert candidates(['completion', 'z']) == ['zsh']


def test_what_is_remembered_survives_whatever_is_in_its_file(cache, tmp_path) -> None:
    texts = ('', '{', '[]', '{"ids": 3, "commands": []}', '\x00', '[' * 100_000)
    for text in (*texts, '{"commands": {"drive": [1]}}'):
        cache._path.write_text(text)
        assert (cache.ids, cache.commands) == ([], {})
        assert candidates(['show', 't']) == []
    cache.keep_ids(['tick-20261127-cccccccc'])
    assert json.loads(cache._path.read_text())['ids'] == ['tick-20261127-cccccccc']


def test_where_nothing_can_be_remembered_nothing_is_said(monkeypatch, tmp_path) -> None:
    (tmp_path / 'file').write_text('')
    monkeypatch.setenv('XDG_CACHE_HOME', str(tmp_path / 'file'))
    cache = Cache('robot1')
    cache.keep_ids(['tick-20261127-cccccccc'])
    assert cache.ids == []


def test_a_file_that_could_not_take_its_place_does_not_stay(cache) -> None:
    cache._path.unlink()
    cache._path.mkdir()
    cache.keep_ids(['tick-20261127-cccccccc'])
    assert [each.name for each in cache._path.parent.iterdir()] == [cache._path.name]


def test_what_a_shell_would_take_for_more_than_a_word_is_left_out(cache) -> None:
    """A robot's answer became a part of the command line: `$(…)` was run with Enter."""
    cache.keep_ids(['tick-1', 't$(reboot)', 't*', 't u', 't\nx', "t'", 't;x'])
    cache.keep_commands({'d`x`': {}, 'drive': {'properties': {'speed;x': {}, 'odd': True}}})
    assert 'tick-1' in candidates(['show', 't'])
    assert not [each for each in candidates(['show', 't']) if '-' not in each]
    assert candidates(['create', 'd']) == ['drive']
    assert candidates(['create', 'drive', '--sp']) == []


def test_only_so_many_ids_are_remembered(cache) -> None:
    cache.keep_ids(f'tick-20261127-{number:08x}' for number in range(500))
    assert len(cache.ids) == 50
    assert cache.ids[0] == 'tick-20261127-00000000'


def test_bash_completes_with_what_it_is_told_to_read(tmp_path) -> None:
    ren = tmp_path / 'ren'
    ren.write_text(
        f'#!{sys.executable}\nimport sys\nfrom orchestrator_ren.cli.ren import main\nmain()\n'
    )
    ren.chmod(0o755)
    lines = 'COMP_WORDS=(ren show tick); COMP_CWORD=2; _orchestrator_ren_complete'
    done = subprocess.run(
        ['bash', '-c', f'{script("bash")}\n{lines}; printf "%s\\n" "${{COMPREPLY[@]}}"'],
        env={
            **os.environ,
            'PATH': f'{tmp_path}:{os.environ["PATH"]}',
            'PYTHONPATH': os.pathsep.join(filter(None, sys.path)),  # it may not be installed
        },
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == ['tick-20261127-aaaaaaaa', 'tick-20261127-bbbbbbbb']


def test_to_complete_loads_no_ros() -> None:
    code = (
        'import sys\nfrom orchestrator_ren.cli.completion import candidates\n'
        'candidates(["show", ""]); print("rclpy" in sys.modules)'
    )
    done = subprocess.run([sys.executable, '-c', code], capture_output=True, text=True, check=True)
    assert done.stdout == 'False\n'
