"""The simulated robot as other nodes see it."""

import math
from collections.abc import Callable, Iterator
from pathlib import Path
from time import monotonic

import pytest

rclpy = pytest.importorskip('rclpy')
pytest.importorskip('mujoco')

from geometry_msgs.msg import Twist
from nav_msgs.msg import Odometry
from rclpy.executors import SingleThreadedExecutor
from rclpy.parameter import Parameter
from rclpy.qos import qos_profile_sensor_data
from rosgraph_msgs.msg import Clock
from sensor_msgs.msg import LaserScan
from std_srvs.srv import Trigger

from orchestrator_ren.errors import ConfigurationError
from orchestrator_ren.robots.sim_robot import SimRobot, find_world

FAST = {'real_time_factor': 10.0, 'publish_clock': True}


class Bench:
    """A simulated robot and a node that commands and watches it, on one executor."""

    def __init__(self, context: rclpy.Context, namespace: str) -> None:
        self.options = {'context': context, 'namespace': namespace}
        self.executor = SingleThreadedExecutor(context=context)
        self.watcher = rclpy.create_node('watcher', **self.options)
        self.executor.add_node(self.watcher)
        self.odometry: list[Odometry] = []
        self.scans: list[LaserScan] = []
        self.clocks: list[Clock] = []
        self._watch(Odometry, 'odom', self.odometry)
        self._watch(LaserScan, 'scan', self.scans)
        self._watch(Clock, '/clock', self.clocks)
        self.cmd_vel = self.watcher.create_publisher(Twist, 'cmd_vel', 1)
        self.reset = self.watcher.create_client(Trigger, 'sim_robot/reset')
        self.robot: SimRobot | None = None

    def _watch(self, message_type: type, topic: str, seen: list) -> None:
        self.watcher.create_subscription(message_type, topic, seen.append, qos_profile_sensor_data)

    def make(self, **parameters: object) -> SimRobot:
        overrides = [Parameter(name, value=value) for name, value in parameters.items()]
        self.robot = SimRobot(parameter_overrides=overrides, **self.options)
        self.executor.add_node(self.robot)
        return self.robot

    def start(self, **parameters: object) -> None:
        self.make(**parameters).start()
        self.spin_until(lambda: self.odometry and self.cmd_vel.get_subscription_count() > 0)

    def spin_until(self, condition: Callable[[], object], timeout_s: float = 10.0) -> None:
        deadline_s = monotonic() + timeout_s
        while not condition():
            assert monotonic() < deadline_s, 'timed out'
            self.executor.spin_once(timeout_sec=0.1)

    def drive(self, vx_mps: float, wz_radps: float, until: Callable[[], object]) -> None:
        twist = Twist()
        twist.linear.x, twist.angular.z = vx_mps, wz_radps
        publish = self.watcher.create_timer(0.005, lambda: self.cmd_vel.publish(twist))
        self.spin_until(until)
        self.watcher.destroy_timer(publish)

    @property
    def x_m(self) -> float:
        return self.odometry[-1].pose.pose.position.x

    @property
    def vx_mps(self) -> float:
        return self.odometry[-1].twist.twist.linear.x


@pytest.fixture
def bench(context: rclpy.Context, namespace: str) -> Iterator[Bench]:
    made = Bench(context, namespace)
    yield made
    made.executor.shutdown()
    if made.robot is not None:
        made.robot.destroy_node()
    made.watcher.destroy_node()


def seconds(stamp) -> float:
    return stamp.sec + stamp.nanosec * 1e-9


def test_drives_as_commanded_and_stops_by_itself(bench: Bench) -> None:
    bench.start(world='empty', **FAST)
    bench.drive(1.0, 0.0, until=lambda: bench.x_m > 1.0)
    assert bench.vx_mps == pytest.approx(1.0, abs=0.01)
    released_s, released_m = seconds(bench.odometry[-1].header.stamp), bench.x_m
    bench.spin_until(lambda: bench.vx_mps == 0.0)
    assert 0.4 < bench.x_m - released_m < 1.5
    assert seconds(bench.odometry[-1].header.stamp) - released_s > 0.5


