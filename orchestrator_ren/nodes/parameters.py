"""The parameters of the nodes: one table each, the source of the checks and of the docs."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

from rcl_interfaces.msg import ParameterDescriptor
from rclpy.node import Node

from orchestrator_ren.errors import ConfigurationError
from orchestrator_ren.location import expanded, expanded_or_name, expanded_url
from orchestrator_ren.motion.laser_scan import OPEN_SPACE
from orchestrator_ren.motion.limits import SPEED_CEILING_MPS
from orchestrator_ren.motion.standstill import STANDSTILL_SPEED_MPS, STANDSTILL_YAW_RATE_RADPS


@dataclass(frozen=True)
class Parameter:
    """One parameter; all are read-only while the node runs.

    Attributes:
        name: As in YAML; its suffix is its unit.
        default: Also fixes the type.
        description: One sentence.
        low, high: Range of a number, both included.
        choices: The values a text may have; empty = any.
        expand: Returns what a text with a path in it means, given that and the field's name.
    """

    name: str
    default: bool | int | float | str
    description: str
    low: float = -math.inf
    high: float = math.inf
    choices: tuple[str, ...] = ()
    expand: Callable[[str, str], str] | None = None

    @property
    def limit(self) -> str:
        """What is allowed, in words."""
        if self.choices:
            return 'one of: ' + ', '.join(self.choices)
        if isinstance(self.default, bool):
            return 'true or false'
        if isinstance(self.default, str):
            return 'text'
        kind = 'an integer' if isinstance(self.default, int) else 'a number'
        return f'{kind} from {self.low:.10g} to {self.high:.10g}'

    def checked(self, value: Any) -> Any:
        """Return the value in the parameter's type.

        Raises:
            ConfigurationError: It is not allowed; mend the YAML or the command line.
        """
        if isinstance(self.default, float) and type(value) is int:
            value = float(value)
        allowed = type(value) is type(self.default)
        if allowed and isinstance(value, (int, float)):
            allowed = self.low <= value <= self.high
        if allowed and self.choices:
            allowed = value in self.choices
        if not allowed:
            raise ConfigurationError(
                field=f"parameter '{self.name}'", value=repr(value), limit=self.limit
            )
        return value if self.expand is None else self.expand(value, f"parameter '{self.name}'")


MAX_SPEED = Parameter(
    'max_speed_mps',
    SPEED_CEILING_MPS,
    'Highest speed [m/s]; can only lower the built-in ceiling of 3.0 m/s.',
    0.01,
    SPEED_CEILING_MPS,
)

STANDSTILL_SPEED = Parameter(
    'standstill_speed_mps',
    STANDSTILL_SPEED_MPS,
    'The robot stands when twist and pose of its odometry are slower for 0.1 s [m/s]; raise it'
    ' above the noise of both; the same for orchestrator and gate.',
    0.001,
    0.5,
)

STANDSTILL_YAW_RATE = Parameter(
    'standstill_yaw_rate_radps',
    STANDSTILL_YAW_RATE_RADPS,
    'The robot stands when its odometry also turns slower [rad/s]; raise it above the bias of its'
    ' gyro; the same for orchestrator and gate.',
    0.001,
    1.0,
)

SCAN_OPEN_SPACE = Parameter(
    'scan_open_space',
    'inf',
    'What the lidar sends where nothing is in sight: inf = +inf, or what is beyond its range;'
    ' nan = NaN too; zero = 0 too; the same for orchestrator and gate.',
    choices=OPEN_SPACE,
)

ORCHESTRATOR = (
    Parameter(
        'store_url',
        '',
        'SQLAlchemy URL of the ticket store; empty = an SQLite file of this namespace below'
        ' $ROS_HOME/orchestrator_ren (~/.ros/orchestrator_ren).',
        expand=expanded_url,
    ),
    Parameter(
        'store_synchronous',
        'full',
        'When SQLite waits for the disk: full = at each commit, so that a power cut loses nothing'
        ' that was acknowledged; normal = now and then, so that it may lose the last seconds.',
        choices=('full', 'normal'),
    ),
    Parameter(
        'retention_days',
        30.0,
        'Finished tickets are removed this long after their end [days].',
        0.001,
        36500.0,
    ),
    Parameter(
        'retention_max',
        100_000,
        'Most finished tickets kept; the oldest beyond are removed.',
        0,
        100_000_000,
    ),
    Parameter(
        'dispatch',
        'manual',
        'manual: only execute_ticket starts a ticket; auto: tickets are executed by themselves, in'
        ' the order of the queue.',
        choices=('manual', 'auto'),
    ),
    Parameter(
        'max_wait_s',
        300.0,
        'A ticket that has waited so long goes before those of higher priority [s].',
        0.0,
        604800.0,
    ),
    Parameter(
        'preempt',
        'never',
        'critical: a CRITICAL ticket cancels motions of lower priority that are in its way.',
        choices=('never', 'critical'),
    ),
    Parameter(
        'forward_file',
        '',
        'YAML file of commands that are forwarded to other actions and services; empty = none.',
        expand=expanded,
    ),
    Parameter(
        'gate',
        'in_process',
        'Where the cmd_vel gate runs: in this process, or on its own.',
        choices=('in_process', 'external'),
    ),
    Parameter(
        'base',
        'differential',
        'differential: the base turns to the direction, then drives; holonomic: it'
        ' translates in the direction.',
        choices=('differential', 'holonomic'),
    ),
    Parameter('base_frame', 'base_link', 'Frame id of the markers for rviz.'),
    Parameter('require_odometry', False, 'Refuse to move the robot while no odometry is heard.'),
    STANDSTILL_SPEED,
    STANDSTILL_YAW_RATE,
    SCAN_OPEN_SPACE,
    MAX_SPEED,
    Parameter(
        'acceleration_mps2',
        1.0,
        'Speeding up and slowing down of drive tickets [m/s^2]; keep it below the'
        " gate's max_acceleration_mps2 and max_deceleration_mps2.",
        0.05,
        10.0,
    ),
    Parameter('yaw_rate_radps', 1.0, 'Turning of drive tickets [rad/s].', 0.05, 6.0),
    Parameter(
        'yaw_acceleration_radps2',
        2.0,
        'Change of the turning of drive tickets [rad/s^2].',
        0.05,
        20.0,
    ),
    Parameter(
        'min_distance_share',
        0.9,
        'Part of its distance that a drive ticket must have made, as odometry shows it, when its'
        ' time is over; with less it fails (409).',
        0.0,
        1.0,
    ),
)

GATE = (
    MAX_SPEED,
    Parameter('max_yaw_rate_radps', 2.0, 'Highest turning rate [rad/s].', 0.05, 10.0),
    Parameter(
        'max_acceleration_mps2',
        3.0,
        'Highest change of the velocity while the speed grows [m/s^2].',
        0.1,
        50.0,
    ),
    Parameter(
        'max_deceleration_mps2',
        3.0,
        'Highest change of the velocity while the speed shrinks [m/s^2]; zero is never held back.',
        0.1,
        50.0,
    ),
    Parameter(
        'max_yaw_acceleration_radps2',
        6.0,
        'Highest change of the turning rate [rad/s^2].',
        0.1,
        100.0,
    ),
    Parameter(
        'start_latched',
        False,
        'Start with the e-stop latched: nothing moves before reset_e_stop is called.',
    ),
    Parameter(
        'latch_file',
        '',
        'File that keeps the latch over a restart; empty = one of this namespace below'
        ' $ROS_HOME/orchestrator_ren.',
        expand=expanded,
    ),
    Parameter(
        'heartbeat_timeout_s',
        0.0,
        'The e-stop latches when `heartbeat` is silent for longer [s]; 0 = none is needed.',
        0.0,
        60.0,
    ),
    Parameter(
        'stop_distance_m',
        0.0,
        'The e-stop latches when `scan` shows something nearer on the way, or does not show all of'
        ' the way [m]; 0 = off.',
        0.0,
        30.0,
    ),
    Parameter(
        'stop_half_width_m',
        0.3,
        'Half the width of the way that must be free: that of the robot and a margin [m].',
        0.05,
        5.0,
    ),
    SCAN_OPEN_SPACE,
    STANDSTILL_SPEED,
    STANDSTILL_YAW_RATE,
    Parameter(
        'stop_on_second_publisher',
        False,
        'Latch the e-stop while somebody else publishes on cmd_vel.',
    ),
    Parameter(
        'enable_stamped_cmd_vel', False, 'Publish TwistStamped instead of Twist on cmd_vel.'
    ),
    Parameter('base_frame', 'base_link', 'Frame id of TwistStamped.'),
)


SIM_ROBOT = (
    Parameter(
        'base',
        'differential',
        'What drives; an omnidirectional base also moves sideways.',
        choices=('differential', 'omnidirectional'),
    ),
    Parameter(
        'world',
        'warehouse',
        'Path of a world file, or a name in config/worlds.',
        expand=expanded_or_name,
    ),
    Parameter('seed', 0, 'Of everything random.', 0, 2**31 - 1),
    Parameter('real_time_factor', 1.0, 'Simulated seconds per second.', 0.01, 100.0),
    Parameter('publish_clock', False, 'Publish simulated time on /clock and stamp with it.'),
    Parameter('lidar_noise_stddev_m', 0.0, 'Gaussian error of one range [m].', 0.0, 1.0),
    Parameter(
        'command_timeout_s', 0.5, 'The base stops this long after a cmd_vel [s].', 0.02, 60.0
    ),
)


ROS_OWN = {'use_sim_time', 'start_type_description_service'}
"""Parameters that every node has."""


def declare(node: Node, table: Iterable[Parameter]) -> SimpleNamespace:
    """Declare the parameters on the node and return their values by name.

    Raises:
        ConfigurationError: A value is not allowed; the node must not start.
    """
    table = tuple(table)
    _refuse_unknown(node, table)
    values = {}
    for each in table:
        # Dynamic typing, so that `max_speed_mps: 2` is taken for 2.0 and not refused.
        descriptor = ParameterDescriptor(
            description=each.description,
            additional_constraints=each.limit,
            read_only=True,
            dynamic_typing=True,
        )
        value = node.declare_parameter(each.name, each.default, descriptor).value
        values[each.name] = each.checked(value)
    return SimpleNamespace(**values)


def _refuse_unknown(node: Node, table: tuple[Parameter, ...]) -> None:
    """Refuse a name that no parameter has: a limit that is misspelt must not go unnoticed.

    `-p` on the command line is for all nodes of the process, so those of the others are let pass.
    """
    known = {each.name for each in (*table, *ORCHESTRATOR, *GATE)} | ROS_OWN
    for name in node._parameter_overrides:  # rclpy has no public way to see the undeclared ones
        if name not in known and not name.startswith('qos_overrides.'):
            limit = 'one of: ' + ', '.join(each.name for each in table)
            raise ConfigurationError(field="a parameter's name", value=f"'{name}'", limit=limit)
