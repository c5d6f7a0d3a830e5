"""The orchestrator and the cmd_vel gate, each in a process of its own.

If one of them dies, launch logs it and the other stays up: the gate to hold the base at zero, the
orchestrator to tell (status NO_GATE). Neither is started again by itself: somebody has to look.
"""

from launch import LaunchDescription
from launch.actions import DeclareLaunchArgument
from launch.conditions import IfCondition
from launch.substitutions import LaunchConfiguration, PathJoinSubstitution
from launch_ros.actions import Node
from launch_ros.parameter_descriptions import ParameterValue
from launch_ros.substitutions import FindPackageShare


def generate_launch_description():
    package = 'orchestrator_ren'
    default_params_file = PathJoinSubstitution(
        [FindPackageShare(package), 'config', 'orchestrator.yaml']
    )
    use_sim_time = ParameterValue(LaunchConfiguration('use_sim_time'), value_type=bool)
    common = {
        'package': package,
        'namespace': LaunchConfiguration('namespace'),
        # Not in `parameters`, which only warns of a file that is not there.
        'ros_arguments': [
            *('--params-file', LaunchConfiguration('params_file')),
            *('--log-level', LaunchConfiguration('log_level')),
        ],
        'prefix': LaunchConfiguration('prefix'),
        'output': 'screen',
    }
    return LaunchDescription(
        [
            DeclareLaunchArgument(
                'namespace', default_value='', description='Namespace of the robot; empty = none.'
            ),
            DeclareLaunchArgument(
                'params_file',
                default_value=default_params_file,
                description='YAML file with the parameters of all nodes.',
            ),
            DeclareLaunchArgument(
                'use_sim_time',
                default_value='false',
                description='Whether ROS time is that of /clock (true or false).',
            ),
            DeclareLaunchArgument(
                'log_level',
                default_value='info',
                description='What the nodes log: debug, info, warn, error or fatal.',
            ),
            DeclareLaunchArgument(
                'prefix',
                default_value=LaunchConfiguration('launch-prefix', default=''),
                description='Put before both commands: "nice -n -10" or "chrt -f 20" gives them'
                ' priority.',
            ),
            Node(
                executable='orchestrator',
                parameters=[{'use_sim_time': use_sim_time, 'gate': 'external'}],
                **common,
            ),
            DeclareLaunchArgument(
                'http',
                default_value='false',
                description='Whether the HTTP gateway is started too (true or false); see'
                ' http_gateway.launch.py.',
            ),
            Node(
                executable='http_gateway',
                condition=IfCondition(LaunchConfiguration('http')),
                **{**common, 'prefix': ''},
            ),
            Node(executable='cmd_vel_gate', parameters=[{'use_sim_time': use_sim_time}], **common),
        ]
    )
