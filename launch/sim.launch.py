"""The orchestrator with the simulated robot."""

from pathlib import Path

from launch import LaunchDescription
from launch.actions import DeclareLaunchArgument, IncludeLaunchDescription
from launch.substitutions import LaunchConfiguration
from launch_ros.actions import Node
from launch_ros.parameter_descriptions import ParameterValue


def generate_launch_description():
    return LaunchDescription(
        [
            # Its arguments are those of this file too: they stay set for what follows.
            IncludeLaunchDescription(str(Path(__file__).with_name('orchestrator.launch.py'))),
            DeclareLaunchArgument(
                'world',
                default_value='warehouse',
                description='World of the robot: warehouse, empty or the path of a world file.',
            ),
            DeclareLaunchArgument(
                'real_time_factor',
                default_value='1.0',
                description='Simulated seconds per second; other than 1.0 it needs'
                ' use_sim_time:=true, for tickets are timed in ROS time.',
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
