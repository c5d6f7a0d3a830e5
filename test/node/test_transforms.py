"""Odometry as transforms: what agrees with what, and what is told where they cannot be."""

import sys
from dataclasses import dataclass, field

import pytest

rclpy = pytest.importorskip('rclpy')

from geometry_msgs.msg import TransformStamped
from nav_msgs.msg import Odometry

from orchestrator_ren.robots import transforms, turtlesim_odometry
from orchestrator_ren.robots.transforms import Fixed, Transforms
from orchestrator_ren.robots.turtlesim_odometry import TurtlesimOdometry


@dataclass
class FakeMessage:
    transforms: list[TransformStamped] = field(default_factory=list)


class FakeTopic:
    """A publisher that keeps what it was given, and its listeners."""

    def __init__(self) -> None:
        self.listeners = 1
        self.sent: list[tuple[str, str, float]] = []

    def get_subscription_count(self) -> int:
        return self.listeners

    def publish(self, message: FakeMessage) -> None:
        for each in message.transforms:
            shift = each.transform.translation
            self.sent.append((each.header.frame_id, each.child_frame_id, shift.x + shift.z))


class FakeNode:
    def __init__(self) -> None:
        self.topics: dict[str, FakeTopic] = {}
        self.warnings: list[str] = []

    def create_publisher(self, _kind: type, name: str, _qos: object) -> FakeTopic:
        return self.topics.setdefault(name, FakeTopic())

    def get_logger(self) -> 'FakeNode':
        return self

    def warning(self, text: str) -> None:
        self.warnings.append(text)


@pytest.fixture
def node(monkeypatch: pytest.MonkeyPatch) -> FakeNode:
    monkeypatch.setattr(transforms, 'find_tf_type', lambda: FakeMessage)
    return FakeNode()


def odometry(x_m: float) -> Odometry:
    message = Odometry(child_frame_id='base_link')
    message.header.frame_id = 'odom'
    message.pose.pose.position.x = x_m
    return message


def test_frames_and_place_are_those_of_the_odometry(node: FakeNode) -> None:
    made = Transforms(node, is_wanted=True)
    made.tell(odometry(1.5))
    made.tell_fixed([Fixed('base_link', 'base_scan', 0.3)])
    assert node.topics['/tf'].sent == [('odom', 'base_link', 1.5)]
    assert node.topics['/tf_static'].sent == [('base_link', 'base_scan', 0.3)]


def test_nobody_pays_for_transforms_that_nobody_hears(node: FakeNode) -> None:
    made = Transforms(node, is_wanted=True)
    node.topics['/tf'].listeners = 0
    made.tell(odometry(1.5))
    assert node.topics['/tf'].sent == []


def test_not_wanted_is_not_even_there(node: FakeNode) -> None:
    made = Transforms(node, is_wanted=False)
    made.tell(odometry(1.5))
    made.tell_fixed([Fixed('base_link', 'base_scan', 0.3)])
    assert (node.topics, node.warnings) == ({}, [])


def test_without_tf2_msgs_one_line_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, 'tf2_msgs.msg', None)
    monkeypatch.setitem(sys.modules, 'tf2_msgs', None)
    monkeypatch.setenv('ROS_DISTRO', 'kilted')
    node = FakeNode()
    made = Transforms(node, is_wanted=True)
    for number in range(3):
        made.tell(odometry(number))
    made.tell_fixed([Fixed('base_link', 'base_scan', 0.3)])
    [warning] = node.warnings
    assert 'sudo apt install ros-kilted-tf2-msgs' in warning
    assert node.topics == {}


def test_a_turtle_has_transforms_too(
    context: rclpy.Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[Odometry] = []
    monkeypatch.setattr(turtlesim_odometry, 'find_pose_type', lambda: Odometry)
    monkeypatch.setattr(Transforms, 'tell', lambda _, message: told.append(message))
    adapter = TurtlesimOdometry(
        context=context, cli_args=['--ros-args', '-p', 'odom_frame:=robot1/odom']
    )

    class Pose:
        x, y, theta, linear_velocity, angular_velocity = 2.5, 0.0, 0.0, 0.0, 0.0

    adapter._on_pose(Pose())
    adapter.destroy_node()
    [message] = told
    assert (message.header.frame_id, message.child_frame_id) == ('robot1/odom', 'base_link')
    assert message.pose.pose.position.x == 2.5
