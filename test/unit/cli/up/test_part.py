"""Which programs belong to a robot, and in which order they end."""

import pytest

from orchestrator_ren.cli.up.part import Robot, waiting_for
from orchestrator_ren.errors import LibraryMissing


def names(robot):
    return [part.name for part in robot.parts(lambda package: f'/opt/{package}')]


@pytest.mark.parametrize(
    ('base', 'bases'),
    [('', []), ('sim', ['sim_robot']), ('turtlesim', ['turtlesim_odometry', 'turtlesim_node'])],
)
def test_the_orchestrator_ends_first_and_the_gate_after_the_base(base, bases) -> None:
    assert names(Robot(base)) == ['orchestrator', *bases, 'cmd_vel_gate']


def test_the_http_gateway_ends_before_what_it_asks_and_the_robot_goes_on_without_it() -> None:
    parts = Robot('sim', http_port=8080).parts(lambda package: f'/opt/{package}')
    assert [part.name for part in parts][:2] == ['http_gateway', 'orchestrator']
    assert 'port:=8080' in parts[0].command
    assert [part.name for part in parts if not part.is_needed] == ['http_gateway']


def test_each_gets_namespace_and_parameters() -> None:
    robot = Robot('sim', 'robot1', '/etc/robot.yaml', 'empty')
    for part in robot.parts(lambda package: f'/opt/{package}'):
        line = ' '.join(part.command)
        assert line.startswith(
            f'/opt/orchestrator_ren/lib/orchestrator_ren/{part.name} --ros-args'
        )
        assert '-r __ns:=/robot1' in line
        assert '--params-file /etc/robot.yaml' in line
        assert ('world' in line) is (part.name == 'sim_robot')
        assert ('gate:=external' in line) is (part.name == 'orchestrator')


@pytest.mark.parametrize('base', ['', 'sim', 'turtlesim'])
def test_what_is_said_on_the_command_line_counts_before_what_the_file_says(base) -> None:
    """A file with `gate: in_process` made two gates, and one with a `world` undid --world."""
    robot = Robot(base, '', '/etc/robot.yaml', 'empty' if base == 'sim' else '', http_port=0)
    for part in robot.parts(lambda package: f'/opt/{package}'):
        last_file = part.command.index('/etc/robot.yaml')
        said = [at for at, word in enumerate(part.command) if word in ('-p', '-r')]
        assert all(at > last_file for at in said), part.command


def test_without_a_namespace_none_is_given() -> None:
    parts = Robot('sim').parts(lambda package: f'/opt/{package}')
    assert not any('__ns' in word for part in parts for word in part.command)


def test_velocities_go_to_the_turtle() -> None:
    parts = {each.name: each for each in Robot('turtlesim').parts(lambda package: '/opt')}
    for name in ('orchestrator', 'cmd_vel_gate'):
        assert 'cmd_vel:=turtle1/cmd_vel' in parts[name].command
    assert 'turtlesim_node' in parts['turtlesim_node'].command[0]


def test_a_package_that_is_missing_is_named_with_what_installs_it() -> None:
    def prefix_of(package):
        if package == 'turtlesim':
            raise LookupError(package)
        return '/opt'

    with pytest.raises(
        LibraryMissing, match=r'turtlesim is not installed.*apt install ros-\w+-tu'
    ):
        Robot('turtlesim').parts(prefix_of)


def test_who_waits_for_the_robot_is_done_soon() -> None:
    part = waiting_for(('ren',), 'robot1', 30.0)
    assert not part.is_needed
    assert part.command == ('ren', 'status', '--wait', '--timeout', '30', '-n', 'robot1')
    assert (part.name, part.kind, part.robot) == ('ren', 'ren', '')
