"""The orchestrator with the simulated robot."""

from pathlib import Path

from launch import LaunchDescription
from launch.actions import DeclareLaunchArgument, IncludeLaunchDescription, OpaqueFunction
from launch.substitutions import LaunchConfiguration
from launch_ros.actions import Node
from launch_ros.parameter_descriptions import ParameterValue


def generate_launch_description():
    return LaunchDescription(
        [
            DeclareLaunchArgument(
                'use_sim_time',
                default_value='false',
                description='Whether ROS time is that of /clock (true or false).',
            ),
            DeclareLaunchArgument(
                'real_time_factor',
                default_value='1.0',
                description='Simulated seconds per second; other than 1.0 it needs'
                ' use_sim_time:=true, for tickets are timed in ROS time.',
            ),
            # Before anything is started: what fails later leaves the others running.
            OpaqueFunction(function=check_real_time_factor),
            # Its arguments are those of this file too: they stay set for what follows.
            IncludeLaunchDescription(str(Path(__file__).with_name('orchestrator.launch.py'))),
            DeclareLaunchArgument(
                'world',
                default_value='warehouse',
                description='World of the robot: warehouse, empty or the path of a world file.',
            ),
            Node(
                package='orchestrator_ren',
                executable='sim_robot',
                namespace=LaunchConfiguration('namespace'),
                parameters=[
                    {
                        'world': ParameterValue(LaunchConfiguration('world'), value_type=str),
                        'real_time_factor': ParameterValue(
                            LaunchConfiguration('real_time_factor'), value_type=float
                        ),
                        'publish_clock': ParameterValue(
                            LaunchConfiguration('use_sim_time'), value_type=bool
                        ),
                    }
                ],
                ros_arguments=[
                    *('--params-file', LaunchConfiguration('params_file')),
                    *('--log-level', LaunchConfiguration('log_level')),
                ],
                output='screen',
            ),
        ]
    )


def check_real_time_factor(context):
    """Refuse a factor that is no number, or that tickets would not know of."""
    factor = LaunchConfiguration('real_time_factor').perform(context)
    is_simulated = LaunchConfiguration('use_sim_time').perform(context).lower() in ('true', '1')
    try:
        is_real_time = float(factor) == 1.0
    except ValueError:
        raise RuntimeError(f'real_time_factor is {factor!r}; it must be a number') from None
    if not is_real_time and not is_simulated:
        raise RuntimeError(f'real_time_factor is {factor}: it needs use_sim_time:=true')