def test_odometry_is_50_hz_of_simulated_time_in_rep_105_frames(bench: Bench) -> None:
    bench.start(world='empty', **FAST)
    bench.drive(0.0, 1.0, until=lambda: len(bench.odometry) > 200)
    first, last = bench.odometry[0], bench.odometry[-1]
    assert (last.header.frame_id, last.child_frame_id) == ('odom', 'base_link')
    elapsed_s = seconds(last.header.stamp) - seconds(first.header.stamp)
    assert elapsed_s == pytest.approx(0.02 * (len(bench.odometry) - 1), rel=0.1)
    turn = last.pose.pose.orientation
    assert math.hypot(turn.z, turn.w) == pytest.approx(1.0)
    assert abs(turn.z) > 0.1


def test_scan_is_10_hz_and_consistent_with_its_angles(bench: Bench) -> None:
    bench.start(world='warehouse', **FAST)
    bench.spin_until(lambda: len(bench.scans) > 5)
    scan = bench.scans[-1]
    assert scan.header.frame_id == 'base_scan'
    assert len(scan.ranges) == 360
    last_rad = scan.angle_min + 359 * scan.angle_increment
    assert last_rad == pytest.approx(scan.angle_max, abs=1e-4)
    # Straight ahead, along +x, is the east wall; its inner face is at 24.9 m.
    assert scan.ranges[180] == pytest.approx(24.9, abs=0.02)
    stamps = [seconds(scan.header.stamp) for scan in bench.scans]
    assert stamps[-1] - stamps[-2] == pytest.approx(0.1, abs=0.001)


def test_stamps_are_those_of_the_published_clock(bench: Bench) -> None:
    bench.start(world='empty', **FAST)
    bench.spin_until(lambda: bench.clocks and len(bench.odometry) > 20)
    times_s = [seconds(message.clock) for message in bench.clocks]
    assert times_s == sorted(times_s)
    assert seconds(bench.odometry[-1].header.stamp) == pytest.approx(times_s[-1], abs=0.1)
    assert times_s[-1] < 60.0


def test_without_clock_stamps_are_wall_time_and_nothing_is_on_clock(bench: Bench) -> None:
    bench.start(world='empty')
    now_s = bench.watcher.get_clock().now().nanoseconds * 1e-9
    assert seconds(bench.odometry[-1].header.stamp) == pytest.approx(now_s, abs=5.0)
    assert bench.watcher.count_publishers('/clock') == 0


def test_an_omnidirectional_base_moves_sideways(bench: Bench) -> None:
    bench.start(world='empty', base='omnidirectional', **FAST)
    twist = Twist()
    twist.linear.y = 1.0
    publish = bench.watcher.create_timer(0.005, lambda: bench.cmd_vel.publish(twist))
    bench.spin_until(lambda: bench.odometry[-1].pose.pose.position.y > 0.5)
    bench.watcher.destroy_timer(publish)
    assert bench.x_m == pytest.approx(0.0, abs=0.01)


def test_reset_brings_the_robot_back(bench: Bench) -> None:
    bench.start(world='empty', **FAST)
    bench.drive(1.0, 0.0, until=lambda: bench.x_m > 0.5)
    bench.spin_until(bench.reset.service_is_ready)
    reply = bench.reset.call_async(Trigger.Request())
    bench.spin_until(reply.done)
    assert reply.result().success
    bench.spin_until(lambda: bench.x_m == 0.0)


def test_nothing_moves_before_the_start(bench: Bench) -> None:
    bench.make(world='empty')
    bench.spin_until(bench.reset.service_is_ready)
    reply = bench.reset.call_async(Trigger.Request())
    bench.spin_until(reply.done)
    assert not reply.result().success
    assert bench.odometry == []


@pytest.mark.parametrize(
    ('parameters', 'said'),
    [
        (
            {'base': 'legged'},
            r"'base' is 'legged'; it must be one of: differential, omnidirectional",
        ),
        ({'world': 'moon'}, r"world: 'moon' is no .* empty, warehouse"),
        ({'world': '/nowhere/moon.yaml'}, r'/nowhere/moon\.yaml: cannot be read'),
    ],
)
def test_a_wrong_parameter_is_named(bench: Bench, parameters: dict, said: str) -> None:
    with pytest.raises(ConfigurationError, match=said):
        bench.make(**parameters).start()


def test_shipped_worlds_are_found_by_name_and_others_by_path() -> None:
    assert find_world('warehouse').name == 'warehouse.yaml'
    assert find_world('elsewhere/hall.yaml') == Path('elsewhere/hall.yaml')
