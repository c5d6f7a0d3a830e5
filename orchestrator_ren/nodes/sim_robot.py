"""The executable `sim_robot`: a base and a lidar on MuJoCo, in the place of hardware."""

from __future__ import annotations

import math
import signal
import sys
from array import array
from pathlib import Path
from typing import TYPE_CHECKING, Any

import rclpy
from ament_index_python.packages import PackageNotFoundError, get_package_share_directory
from builtin_interfaces.msg import Time
from geometry_msgs.msg import Twist
from nav_msgs.msg import Odometry
from rcl_interfaces.msg import FloatingPointRange, IntegerRange, ParameterDescriptor
from rclpy.clock import Clock, ClockType
from rclpy.exceptions import ParameterException
from rclpy.executors import SingleThreadedExecutor
from rclpy.logging import get_logger
from rclpy.node import Node
from rclpy.qos import QoSProfile
from rclpy.signals import SignalHandlerOptions
from rosgraph_msgs.msg import Clock as ClockMessage
from sensor_msgs.msg import LaserScan
from std_srvs.srv import Trigger

from orchestrator_ren.simulation.base import BASES, CONTROL_STEP_S
from orchestrator_ren.simulation.pace import Pace
from orchestrator_ren.simulation.world import Pose, WorldError, load_world

if TYPE_CHECKING:
    from orchestrator_ren.simulation.robot import SimulatedRobot

STEPS_PER_SCAN = 5
BEHIND = 0.95
WARNING_PERIOD_S = 10.0
# An old command is worth nothing: only the latest is kept.
COMMAND_QOS = QoSProfile(depth=1)
# Reliable publishers serve best-effort subscriptions as well.
SENSOR_QOS = QoSProfile(depth=10)

PARAMETERS: tuple[tuple[str, Any, str, tuple[float, float] | None], ...] = (
    ('base', 'differential', f'what drives: {" or ".join(BASES)}', None),
    ('world', 'warehouse', 'path of a world file, or a name in config/worlds', None),
    ('seed', 0, 'of everything random', (0, 2**31 - 1)),
    ('real_time_factor', 1.0, 'simulated seconds per second', (0.01, 100.0)),
    ('publish_clock', False, 'publish simulated time on /clock and stamp with it', None),
    ('lidar_noise_stddev_m', 0.0, 'gaussian error of one range [m]', (0.0, 1.0)),
    ('command_timeout_s', 0.5, 'the base stops this long after a cmd_vel [s]', (0.02, 60.0)),
    ('start', [math.nan] * 3, 'x [m], y [m], yaw [rad]; NaN takes that of the world', None),
)


