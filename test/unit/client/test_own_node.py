"""What the client sets for Fast DDS, and leaves as it was."""

import os
from pathlib import Path
from xml.etree import ElementTree

import pytest

pytest.importorskip('rclpy')

from orchestrator_ren.client import own_node


def test_the_participant_is_announced_often_and_the_environment_is_left_as_it_was(monkeypatch):
    """Half of all processes that had just started found the robot after 2 to 3 s only."""
    for each in own_node.PROFILES:
        monkeypatch.delenv(each, raising=False)
    before = dict(os.environ)
    with own_node._announced_often():
        found = {os.environ[each] for each in own_node.PROFILES}
    assert dict(os.environ) == before
    (path,) = found
    root = ElementTree.parse(path).getroot()
    period = root.find('.//{*}leaseAnnouncement')
    assert [each.text for each in period] == ['0', '200000000']
    assert Path(path).parent == Path(own_node.__file__).parent


def test_a_profile_of_the_users_own_is_kept(monkeypatch):
    monkeypatch.setenv(own_node.PROFILES[0], '/mine.xml')
    monkeypatch.delenv(own_node.PROFILES[1], raising=False)
    with own_node._announced_often():
        assert os.environ[own_node.PROFILES[0]] == '/mine.xml'
        assert own_node.PROFILES[1] not in os.environ
