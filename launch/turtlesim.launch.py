"""The orchestrator with a turtle of turtlesim."""

import os
from pathlib import Path

from ament_index_python.packages import PackageNotFoundError, get_package_prefix
from launch import LaunchDescription
from launch.actions import GroupAction, IncludeLaunchDescription, OpaqueFunction
from launch.substitutions import LaunchConfiguration
from launch_ros.actions import Node, SetRemap
from launch_ros.parameter_descriptions import ParameterValue


def generate_launch_description():
    common = {
        'namespace': LaunchConfiguration('namespace'),
        'parameters': [
            {'use_sim_time': ParameterValue(LaunchConfiguration('use_sim_time'), value_type=bool)}
        ],
        'ros_arguments': [
            *('--params-file', LaunchConfiguration('params_file')),
            *('--log-level', LaunchConfiguration('log_level')),
        ],
        'output': 'screen',
    }
    return LaunchDescription(
        [
            OpaqueFunction(function=require_turtlesim),
            GroupAction(
                [
                    # Both are relative, so the turtle is that of the namespace.
                    SetRemap('cmd_vel', 'turtle1/cmd_vel'),
                    # Its arguments are those of this file too: they stay set in this group.
                    IncludeLaunchDescription(
                        str(Path(__file__).with_name('orchestrator.launch.py'))
                    ),
                    Node(package='turtlesim', executable='turtlesim_node', **common),
                    Node(package='orchestrator_ren', executable='turtlesim_odometry', **common),
                ]
            ),
        ]
    )


def require_turtlesim(_context):
    try:
        get_package_prefix('turtlesim')
    except PackageNotFoundError:
        package = f'ros-{os.environ.get("ROS_DISTRO", "jazzy")}-turtlesim'
        raise RuntimeError(
            f'turtlesim is not installed; install it: sudo apt install {package}'
        ) from None
