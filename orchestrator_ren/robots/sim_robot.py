"""The executable `sim_robot`: a base and a lidar on MuJoCo, in the place of hardware."""

from __future__ import annotations

import math
from array import array
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ament_index_python.packages import PackageNotFoundError, get_package_share_directory
from builtin_interfaces.msg import Time
from geometry_msgs.msg import Twist
from nav_msgs.msg import Odometry
from rclpy.clock import Clock, ClockType
from rclpy.qos import QoSProfile
from rosgraph_msgs.msg import Clock as ClockMessage
from sensor_msgs.msg import LaserScan
from std_srvs.srv import Trigger

from orchestrator_ren.errors import LibraryMissing, WorldError
from orchestrator_ren.robots.parameters import SIM_ROBOT
from orchestrator_ren.robots.transforms import Transforms
from orchestrator_ren.ros import qos
from orchestrator_ren.ros.parameters import declare
from orchestrator_ren.ros.process import ProcessNode
from orchestrator_ren.ros.program import Program
from orchestrator_ren.simulation.base import BASES, CONTROL_STEP_S
from orchestrator_ren.simulation.pace import Pace
from orchestrator_ren.simulation.world import load_world

if TYPE_CHECKING:
    from orchestrator_ren.simulation.robot import SimulatedRobot

STEPS_PER_SCAN = 5
BEHIND = 0.95
WARNING_PERIOD_S = 10.0
# Reliable publishers serve best-effort subscriptions as well.
SENSOR_QOS = QoSProfile(depth=10)


class SimRobot(ProcessNode):
    """A simulated robot on ROS topics; `odom_frame` is that of the world, without drift.

    Stamps are simulated time with `publish_clock`, else the time of the node's clock. All rates
    are in simulated time. If the machine cannot keep up with `real_time_factor`, simulated time
    runs slower than asked, a warning says how much, and no step is left out.

    Parameters:
        See `robots/parameters.py`.

    Subscriptions:
        cmd_vel (geometry_msgs/Twist): reliable, depth 1; from the frame of the base.

    Publishers:
        odom (nav_msgs/Odometry): reliable, depth 10, 50 Hz; `odom_frame` to `base_frame`.
        scan (sensor_msgs/LaserScan): reliable, depth 10, 10 Hz; frame `scan_frame`.
        /tf, /tf_static (tf2_msgs/TFMessage): the same, with `publish_tf`; see `transforms.py`.
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
        self._settings = declare(self, SIM_ROBOT)
        self._steady = Clock(clock_type=ClockType.STEADY_TIME)
        self._robot: SimulatedRobot | None = None
        self._pace = Pace(self._settings.real_time_factor, CONTROL_STEP_S)
        self._steps = 0
        self._odometry = Odometry(child_frame_id=self._settings.base_frame)
        self._odometry.header.frame_id = self._settings.odom_frame
        self._transforms = Transforms(self, self._settings.publish_tf)
        self._laser_scan = LaserScan()
        self._odom = self.create_publisher(Odometry, 'odom', SENSOR_QOS)
        self._scan = self.create_publisher(LaserScan, 'scan', SENSOR_QOS)
        self._clock_topic = None
        if self._settings.publish_clock:
            self._clock_topic = self.create_publisher(ClockMessage, '/clock', SENSOR_QOS)
        self.create_subscription(Twist, 'cmd_vel', self._on_cmd_vel, qos.VELOCITY)
        self.create_service(Trigger, '~/reset', self._handle_reset)

    def start(self) -> None:
        """Load the world, place the robot and begin to step.

        Raises:
            WorldError: the world, the base or the start pose cannot be used.
            LibraryMissing: MuJoCo is not installed.
        """
        self._robot = self._make_robot()
        self._laser_scan = _empty_scan(self._robot, self._settings.scan_frame)
        self._transforms.tell_fixed(
            self._settings.base_frame, self._settings.scan_frame, self._robot.lidar.height_m
        )
        period_s = self._pace.poll_period_s
        self.create_timer(period_s, self._on_step_timer, clock=self._steady)
        self.get_logger().info(
            f'driving a {self._settings.base} base in {self._settings.world},'
            f' real_time_factor {self._settings.real_time_factor:g}'
        )

    def _make_robot(self) -> SimulatedRobot:
        try:  # here and not above: the rest of the package works without MuJoCo
            from orchestrator_ren.simulation.lidar import Lidar
            from orchestrator_ren.simulation.robot import SimulatedRobot
        except ModuleNotFoundError as error:
            # Ubuntu 24.04 and later refuse it without the option (PEP 668).
            command = "pip install --user --break-system-packages 'mujoco>=4,<5'"
            raise LibraryMissing(library=error.name, command=command) from error
        return SimulatedRobot(
            load_world(find_world(self._settings.world)),
            BASES[self._settings.base],
            self._settings.seed,
            lidar=Lidar(noise_stddev_m=self._settings.lidar_noise_stddev_m),
            command_timeout_s=self._settings.command_timeout_s,
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
        self._transforms.tell(self._odometry)
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
    known = ', '.join(shipped)
    raise WorldError(detail=f'world: {name!r} is no .yaml file, nor one of: {known}')


PROGRAM = Program(
    'sim_robot', 'A base and a lidar on MuJoCo, in the place of hardware.', SIM_ROBOT
)


def main() -> int:
    """Run the robot."""
    return PROGRAM.run(lambda: [SimRobot()])


def _empty_scan(robot: SimulatedRobot, frame: str) -> LaserScan:
    lidar = robot.lidar
    scan = LaserScan(
        angle_min=lidar.angle_min_rad,
        angle_max=lidar.angle_max_rad,
        angle_increment=lidar.angle_increment_rad,
        scan_time=CONTROL_STEP_S * STEPS_PER_SCAN,
        range_min=lidar.range_min_m,
        range_max=lidar.range_max_m,
    )
    scan.header.frame_id = frame
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
