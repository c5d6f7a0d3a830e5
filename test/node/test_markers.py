"""What rviz shows of the orchestrator."""

import math

import pytest

pytest.importorskip('rclpy')

from visualization_msgs.msg import Marker, MarkerArray


@pytest.fixture
def watched(running):
    """The rig, and the last markers by their namespaces."""
    shown = {}

    def on_markers(message):
        shown.update({each.ns: each for each in message.markers})

    running.client.create_subscription(MarkerArray, 'markers', on_markers, 10)
    running.spin_until(lambda: shown)
    return running, shown


def test_idle_robot_has_its_status_and_no_arrow(watched):
    _, shown = watched
    assert shown['status'].text == 'READY'
    assert shown['status'].header.frame_id == 'base_link'
    assert shown['status'].lifetime.sec > 0, 'it vanishes with the orchestrator'
    assert shown['velocity'].action == Marker.DELETE


def test_driving_robot_has_an_arrow_as_long_as_its_way_in_a_second(watched):
    rig, shown = watched
    execution = rig.execute(rig.created_id('{speed: 0.5, duration_seconds: 60}'))
    waiting = rig.execute(rig.created_id('{speed: 0.5, duration_seconds: 1}'))
    rig.spin_until(lambda: shown['velocity'].action == Marker.ADD and rig.base.speed_mps > 0.4)
    rig.spin_until(lambda: shown['velocity'].points[1].x == pytest.approx(0.5))
    start, tip = shown['velocity'].points
    assert (start.x, start.y, tip.y) == (0.0, 0.0, 0.0)
    assert math.isclose(start.z, tip.z)
    rig.spin_until(lambda: '1 waiting' in shown['status'].text)
    lines = shown['status'].text.splitlines()
    assert lines[0] == 'READY'
    assert lines[1].startswith('drive ')
    assert lines[1].endswith(' % driving')
    rig.press()
    assert execution.result().error_code == 501
    assert waiting.result().error_code == 501
    rig.spin_until(lambda: shown['status'].text.startswith('STOPPED: the e-stop is latched'))
    assert shown['velocity'].action == Marker.DELETE
    assert shown['status'].color.r > shown['status'].color.g


def test_nobody_pays_for_markers_that_nobody_sees(running, monkeypatch):
    orchestrator = running.orchestrator
    monkeypatch.setattr(orchestrator._markers, 'publish', lambda *_: pytest.fail('published'))
    seconds = len(running.metrics)
    running.spin_until(lambda: len(running.metrics) >= seconds + 2)
