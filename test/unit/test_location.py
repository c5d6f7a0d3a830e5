"""Files that are one robot's only, and paths as people write them."""

import itertools
import os
from pathlib import Path

import pytest

from orchestrator_ren import location
from orchestrator_ren.errors import ConfigurationError, FolderUnusable
from orchestrator_ren.location import expanded, expanded_or_name, robot_file
from orchestrator_ren.store.engine import file_of, parse, shown
from orchestrator_ren.store.location import default_url, expanded_url

NAMESPACES = ('/', '/robot', '/tickets', '/a', '/a/b', '/a_b', '/a/e_stop', '/robot/e_stop')
KINDS = (
    lambda name: shown(default_url(name)),
    lambda name: str(location.latch_file(name)),
    lambda name: str(robot_file(name, 'robot', '.pictures')),
)


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv('ROS_HOME', str(tmp_path))
    monkeypatch.setenv('HOME', '/home/ren')
    return tmp_path


def test_no_two_robots_share_a_file() -> None:
    """The nameless one and /robot shared their latch, and with /tickets its store."""
    made = [kind(name) for kind, name in itertools.product(KINDS, NAMESPACES)]
    assert len(set(made)) == len(made)


@pytest.mark.parametrize('name', ['', '/'])
def test_the_nameless_robot_keeps_the_store_that_it_has(home: Path, name: str) -> None:
    assert shown(default_url(name)) == f'sqlite:///{home}/orchestrator_ren/tickets.db'


def test_the_others_keep_what_they_have(home: Path) -> None:
    folder = home / 'orchestrator_ren'
    assert shown(default_url('/a/b')) == f'sqlite:///{folder}/a.b.db'
    assert location.latch_file('/a/b') == folder / 'a.b.e_stop.json'
    assert location.former_latch_file('/a/b') is None


def test_a_latch_file_that_two_robots_shared_is_that_of_neither(home: Path) -> None:
    shared = home / 'orchestrator_ren' / 'robot.e_stop.json'
    assert {location.former_latch_file(name) for name in ('/', '/robot')} == {shared}
    assert shared not in {location.latch_file(name) for name in NAMESPACES}


def test_ros_home_may_be_written_as_people_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv('ROS_HOME', '~/ros')
    assert shown(default_url('')) == 'sqlite:////home/ren/ros/orchestrator_ren/tickets.db'


@pytest.mark.parametrize(
    ('written', 'meant'),
    [
        ('', ''),
        ('~', '/home/ren'),
        ('~/estop.json', '/home/ren/estop.json'),
        ('$HOME/estop.json', '/home/ren/estop.json'),
        ('${HOME}/a/../estop.json', '/home/ren/estop.json'),
        ('/etc/estop.json', '/etc/estop.json'),
        ('estop.json', f'{os.getcwd()}/estop.json'),
        ('/a/~/b$', '/a/~/b$'),
    ],
)
def test_a_path_is_what_a_shell_makes_of_it(written: str, meant: str) -> None:
    assert expanded(written, 'x') == meant


@pytest.mark.parametrize(
    ('written', 'word'),
    [('$NOWHERE/x', r'\$NOWHERE'), ('/a/${NOWHERE}', r'\{NOWHERE\}'), ('~nobody_here/x', 'user')],
)
def test_what_is_not_known_is_told(written: str, word: str) -> None:
    with pytest.raises(ConfigurationError, match=f"the file is '.*{word}") as told:
        expanded(written, 'the file')
    assert told.value.code == 700


@pytest.mark.parametrize(
    ('written', 'meant'),
    [
        ('', ''),
        ('sqlite:///~/x.db', 'sqlite:////home/ren/x.db'),
        ('sqlite:///$HOME/x.db?timeout=3', 'sqlite:////home/ren/x.db?timeout=3'),
        ('sqlite+pysqlite:///~/x.db', 'sqlite+pysqlite:////home/ren/x.db'),
        ('sqlite:///file:~/x.db?uri=true', 'sqlite:///file:/home/ren/x.db?uri=true'),
        ('sqlite:////tmp/x.db', 'sqlite:////tmp/x.db'),
        ('sqlite:///x.db', f'sqlite:///{os.getcwd()}/x.db'),
        ('sqlite://', 'sqlite://'),
        ('sqlite:///:memory:', 'sqlite:///:memory:'),
        ('postgresql://u@host/$db~', 'postgresql://u@host/$db~'),
        ('no url', 'no url'),
    ],
)
def test_a_url_has_the_path_of_its_file_expanded(written: str, meant: str) -> None:
    assert shown(expanded_url(written, 'x')) == meant


@pytest.mark.parametrize(
    ('written', 'meant'),
    [('warehouse', 'warehouse'), ('~/hall.yaml', '/home/ren/hall.yaml'), ('', '')],
)
def test_a_name_stays_a_name(written: str, meant: str) -> None:
    assert expanded_or_name(written, 'x') == meant


ODD = ('a b', '50%20off', 'what?now', 'a#b', 'a:b@c', 'Tür', "it's", '100%')
"""Names that mean something in a URL, or need care."""


@pytest.mark.parametrize('name', ODD)
def test_a_store_below_an_odd_home_is_there(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """That of `/opt/50%20off` was in `/opt/50 off`, that of `/opt/what?now` in `/opt/what`."""
    monkeypatch.setenv('ROS_HOME', f'/opt/{name}')
    file = f'/opt/{name}/orchestrator_ren/tickets.db'
    assert file_of(parse(default_url(''))) == file
    assert shown(default_url('')) == f'sqlite:///{file}'


@pytest.mark.parametrize('name', ODD)
@pytest.mark.parametrize('url', ['sqlite:///~/x.db', 'sqlite:///file:$HOME/x.db?uri=true'])
def test_a_home_is_put_into_a_url_as_it_is(
    name: str, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv('HOME', f'/home/{name}')
    assert file_of(parse(expanded_url(url, 'x'))) == f'/home/{name}/x.db'


@pytest.mark.parametrize('home', [None, ''])
def test_without_a_home_it_is_said_what_to_set(
    home: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv('ROS_HOME', '')
    monkeypatch.setenv('HOME', '') if home == '' else monkeypatch.delenv('HOME')
    with pytest.raises(FolderUnusable, match='set ROS_HOME') as told:
        default_url('')
    assert told.value.code == 703
