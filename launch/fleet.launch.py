"""A fleet: simulated robots r1, r2, ... in one world, an orchestrator and a gate for each.

With `store_url` they share a database, and tickets may be for any of them. As elsewhere, none is
started again by itself.
"""

import yaml
from launch import LaunchDescription
from launch.actions import DeclareLaunchArgument, OpaqueFunction
from launch.conditions import IfCondition
from launch.substitutions import LaunchConfiguration, PathJoinSubstitution
from launch_ros.actions import Node
from launch_ros.parameter_descriptions import ParameterValue
from launch_ros.substitutions import FindPackageShare

PACKAGE = 'orchestrator_ren'
MOST_ROBOTS = 64


def generate_launch_description():
    default_params_file = PathJoinSubstitution(
        [FindPackageShare(PACKAGE), 'config', 'orchestrator.yaml']
    )
    return LaunchDescription(
        [
            DeclareLaunchArgument(
                'robots',
                default_value='3',
                description='How many; each is in a namespace of its own, r1, r2 and so on.',
            ),
            DeclareLaunchArgument(
                'store_url',
                default_value='',
                description='Database that they share, such as'
                ' postgresql+psycopg2://user@host/name, without a password; empty = an SQLite file'
                ' for each, and no tickets for any robot.',
            ),
            DeclareLaunchArgument(
                'capabilities',
                default_value='{}',
                description='What robots have, as YAML: "{r1: [lift], r2: [lift, scan]}".',
            ),
            DeclareLaunchArgument(
                'standby',
                default_value='false',
                description='Whether a second orchestrator of each robot waits to take over (true'
                ' or false); it needs store_url.',
            ),
            DeclareLaunchArgument(
                'world',
                default_value='warehouse',
                description='World of the robots: warehouse, empty or the path of a world file.',
            ),
            DeclareLaunchArgument(
                'use_sim_time',
                default_value='false',
                description='Whether ROS time is that of /clock (true or false).',
            ),
            DeclareLaunchArgument(
                'params_file',
                default_value=default_params_file,
                description='YAML file with the parameters of all nodes.',
            ),
            DeclareLaunchArgument(
                'log_level',
                default_value='info',
                description='What the nodes log: debug, info, warn, error or fatal.',
            ),
            DeclareLaunchArgument(
                'prefix',
                default_value=LaunchConfiguration('launch-prefix', default=''),
                description='Put before the commands of orchestrators and gates: "nice -n -10" or'
                ' "chrt -f 20" gives them priority.',
            ),
            DeclareLaunchArgument(
                'http',
                default_value='false',
                description='Whether the HTTP gateway is started too (true or false), one for all'
                ' robots; see http_gateway.launch.py.',
            ),
            OpaqueFunction(function=start),
        ]
    )


def start(context):
    """Start the world, what each robot has, and the gateway where it is wanted."""
    given = {
        name: LaunchConfiguration(name).perform(context)
        for name in ('robots', 'store_url', 'capabilities', 'standby', 'world', 'use_sim_time')
    }
    names = robot_names(given['robots'])
    capabilities = capabilities_of(given['capabilities'], names)
    has_standby = is_true(given['standby'])
    if has_standby and not given['store_url']:
        raise RuntimeError(
            'standby:=true needs a store_url: an SQLite file is of one orchestrator'
        )
    simulated = {
        'robots': ','.join(names),
        'world': given['world'],
        'publish_clock': is_true(given['use_sim_time']),
    }
    return [
        node('sim_robot', simulated),
        node('http_gateway', condition=IfCondition(LaunchConfiguration('http'))),
        *(
            each
            for name in names
            for each in robot(name, given['store_url'], capabilities.get(name, []), has_standby)
        ),
    ]


def robot(name, store_url, capabilities, has_standby):
    """Return the orchestrator of a robot, the one that stands by for it, and its gate."""
    base_frame = {'base_frame': f'{name}/base_link'}
    shared = {**base_frame, 'odom_frame': f'{name}/odom', 'gate': 'external'}
    if store_url:
        shared['store_url'] = store_url
    if capabilities:
        shared['capabilities'] = ', '.join(capabilities)
    common = {'namespace': name, 'prefix': LaunchConfiguration('prefix')}
    if has_standby:
        # Both wait for each other: whoever comes first has the robot.
        yield node('orchestrator', {**shared, 'standby': True}, **common)
        yield node('orchestrator', {**shared, 'standby': True}, **common)
    else:
        yield node('orchestrator', shared, **common)
    yield node('cmd_vel_gate', base_frame, **common)


def node(executable, parameters=None, **options):
    """Return the action that starts a program of the package."""
    is_simulated = ParameterValue(LaunchConfiguration('use_sim_time'), value_type=bool)
    is_of_motion = executable in ('orchestrator', 'cmd_vel_gate')
    # A text stays one, even where YAML would take it for something else.
    given = {
        name: ParameterValue(value, value_type=str) if isinstance(value, str) else value
        for name, value in (parameters or {}).items()
    }
    return Node(
        package=PACKAGE,
        executable=executable,
        parameters=[
            *([given] if given else []),
            *([{'use_sim_time': is_simulated}] if is_of_motion else []),
        ],
        # Not in `parameters`, which only warns of a file that is not there.
        ros_arguments=[
            *('--params-file', LaunchConfiguration('params_file')),
            *('--log-level', LaunchConfiguration('log_level')),
        ],
        output='screen',
        **options,
    )


def robot_names(count):
    """Return the names of so many robots, or refuse what is no such number."""
    if not count.isdecimal() or not 1 <= int(count) <= MOST_ROBOTS:
        raise RuntimeError(f'robots is {count!r}; it must be a number from 1 to {MOST_ROBOTS}')
    return [f'r{number}' for number in range(1, int(count) + 1)]


def capabilities_of(text, names):
    """Return the capabilities of each robot, or refuse what would give them to nobody."""
    try:
        given = yaml.safe_load(text) or {}
    except yaml.YAMLError as error:
        raise RuntimeError(f'capabilities is {text!r}, which is no YAML: {error}') from None
    is_mapping = isinstance(given, dict) and all(
        isinstance(each, list) and all(isinstance(word, str) for word in each)
        for each in given.values()
    )
    if not is_mapping:
        raise RuntimeError(f'capabilities is {text!r}; it must be like "{{r1: [lift], r2: []}}"')
    unknown = ', '.join(str(name) for name in given if name not in names)
    if unknown:
        raise RuntimeError(f'capabilities has {unknown}; the robots are {", ".join(names)}')
    return given


def is_true(text):
    """Return whether a launch argument says so."""
    return text.lower() in ('true', '1')
