"""The turtle's pose as odometry."""

import importlib
import math
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from time import monotonic
from types import ModuleType

import pytest

rclpy = pytest.importorskip('rclpy')

from builtin_interfaces.msg import Time
from nav_msgs.msg import Odometry
from rclpy.executors import SingleThreadedExecutor
from rclpy.qos import qos_profile_sensor_data

from orchestrator_ren.errors import LibraryMissing
from orchestrator_ren.robots import turtlesim_odometry
from orchestrator_ren.robots.turtlesim_odometry import (
    POSE_MODULES,
    TurtlesimOdometry,
    find_pose_type,
    odometry_from_pose,
)


def installed(module: str) -> bool:
    try:
        importlib.import_module(module)
    except ModuleNotFoundError:
        return False
    return True


@dataclass
class FakePose:
    x: float = 5.5
    y: float = 4.5
    theta: float = math.pi / 2
    linear_velocity: float = 1.5
    angular_velocity: float = -0.5


@pytest.fixture
def executor(context: rclpy.Context) -> Iterator[SingleThreadedExecutor]:
    made = SingleThreadedExecutor(context=context)
    yield made
    for node in made.get_nodes():
        node.destroy_node()
    made.shutdown()


def test_pose_and_velocity_are_taken_over() -> None:
    odometry = odometry_from_pose(FakePose(), Time(sec=7))
    assert odometry.header.stamp.sec == 7
    assert (odometry.pose.pose.position.x, odometry.pose.pose.position.y) == (5.5, 4.5)
    assert odometry.twist.twist.linear.x == 1.5
    assert odometry.twist.twist.angular.z == -0.5


@pytest.mark.parametrize('theta', [0.0, 1.0, math.pi, -math.pi / 2, -3.0])
def test_heading_becomes_a_unit_quaternion_about_z(theta: float) -> None:
    turn = odometry_from_pose(FakePose(theta=theta), Time()).pose.pose.orientation
    assert (turn.x, turn.y) == (0.0, 0.0)
    assert math.hypot(turn.z, turn.w) == pytest.approx(1.0)
    assert math.remainder(2 * math.atan2(turn.z, turn.w) - theta, math.tau) == pytest.approx(0.0)


def test_a_standing_turtle_stands_exactly() -> None:
    twist = odometry_from_pose(FakePose(linear_velocity=0.0, angular_velocity=0.0), Time()).twist
    assert twist.twist == Odometry().twist.twist


def interfaces(name: str) -> ModuleType:
    module = ModuleType(name)
    module.Pose = type('Pose', (), {})
    return module


@pytest.mark.parametrize(
    ('there', 'taken'),
    [
        ({'turtlesim.msg'}, 'turtlesim.msg'),
        ({'turtlesim_msgs.msg'}, 'turtlesim_msgs.msg'),
        ({'turtlesim.msg', 'turtlesim_msgs.msg'}, 'turtlesim.msg'),
    ],
)
def test_the_type_is_that_of_the_installed_turtlesim(
    monkeypatch: pytest.MonkeyPatch, there: set[str], taken: str
) -> None:
    for module in POSE_MODULES:  # None makes the import raise
        monkeypatch.setitem(sys.modules, module, interfaces(module) if module in there else None)
    assert find_pose_type() is sys.modules[taken].Pose


def test_without_turtlesim_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in POSE_MODULES:
        monkeypatch.setitem(sys.modules, module, None)
    monkeypatch.setenv('ROS_DISTRO', 'kilted')
    with pytest.raises(LibraryMissing, match=r'install it with: .* ros-kilted-turtlesim'):
        TurtlesimOdometry()


@pytest.mark.parametrize('module', POSE_MODULES)
def test_each_pose_is_published_as_odometry_in_the_namespace(
    executor: SingleThreadedExecutor, monkeypatch: pytest.MonkeyPatch, module: str
) -> None:
    if not installed(module):
        pytest.skip(f'{module} is not installed')
    pose_type = importlib.import_module(module).Pose
    monkeypatch.setattr(turtlesim_odometry, 'POSE_MODULES', (module,))
    context = executor.context
    adapter = TurtlesimOdometry(
        context=context,
        namespace='robot1',
        cli_args=['--ros-args', '-p', 'base_frame:=robot1/base_link'],
    )
    watcher = rclpy.create_node('watcher', namespace='robot1', context=context)
    for node in (adapter, watcher):
        executor.add_node(node)
    seen: list[Odometry] = []
    watcher.create_subscription(Odometry, 'odom', seen.append, qos_profile_sensor_data)
    turtle = watcher.create_publisher(pose_type, 'turtle1/pose', 7)
    watcher.create_timer(0.016, lambda: turtle.publish(pose_type(x=2.5, linear_velocity=0.75)))
    deadline_s = monotonic() + 10.0
    while not seen:
        assert monotonic() < deadline_s, 'no odometry came'
        executor.spin_once(timeout_sec=0.1)
    assert seen[0].header.stamp.sec > 0
    assert (seen[0].header.frame_id, seen[0].child_frame_id) == ('odom', 'robot1/base_link')
    assert seen[0].pose.pose.position.x == 2.5
    assert seen[0].twist.twist.linear.x == 0.75
