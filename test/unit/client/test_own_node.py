"""What the client sets for Fast DDS, and leaves as it was."""

import os
from pathlib import Path
from xml.etree import ElementTree

import pytest

pytest.importorskip('rclpy')

from orchestrator_ren.client import own_node

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
    with own_node._announced_often():
        changed = {name: os.environ[name] for name in os.environ.keys() - before.keys()}
    assert dict(os.environ) == before
    assert changed.keys() == {variable}
    root = ElementTree.parse(changed[variable]).getroot()
    period = root.find('.//{*}leaseAnnouncement')
    assert [each.text for each in period] == ['0', '200000000']
    assert Path(changed[variable]).parent == Path(own_node.__file__).parent


@pytest.mark.parametrize('variable', [JAZZY, KILTED])
def test_a_profile_of_the_users_own_is_kept(monkeypatch, variable):
    monkeypatch.setenv(variable, '/mine.xml')
    before = dict(os.environ)
    with own_node._announced_often():
        assert dict(os.environ) == before
