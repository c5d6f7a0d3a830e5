"""The executable `sim_robot`: bases and lidars on MuJoCo, in the place of hardware."""

from __future__ import annotations

from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ament_index_python.packages import PackageNotFoundError, get_package_share_directory
from builtin_interfaces.msg import Time
from rclpy.clock import Clock, ClockType
from rosgraph_msgs.msg import Clock as ClockMessage

from orchestrator_ren.errors import LibraryMissing, WorldError
from orchestrator_ren.robots.parameters import SIM_ROBOT, robot_names
from orchestrator_ren.robots.sim_topics import SENSOR_QOS, STEPS_PER_SCAN, SimTopics
from orchestrator_ren.robots.transforms import Transforms
from orchestrator_ren.ros.parameters import declare
from orchestrator_ren.ros.process import ProcessNode
from orchestrator_ren.ros.program import Program
from orchestrator_ren.simulation.base import BASES, CONTROL_STEP_S
from orchestrator_ren.simulation.pace import Pace
from orchestrator_ren.simulation.starts import start_poses
from orchestrator_ren.simulation.world import load_world

if TYPE_CHECKING:
    from orchestrator_ren.simulation.fleet import SimulatedFleet

BEHIND = 0.95
WARNING_PERIOD_S = 10.0


class SimRobot(ProcessNode):
    """Simulated robots on ROS topics; the frame of odometry is that of the world, without drift.

    With `robots`, what is said here of topics, service and frames is below the name of each:
    `r1/cmd_vel`, `r1/odom`, frame `r1/base_link`. They see each other, and run into each other.
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
        """Create the node's entities; `start` sets the robots going.

        Args:
            **node_options: as for `rclpy.node.Node`, such as `context`.

        Raises:
            ConfigurationError: A parameter is not allowed.
        """
        super().__init__('sim_robot', **node_options)
        self._settings = declare(self, SIM_ROBOT)
        names = robot_names(self._settings.robots) or ['']
        self._steady = Clock(clock_type=ClockType.STEADY_TIME)
        self._fleet: SimulatedFleet | None = None
        self._pace = Pace(self._settings.real_time_factor, CONTROL_STEP_S)
        self._steps = 0
        self._transforms = Transforms(self, self._settings.publish_tf)
        self._topics = [SimTopics(self, self._settings, each) for each in names]
        self._clock_topic = None
        if self._settings.publish_clock:
            self._clock_topic = self.create_publisher(ClockMessage, '/clock', SENSOR_QOS)

    def start(self) -> None:
        """Load the world, place the robots and begin to step.

        Raises:
            WorldError: the world, the base or the start poses cannot be used.
            LibraryMissing: MuJoCo is not installed.
        """
        self._fleet = self._make_fleet()
        begun = [
            topics.start(robot)
            for topics, robot in zip(self._topics, self._fleet.robots, strict=True)
        ]
        self._transforms.tell_fixed(list(chain.from_iterable(begun)))
        period_s = self._pace.poll_period_s
        self.create_timer(period_s, self._on_step_timer, clock=self._steady)
        named = f', for {self._settings.robots}' if self._settings.robots else ''
        self.get_logger().info(
            f'driving a {self._settings.base} base{named} in {self._settings.world},'
            f' real_time_factor {self._settings.real_time_factor:g}'
        )

    def _make_fleet(self) -> SimulatedFleet:
        try:  # here and not above: the rest of the package works without MuJoCo
            from orchestrator_ren.simulation.fleet import SimulatedFleet
            from orchestrator_ren.simulation.lidar import Lidar
        except ModuleNotFoundError as error:
            # Ubuntu 24.04 and later refuse it without the option (PEP 668).
            command = "pip install --user --break-system-packages 'mujoco>=4,<5'"
            raise LibraryMissing(library=error.name, command=command) from error
        world, base = load_world(find_world(self._settings.world)), BASES[self._settings.base]
        return SimulatedFleet(
            world,
            base,
            start_poses(world, base, len(self._topics)),
            self._settings.seed,
            lidar=Lidar(noise_stddev_m=self._settings.lidar_noise_stddev_m),
            command_timeout_s=self._settings.command_timeout_s,
        )

    def _on_step_timer(self) -> None:
        now_mono_s = self._steady.now().nanoseconds * 1e-9
        if self._fleet is None or not self._pace.is_step_due(now_mono_s):
            return
        self._fleet.step(CONTROL_STEP_S)
        self._steps += 1
        self._publish(self._fleet)
        reached = self._pace.reached_factor(now_mono_s)
        if reached is not None and reached < BEHIND * self._pace.real_time_factor:
            self.get_logger().warning(
                f'simulated time runs at {reached:.1f} times wall time,'
                f' not at {self._pace.real_time_factor:g}: this machine is too slow or too busy',
                throttle_duration_sec=WARNING_PERIOD_S,
            )

    def _publish(self, fleet: SimulatedFleet) -> None:
        stamp = self.get_clock().now().to_msg()
        if self._clock_topic is not None:
            stamp = _to_time(fleet.time_s)
            self._clock_topic.publish(ClockMessage(clock=stamp))
        for index, each in enumerate(self._topics):  # not all of them look in the same step
            is_scan_due = (self._steps + index) % STEPS_PER_SCAN == 0
            each.publish(stamp, self._transforms, is_scan_due)


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


PROGRAM = Program('sim_robot', 'Bases and lidars on MuJoCo, in the place of hardware.', SIM_ROBOT)


def main() -> int:
    """Run the robot."""
    return PROGRAM.run(lambda: [SimRobot()])


def _to_time(time_s: float) -> Time:
    sec, nanosec = divmod(round(time_s * 1e9), 10**9)
    return Time(sec=sec, nanosec=nanosec)
