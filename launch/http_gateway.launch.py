"""The HTTP gateway alone, for all robots of this ROS domain; its port is in params_file."""

from launch import LaunchDescription
from launch.actions import DeclareLaunchArgument
from launch.substitutions import LaunchConfiguration, PathJoinSubstitution
from launch_ros.actions import Node
from launch_ros.substitutions import FindPackageShare


def generate_launch_description():
    package = 'orchestrator_ren'
    default_params_file = PathJoinSubstitution(
        [FindPackageShare(package), 'config', 'orchestrator.yaml']
    )
    return LaunchDescription(
        [
            DeclareLaunchArgument(
                'namespace',
                default_value='',
                description='Namespace of the node, and of the robot that is meant by default.',
            ),
            DeclareLaunchArgument(
                'params_file',
                default_value=default_params_file,
                description='YAML file with the parameters of all nodes.',
            ),
            DeclareLaunchArgument(
                'log_level',
                default_value='info',
                description='What the node logs: debug, info, warn, error or fatal.',
            ),
            Node(
                package=package,
                executable='http_gateway',
                namespace=LaunchConfiguration('namespace'),
                ros_arguments=[
                    *('--params-file', LaunchConfiguration('params_file')),
                    *('--log-level', LaunchConfiguration('log_level')),
                ],
                output='screen',
            ),
        ]
    )