class SimRobot(Node):
    """A simulated robot on ROS topics; `odom` is the frame of the world, without drift.

    Stamps are simulated time with `publish_clock`, else the time of the node's clock. All rates
    are in simulated time. If the machine cannot keep up with `real_time_factor`, simulated time
    runs slower than asked, a warning says how much, and no step is left out.

    Parameters, all read only:
        base (string, 'differential'): or 'omnidirectional'.
        world (string, 'warehouse'): path of a world file, or a name in `config/worlds`.
        seed (int, 0): of everything random.
        real_time_factor (double, 1.0, 0.01-100): simulated seconds per second.
        publish_clock (bool, false): publish simulated time on `/clock` and stamp with it.
        lidar_noise_stddev_m (double, 0.0, 0-1): gaussian error of one range.
        command_timeout_s (double, 0.5, 0.02-60): the base stops this long after a `cmd_vel`.
        start (double[3], NaN): x [m], y [m] and yaw [rad]; NaN takes that of the world.

    Subscriptions:
        cmd_vel (geometry_msgs/Twist): reliable, depth 1; from the frame of the base.

    Publishers:
        odom (nav_msgs/Odometry): reliable, depth 10, 50 Hz; `odom` to `base_link`.
        scan (sensor_msgs/LaserScan): reliable, depth 10, 10 Hz; frame `base_scan`.
        /clock (rosgraph_msgs/Clock): reliable, depth 10, 50 Hz; with `publish_clock` only.

    Services:
        ~/reset (std_srvs/Trigger): back to the start, at rest; time runs on.

    Timers:
        step: steady clock, twice per 20 ms of simulated time; makes at most one step of 20 ms, so
            that a `cmd_vel` waits for one step at most.
    """

    def __init__(self, **node_options: Any) -> None:
        """Create the node's entities; `start` sets the robot going.

        Args:
            **node_options: as for `rclpy.node.Node`, such as `context`.
        """
        super().__init__('sim_robot', **node_options)
        self._declare_parameters()
        self._steady = Clock(clock_type=ClockType.STEADY_TIME)
        self._robot: SimulatedRobot | None = None
        self._pace = Pace(self._value('real_time_factor'), CONTROL_STEP_S)
        self._steps = 0
        self._odometry = Odometry(child_frame_id='base_link')
        self._odometry.header.frame_id = 'odom'
        self._laser_scan = LaserScan()
        self._odom = self.create_publisher(Odometry, 'odom', SENSOR_QOS)
        self._scan = self.create_publisher(LaserScan, 'scan', SENSOR_QOS)
        self._clock_topic = None
        if self._value('publish_clock'):
            self._clock_topic = self.create_publisher(ClockMessage, '/clock', SENSOR_QOS)
        self.create_subscription(Twist, 'cmd_vel', self._on_cmd_vel, COMMAND_QOS)
        self.create_service(Trigger, '~/reset', self._handle_reset)

    def start(self) -> None:
        """Load the world, place the robot and begin to step.

        Raises:
            WorldError: the world, the base or the start pose cannot be used.
            ModuleNotFoundError: MuJoCo is not installed.
        """
        self._robot = self._make_robot()
        self._laser_scan = _empty_scan(self._robot)
        period_s = self._pace.poll_period_s
        self.create_timer(period_s, self._on_step_timer, clock=self._steady)
        self.get_logger().info(
            f'driving a {self._value("base")} base in {self._value("world")},'
            f' real_time_factor {self._value("real_time_factor"):g}'
        )

    def _declare_parameters(self) -> None:
        for name, default, description, limits in PARAMETERS:
            descriptor = ParameterDescriptor(description=description, read_only=True)
            if limits and isinstance(default, int):
                low, high = map(int, limits)
                descriptor.integer_range = [IntegerRange(from_value=low, to_value=high)]
            elif limits:
                low_value, high_value = limits
                descriptor.floating_point_range = [
                    FloatingPointRange(from_value=low_value, to_value=high_value)
                ]
            self.declare_parameter(name, default, descriptor)

    def _value(self, name: str) -> Any:
        return self.get_parameter(name).value

    def _make_robot(self) -> SimulatedRobot:
        # Here and not above: the rest of the package works without MuJoCo.
        from orchestrator_ren.simulation.lidar import Lidar
        from orchestrator_ren.simulation.robot import SimulatedRobot

        base = BASES.get(self._value('base'))
        if base is None:
            raise WorldError(f'base: {self._value("base")!r} is none of: {", ".join(BASES)}')
        world = load_world(find_world(self._value('world')))
        declared = Pose(world.start.x_m, world.start.y_m, world.start.yaw_rad)
        return SimulatedRobot(
            world,
            base,
            self._value('seed'),
            start=_overridden(declared, self._value('start')),
            lidar=Lidar(noise_stddev_m=self._value('lidar_noise_stddev_m')),
            command_timeout_s=self._value('command_timeout_s'),
        )

    def _on_cmd_vel(self, message: Twist) -> None:
        if self._robot is not None:
            self._robot.command(message.linear.x, message.linear.y, message.angular.z)

    def _handle_reset(self, _: Trigger.Request, response: Trigger.Response) -> Trigger.Response:
        if self._robot is not None:
            self._robot.reset()
        response.success = self._robot is not None
        response.message = 'back at the start' if response.success else 'not started yet'
        return response

    def _on_step_timer(self) -> None:
        now_mono_s = self._steady.now().nanoseconds * 1e-9
        if self._robot is None or not self._pace.is_step_due(now_mono_s):
            return
        self._robot.step(CONTROL_STEP_S)
        self._steps += 1
        self._publish(self._robot)
        reached = self._pace.reached_factor(now_mono_s)
        if reached is not None and reached < BEHIND * self._pace.real_time_factor:
            self.get_logger().warning(
                f'simulated time runs at {reached:.1f} times wall time,'
                f' not at {self._pace.real_time_factor:g}: this machine is too slow or too busy',
                throttle_duration_sec=WARNING_PERIOD_S,
            )

    def _publish(self, robot: SimulatedRobot) -> None:
        stamp = self.get_clock().now().to_msg()
        if self._clock_topic is not None:
            stamp = _to_time(robot.time_s)
            self._clock_topic.publish(ClockMessage(clock=stamp))
        _fill_odometry(self._odometry, stamp, robot)
        self._odom.publish(self._odometry)
        if self._steps % STEPS_PER_SCAN == 0:
            self._laser_scan.header.stamp = stamp
            self._laser_scan.ranges = array('f', robot.scan().tobytes())
            self._scan.publish(self._laser_scan)


