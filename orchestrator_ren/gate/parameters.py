"""The parameters of the program `cmd_vel_gate`."""

from __future__ import annotations

from orchestrator_ren.location import expanded
from orchestrator_ren.ros.parameters import Parameter
from orchestrator_ren.ros.shared_parameters import (
    EXECUTOR,
    MAX_SPEED,
    SCAN_OPEN_SPACE,
    SERVICE_INTROSPECTION,
    STANDSTILL_SPEED,
    STANDSTILL_YAW_RATE,
)

PARAMETERS = (
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
    SERVICE_INTROSPECTION,
    EXECUTOR,
)
