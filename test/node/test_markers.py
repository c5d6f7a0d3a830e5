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


def test_the_planned_way_leads_from_the_start_to_the_goal_and_the_driven_one_along_it(watched):
    rig, shown = watched
    rig.execute(rig.created_id('{speed: 0.5, direction: 90, duration_seconds: 1}')).result()
    rig.spin_until(lambda: shown['planned_way'].action == Marker.DELETE)
    began_at = rig.base.x_m, rig.base.y_m
    execution = rig.execute(rig.created_id('{speed: 0.5, direction: 90, duration_seconds: 4}'))
    rig.spin_until(lambda: shown['planned_way'].action == Marker.ADD)
    planned = shown['planned_way']
    assert planned.header.frame_id == 'odom'
    assert not planned.frame_locked
    start, goal = ((each.x, each.y) for each in planned.points)
    assert start == pytest.approx(began_at, abs=0.02)
    assert execution.result().success
    rig.spin_until(lambda: shown['planned_way'].action == Marker.DELETE)
    ended_at = rig.base.x_m, rig.base.y_m
    assert goal == pytest.approx(ended_at, abs=0.1)
    assert math.dist(start, goal) == pytest.approx(2.0, abs=0.05)
    rig.spin_until(
        lambda: (
            (shown['driven_way'].points[-1].x, shown['driven_way'].points[-1].y)
            == pytest.approx(ended_at, abs=0.02)
        )
    )
    driven = [(each.x, each.y) for each in shown['driven_way'].points]
    assert driven[0] == start
    assert len(driven) >= 3


def test_without_odometry_there_is_no_way_to_be_shown(rig):
    rig.add_base()
    rig.base.has_odometry = False
    rig.start_gate()
    rig.start_orchestrator()
    shown = {}
    rig.client.create_subscription(
        MarkerArray, 'markers', lambda seen: shown.update({m.ns: m for m in seen.markers}), 10
    )
    rig.drive_until_moving('{speed: 0.5, duration_seconds: 3}')
    rig.spin_until(lambda: 'velocity' in shown and shown['velocity'].action == Marker.ADD)
    assert shown['planned_way'].action == shown['driven_way'].action == Marker.DELETE


def test_the_e_stop_is_a_red_disc_as_long_as_it_is_latched(watched):
    rig, shown = watched
    assert shown['e_stop'].action == Marker.DELETE
    rig.press()
    rig.spin_until(lambda: shown['e_stop'].action == Marker.ADD)
    assert shown['e_stop'].header.frame_id == 'base_link'
    assert shown['e_stop'].color.r > shown['e_stop'].color.g
    rig.press(False)
    rig.spin_until(lambda: rig.e_stop_states[-1].state == 'READY_TO_RESET')
    assert rig.reset_e_stop().success
    rig.spin_until(lambda: shown['e_stop'].action == Marker.DELETE)


def test_frames_are_those_of_the_parameters(rig):
    rig.start(orchestrator={'base_frame': 'robot1/base_link', 'odom_frame': 'robot1/odom'})
    shown = {}
    rig.client.create_subscription(
        MarkerArray, 'markers', lambda seen: shown.update({m.ns: m for m in seen.markers}), 10
    )
    rig.spin_until(lambda: shown)
    frames = {name: marker.header.frame_id for name, marker in shown.items()}
    assert frames == {
        'status': 'robot1/base_link',
        'velocity': 'robot1/base_link',
        'e_stop': 'robot1/base_link',
        'planned_way': 'robot1/odom',
        'driven_way': 'robot1/odom',
    }
