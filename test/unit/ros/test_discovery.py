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
    for each in JAZZY, KILTED:
        monkeypatch.delenv(each, raising=False)


@pytest.mark.parametrize(('distro', 'variable'), [('jazzy', JAZZY), ('kilted', KILTED)])
def test_the_participant_is_announced_often_and_the_environment_is_left_as_it_was(
    monkeypatch, distro, variable
):
    """Half of all processes that had just started found the robot after 2 to 3 s only."""
    monkeypatch.setenv('ROS_DISTRO', distro)
    before = dict(os.environ)
    with discovery.announced_often():
        changed = {name: os.environ[name] for name in os.environ.keys() - before.keys()}
    assert dict(os.environ) == before
    assert changed.keys() == {variable}
    root = ElementTree.parse(changed[variable]).getroot()
    period = root.find('.//{*}leaseAnnouncement')
    assert [each.text for each in period] == ['0', '200000000']


def test_participants_made_at_once_leave_the_environment_as_it_was(monkeypatch):
    """Of two clients made in two threads, one raised KeyError for the environment variable."""
    both, announce_often, raised = threading.Barrier(2), discovery.announce_often, []

    def with_the_other():
        with contextlib.suppress(threading.BrokenBarrierError):
            both.wait(0.2)
        announce_often()
        with contextlib.suppress(threading.BrokenBarrierError):
            both.wait(0.2)

    def make():
        try:
            with discovery.announced_often():
                pass
        except KeyError as error:
            raised.append(error)

    monkeypatch.setattr(discovery, 'announce_often', with_the_other)
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
    with discovery.announced_often():
        assert dict(os.environ) == before


@pytest.mark.parametrize(('distro', 'variable'), [('jazzy', JAZZY), ('rolling', KILTED)])
def test_our_nodes_are_announced_often_and_so_is_what_they_start(monkeypatch, distro, variable):
    monkeypatch.setenv('ROS_DISTRO', distro)
    discovery.announce_often()
    assert os.environ.pop(variable) == str(discovery.PROFILE)


def test_a_profile_in_the_current_folder_is_kept(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    (tmp_path / discovery.NEARBY[0]).write_text('')
    before = dict(os.environ)
    discovery.announce_often()
    assert dict(os.environ) == before
