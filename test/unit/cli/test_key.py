"""`ren key` makes, shows and removes keys, without a node."""

import json
import subprocess
import sys
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from orchestrator_ren.cli.completion import candidates
from orchestrator_ren.cli.ren import main
from orchestrator_ren.key import KEY, Role
from orchestrator_ren.key_file import KeyFile
from orchestrator_ren.location import keys_file


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv('ROS_HOME', str(tmp_path))
    return tmp_path


def test_the_key_that_is_shown_is_the_one_that_counts(capsys) -> None:
    assert main(['key', 'add', 'anna']) == 0
    key, words = capsys.readouterr().out.splitlines()
    assert KEY.fullmatch(key)
    assert 'anna is operator until' in words
    found = KeyFile(keys_file()).read().key_of(key)
    assert found is not None
    assert (found.name, found.role) == ('anna', Role.OPERATOR)
    assert found.expires_at - found.created_at == timedelta(days=90)


def test_role_and_end_are_as_asked_for(capsys) -> None:
    assert main(['key', 'add', 'a', '--role', 'viewer', '--days', '1', '--json']) == 0
    assert main(['key', 'add', 'b', '--role', 'admin', '--never-expires', '--json']) == 0
    first, second = map(json.loads, capsys.readouterr().out.splitlines())
    assert (first['role'], second['role'], second['expires_at']) == ('viewer', 'admin', None)
    left = datetime.fromisoformat(first['expires_at']) - datetime.now(timezone.utc)
    assert timedelta(hours=23) < left < timedelta(hours=25)
    assert first['keys_file'] == str(keys_file())


def test_a_list_has_all_but_the_keys(capsys) -> None:
    assert main(['key', 'list']) == 0
    assert 'no keys in' in capsys.readouterr().out
    main(['key', 'add', 'anna'])
    key = capsys.readouterr().out.split()[0]
    assert main(['key', 'list']) == 0
    shown = capsys.readouterr().out
    assert 'anna' in shown
    assert 'operator' in shown
    assert main(['key', 'list', '--json']) == 0
    [told] = json.loads(capsys.readouterr().out)
    assert set(told) == {'name', 'role', 'created_at', 'expires_at', 'is_expired'}
    assert not told['is_expired']
    assert key not in shown + str(told)


def test_who_has_expired_is_listed_as_such(capsys) -> None:
    past = datetime(2020, 1, 1, tzinfo=timezone.utc)
    KeyFile(keys_file()).add('old', Role.VIEWER, past, past)
    assert main(['key', 'list']) == 0
    assert '(expired)' in capsys.readouterr().out


def test_a_removed_key_is_gone(capsys) -> None:
    main(['key', 'add', 'anna'])
    assert main(['key', 'remove', 'anna', '--json']) == 0
    assert json.loads(capsys.readouterr().out.splitlines()[-1])['removed']
    assert KeyFile(keys_file()).read() == ()


def test_another_file_may_be_meant(tmp_path: Path, capsys) -> None:
    path = tmp_path / 'other.keys'
    assert main(['key', 'add', 'anna', '--keys-file', str(path)]) == 0
    assert [each.name for each in KeyFile(path).read()] == ['anna']
    assert not keys_file().exists()


@pytest.mark.parametrize(
    ('words', 'reason'),
    [
        (['add'], 'add takes the name of a key'),
        (['remove'], 'remove takes the name of a key'),
        (['list', 'anna'], 'list takes no name'),
        (['add', 'a b'], 'letters, digits'),
        (['add', 'a' * 65], '64 at most'),
        (['add', 'anna', '--days', '0'], '1 to 3650'),
        (['add', 'anna', '--days', '99999999999999999999'], '1 to 3650'),
        (['add', 'anna', '--days', '1.5'], 'no number of days'),
        (['add', 'anna', '--days', '1', '--never-expires'], 'not allowed with'),
        (['add', 'anna', '--role', 'king'], 'invalid choice'),
        (['show'], 'invalid choice'),
        (['add', 'anna', '--keys-file', '$NOWHERE/x'], 'NOWHERE'),
    ],
)
def test_words_that_make_no_sense_change_nothing(words, reason, capsys) -> None:
    assert main(['key', *words]) == 2
    assert reason in capsys.readouterr().err
    assert not keys_file().exists()


def test_a_file_that_others_may_read_is_refused_in_a_line(capsys) -> None:
    main(['key', 'add', 'anna'])
    keys_file().chmod(0o644)
    capsys.readouterr()
    for words in (['list'], ['add', 'bob'], ['remove', 'anna']):
        assert main(['key', *words]) == 2
        [line] = capsys.readouterr().err.splitlines()
        assert line.startswith('KeyFileInvalid 706')
        assert 'chmod 600' in line


def test_actions_names_and_options_are_completed() -> None:
    assert candidates(['key', 'r']) == ['remove']
    assert candidates(['key', 'remove', '']) == candidates(['key', 'remove', '-'])
    main(['key', 'add', 'anna'])
    assert candidates(['key', 'remove', 'an']) == ['anna']
    assert candidates(['key', 'add', 'an']) == []
    assert candidates(['key', 'add', 'x', '--role', 'v']) == ['viewer']


def test_no_ros_is_loaded_for_it() -> None:
    code = (
        'import sys\nfrom orchestrator_ren.cli.ren import main\n'
        'main(["key", "add", "anna"]); print("rclpy" in sys.modules)'
    )
    done = subprocess.run([sys.executable, '-c', code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == 'False'