def find_world(name: str) -> Path:
    """Return the world file of that path, or of that name among those shipped.

    Raises:
        WorldError: there is none.
    """
    if name.endswith(('.yaml', '.yml')):
        return Path(name)
    source_tree = Path(__file__).parents[2]
    folders = [source_tree / 'config' / 'worlds']
    try:
        share = get_package_share_directory('orchestrator_ren')
        folders.append(Path(share) / 'config' / 'worlds')
    except PackageNotFoundError:
        pass
    for folder in folders:
        if (folder / f'{name}.yaml').is_file():
            return folder / f'{name}.yaml'
    shipped = sorted({path.stem for folder in folders for path in folder.glob('*.yaml')})
    raise WorldError(f'world: {name!r} is neither a .yaml file nor one of: {", ".join(shipped)}')


def main() -> int:
    """Run the node until SIGINT or SIGTERM; 1 if it cannot start."""
    rclpy.init(args=sys.argv, signal_handler_options=SignalHandlerOptions.NO)
    signals: list[int] = []
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda received, _: signals.append(received))
    executor = SingleThreadedExecutor()
    try:
        node = SimRobot()
        executor.add_node(node)
        node.start()
        # The step timer ends every wait within milliseconds, so a signal is seen at once.
        while not signals:
            executor.spin_once(timeout_sec=0.1)
    except (WorldError, ParameterException, ModuleNotFoundError) as error:
        get_logger('sim_robot').fatal(f'{error}{_advice(error)}')
        return 1
    finally:
        executor.shutdown()
        rclpy.try_shutdown()
    return 0


def _advice(error: Exception) -> str:
    missing = getattr(error, 'name', None)
    return "; install it with: pip install 'mujoco>=4,<5'" if missing == 'mujoco' else ''


def _overridden(declared: Pose, wanted: list[float]) -> Pose:
    if len(wanted) != len(declared) or any(math.isinf(value) for value in wanted):
        raise WorldError(f'start: {list(wanted)} is not x, y and yaw')
    return Pose(*(d if math.isnan(w) else w for d, w in zip(declared, wanted, strict=True)))


def _empty_scan(robot: SimulatedRobot) -> LaserScan:
    lidar = robot.lidar
    scan = LaserScan(
        angle_min=lidar.angle_min_rad,
        angle_max=lidar.angle_max_rad,
        angle_increment=lidar.angle_increment_rad,
        scan_time=CONTROL_STEP_S * STEPS_PER_SCAN,
        range_min=lidar.range_min_m,
        range_max=lidar.range_max_m,
    )
    scan.header.frame_id = 'base_scan'
    return scan


def _fill_odometry(message: Odometry, stamp: Time, robot: SimulatedRobot) -> None:
    pose, velocity = robot.pose, robot.velocity
    message.header.stamp = stamp
    message.pose.pose.position.x = pose.x_m
    message.pose.pose.position.y = pose.y_m
    message.pose.pose.orientation.z = math.sin(pose.yaw_rad / 2)
    message.pose.pose.orientation.w = math.cos(pose.yaw_rad / 2)
    message.twist.twist.linear.x = velocity.vx_mps
    message.twist.twist.linear.y = velocity.vy_mps
    message.twist.twist.angular.z = velocity.wz_radps


def _to_time(time_s: float) -> Time:
    sec, nanosec = divmod(round(time_s * 1e9), 10**9)
    return Time(sec=sec, nanosec=nanosec)


if __name__ == '__main__':
    sys.exit(main())
