"""Record what tells the story of tickets, as MCAP.

Started beside the nodes, at any time: what is latched, and the last 100 events, are recorded then.
Services are in it where the nodes run with `service_introspection`; the action's own, from Kilted
on, with the services. Needs `ros-<distro>-rosbag2` and `ros-<distro>-rosbag2-storage-mcap`.
"""

from launch import LaunchDescription
from launch.actions import DeclareLaunchArgument, ExecuteProcess, OpaqueFunction
from launch.substitutions import LaunchConfiguration

OF_THE_ROBOT = (
    'telemetry/events',
    'telemetry/metrics',
    'telemetry/progress',
    'status',
    'execute_ticket/_action/feedback',
    'execute_ticket/_action/status',
    'e_stop',
    'e_stop_state',
    'drive_command',
    'cmd_vel',
    'odom',
    'scan',
    'markers',
)
"""Each is in the namespace of the robot."""

OF_ALL = ('/diagnostics', '/tf', '/tf_static', '/clock', '/rosout')

SERVICES = (
    'create_ticket',
    'queue_ticket',
    'cancel_ticket',
    'pause_queue',
    'resume_queue',
    'stop',
    'reset_e_stop',
)
"""Those that change something; reading is no part of a ticket's story."""


def generate_launch_description():
    return LaunchDescription(
        [
            DeclareLaunchArgument(
                'namespace', default_value='', description='Namespace of the robot; empty = none.'
            ),
            DeclareLaunchArgument(
                'output',
                default_value='',
                description='Folder to make; empty = one named by the time, here.',
            ),
            DeclareLaunchArgument(
                'services',
                default_value='false',
                description='Record services too (true or false); the nodes must run with'
                ' service_introspection: contents.',
            ),
            OpaqueFunction(function=record),
        ]
    )


def record(context):
    """Start the recorder."""
    arguments = {
        name: LaunchConfiguration(name).perform(context)
        for name in ('namespace', 'output', 'services')
    }
    return [ExecuteProcess(cmd=command(**arguments), output='screen')]


def command(namespace='', output='', services='false'):
    """Return the recorder's command line."""
    prefix = '/'.join(('', *filter(None, namespace.split('/')), ''))
    words = ['ros2', 'bag', 'record', '--storage', 'mcap', '--include-hidden-topics']
    if output:
        words += ['--output', output]
    words += ['--topics', *(prefix + each for each in OF_THE_ROBOT), *OF_ALL]
    if services.lower() in ('true', '1'):
        words += ['--services', *(prefix + each for each in SERVICES)]
    return words
