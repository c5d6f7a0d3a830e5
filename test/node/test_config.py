"""config/orchestrator.yaml: complete, at the defaults, explained, and effective in a namespace."""

import re
from pathlib import Path

import pytest
import yaml

rclpy = pytest.importorskip('rclpy')

from orchestrator_ren.gate import parameters as gate_parameters
from orchestrator_ren.gate.node import CmdVelGate
from orchestrator_ren.gateway import parameters as gateway_parameters
from orchestrator_ren.orchestrator import parameters as orchestrator_parameters
from orchestrator_ren.orchestrator.node import Orchestrator
from orchestrator_ren.robots import parameters as robot_parameters
from orchestrator_ren.robots.sim_robot import SimRobot
from orchestrator_ren.ros.parameters import Parameter

CONFIG = Path(__file__).parents[2] / 'config' / 'orchestrator.yaml'
TABLES = {
    'orchestrator': orchestrator_parameters.PARAMETERS,
    'cmd_vel_gate': gate_parameters.PARAMETERS,
    'http_gateway': gateway_parameters.PARAMETERS,
    'sim_robot': robot_parameters.SIM_ROBOT,
    'turtlesim_odometry': robot_parameters.TURTLESIM_ODOMETRY,
}
SET_BY_LAUNCH = {'world', 'robots', 'real_time_factor', 'publish_clock'}
"""Arguments of sim.launch.py and fleet.launch.py; what the file says would not count there."""


def expected(node: str) -> list[Parameter]:
    left_out = SET_BY_LAUNCH if node == 'sim_robot' else set()
    return [each for each in TABLES[node] if each.name not in left_out]


def section(node: str) -> str:
    """Return the text of the node's part of the file."""
    return CONFIG.read_text().partition(f'/**/{node}:')[2].partition('\n/**/')[0]


def comment_above(name: str, text: str) -> str:
    block = re.search(rf'((?: *#.*\n)+) *{name}:', text)
    return ' '.join(line.strip(' #') for line in block[1].splitlines()) if block else ''


def test_the_file_has_every_node_and_no_other() -> None:
    assert list(yaml.safe_load(CONFIG.read_text())) == [f'/**/{node}' for node in TABLES]


@pytest.mark.parametrize('node', TABLES)
def test_values_are_the_defaults(node: str) -> None:
    values = yaml.safe_load(CONFIG.read_text())[f'/**/{node}']['ros__parameters']
    assert values == {each.name: each.default for each in expected(node)}
    assert [type(value) for value in values.values()] == [
        type(each.default) for each in expected(node)
    ]


@pytest.mark.parametrize('node', TABLES)
def test_every_value_is_explained_as_in_the_table(node: str) -> None:
    for each in expected(node):
        assert comment_above(each.name, section(node)) == (
            f'{each.description} Must be {each.limit}.'
        )


@pytest.mark.parametrize('namespace', ['/', '/robot1', '/site/robot1'])
@pytest.mark.parametrize(
    ('node_class', 'line', 'changed'),
    [
        (Orchestrator, 'acceleration_mps2: 1.0', 0.25),
        (CmdVelGate, 'max_yaw_rate_radps: 2.0', 0.5),
        (SimRobot, 'command_timeout_s: 0.5', 1.5),
    ],
)
def test_a_changed_value_arrives_in_any_namespace(
    context: rclpy.Context,
    tmp_path: Path,
    namespace: str,
    node_class: type,
    line: str,
    changed: float,
) -> None:
    name = line.partition(':')[0]
    text = CONFIG.read_text()
    assert line in text
    (tmp_path / 'changed.yaml').write_text(text.replace(line, f'{name}: {changed}'))
    arguments = ['--ros-args', '--params-file', str(tmp_path / 'changed.yaml')]
    node = node_class(context=context, namespace=namespace, cli_args=arguments)
    try:
        assert node.get_parameter(name).value == changed
    finally:
        node.destroy_node()
