"""What is set for Fast DDS, and left as it was."""

import contextlib
import os
import threading
from xml.etree import ElementTree

import pytest

from orchestrator_ren.ros import discovery

JAZZY, KILTED = 'FASTRTPS_DEFAULT_PROFILES_FILE', 'FASTDDS_DEFAULT_PROFILES_FILE'


@pytest.fixture(autouse=True)
def without_profiles(monkeypatch):
    for each in JAZZY, KILTED, discovery.TRANSPORTS:
        monkeypatch.delenv(each, raising=False)


@pytest.mark.parametrize(('distro', 'variable'), [('jazzy', JAZZY), ('kilted', KILTED)])
def test_the_participant_is_announced_often_and_the_environment_is_left_as_it_was(
    monkeypatch, distro, variable
):
    """Half of all processes that had just started found the robot after 2 to 3 s only."""
    monkeypatch.setenv('ROS_DISTRO', distro)
    before = dict(os.environ)
    with discovery.set_meanwhile():
        changed = {name: os.environ[name] for name in os.environ.keys() - before.keys()}
    assert dict(os.environ) == before
    assert changed.keys() == {variable, discovery.TRANSPORTS}
    root = ElementTree.parse(changed[variable]).getroot()
    period = root.find('.//{*}leaseAnnouncement')
    assert [each.text for each in period] == ['0', '200000000']


def test_participants_made_at_once_leave_the_environment_as_it_was(monkeypatch):
    """Of two clients made in two threads, one raised KeyError for the environment variable."""
    both, missing, raised = threading.Barrier(2), discovery._missing, []

    def with_the_other():
        with contextlib.suppress(threading.BrokenBarrierError):
            both.wait(0.2)
        found = missing()
        with contextlib.suppress(threading.BrokenBarrierError):
            both.wait(0.2)
        return found

    def make():
        try:
            with discovery.set_meanwhile():
                pass
        except KeyError as error:
            raised.append(error)

    monkeypatch.setattr(discovery, '_missing', with_the_other)
    before, threads = dict(os.environ), [threading.Thread(target=make) for _ in range(2)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert (dict(os.environ), raised) == (before, [])


@pytest.mark.parametrize('variable', [JAZZY, KILTED])
def test_a_profile_of_the_users_own_is_kept(monkeypatch, variable):
    monkeypatch.setenv(variable, '/mine.xml')
    before = dict(os.environ)
    with discovery.set_meanwhile():
        assert dict(os.environ) == before


@pytest.mark.parametrize(('distro', 'variable'), [('jazzy', JAZZY), ('rolling', KILTED)])
def test_our_nodes_are_announced_often_and_so_is_what_they_start(monkeypatch, distro, variable):
    monkeypatch.setenv('ROS_DISTRO', distro)
    discovery.set_for_process()
    assert os.environ.pop(variable) == str(discovery.PROFILE)


def test_a_profile_in_the_current_folder_is_kept(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    (tmp_path / discovery.NEARBY[0]).write_text('')
    before = dict(os.environ)
    discovery.set_for_process()
    assert dict(os.environ) == before


def test_no_process_of_ours_uses_shared_memory(monkeypatch):
    """`ren stop` after a `ren run` that was killed was not answered within 2 s, 4 of 6 times."""
    discovery.set_for_process()
    assert os.environ.pop(discovery.TRANSPORTS) == 'UDPv4'
    for each in JAZZY, KILTED:
        monkeypatch.delenv(each, raising=False)
    with discovery.set_meanwhile():
        assert os.environ[discovery.TRANSPORTS] == 'UDPv4'


def test_transports_that_the_user_has_set_are_kept(monkeypatch):
    monkeypatch.setenv(discovery.TRANSPORTS, 'LARGE_DATA')
    with discovery.set_meanwhile():
        assert os.environ[discovery.TRANSPORTS] == 'LARGE_DATA'
    assert os.environ[discovery.TRANSPORTS] == 'LARGE_DATA'
