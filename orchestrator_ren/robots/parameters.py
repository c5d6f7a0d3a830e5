"""The parameters of the programs that stand in for hardware."""

from __future__ import annotations

import re

from orchestrator_ren.errors import ConfigurationError
from orchestrator_ren.location import expanded_or_name
from orchestrator_ren.ros.parameters import Parameter
from orchestrator_ren.ros.shared_parameters import EXECUTOR

ODOM_FRAME = Parameter('odom_frame', 'odom', 'Frame id of the odometry.')

BASE_FRAME = Parameter('base_frame', 'base_link', 'Child frame id of the odometry.')

PUBLISH_TF = Parameter(
    'publish_tf',
    True,
    'Publish the odometry on /tf too, where tf2_msgs is installed; false where somebody else'
    ' does.',
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
    Parameter(
        'robots',
        '',
        'Names of several robots that are in this world, with commas between them, such as'
        ' r1,r2,r3; each has its topics below its name, and its name before its frames; empty ='
        ' one, without a name.',
    ),
    Parameter('seed', 0, 'Of everything random.', 0, 2**31 - 1),
    Parameter('real_time_factor', 1.0, 'Simulated seconds per second.', 0.01, 100.0),
    Parameter('publish_clock', False, 'Publish simulated time on /clock and stamp with it.'),
    Parameter('lidar_noise_stddev_m', 0.0, 'Gaussian error of one range [m].', 0.0, 1.0),
    Parameter(
        'command_timeout_s', 0.5, 'The base stops this long after a cmd_vel [s].', 0.02, 60.0
    ),
    ODOM_FRAME,
    BASE_FRAME,
    Parameter('scan_frame', 'base_scan', 'Frame id of the scans.'),
    PUBLISH_TF,
    EXECUTOR,
)

TURTLESIM_ODOMETRY = (
    ODOM_FRAME,
    BASE_FRAME,
    PUBLISH_TF,
    EXECUTOR,
)

MOST_ROBOTS = 64


def robot_names(text: str) -> list[str]:
    """Return the names that the parameter `robots` has; none where it is empty.

    Raises:
        ConfigurationError: One can be no namespace, is there twice, or they are too many.
    """
    names = [each.strip() for each in text.split(',')] if text.strip() else []
    are_fit = all(re.fullmatch(r'[A-Za-z](_?[A-Za-z0-9])*', each) for each in names)
    if not are_fit or len(set(names)) < len(names) or len(names) > MOST_ROBOTS:
        limit = (
            f'up to {MOST_ROBOTS} different names with commas between them, of letters, digits'
            ' and single _, such as r1,r2,r3'
        )
        raise ConfigurationError(field="parameter 'robots'", value=repr(text), limit=limit)
    return names
