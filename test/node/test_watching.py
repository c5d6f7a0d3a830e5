"""What config/ and launch/ have for watching names only what the nodes really offer."""

import ast
import importlib.util
import json
import re
import runpy
import sys
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import yaml

pytest.importorskip('rclpy')
pytest.importorskip('mujoco')

from diagnostic_msgs.msg import DiagnosticArray
from rclpy.qos import ReliabilityPolicy

from orchestrator_ren.robots.sim_robot import SimRobot
from orchestrator_ren.telemetry.metrics import TicketMetrics

ROOT = Path(__file__).parents[2]
CONFIG = ROOT / 'config'
ACTION = 'execute_ticket/_action/'
ELSEWHERE = {
    '/tf': 'tf2_msgs/msg/TFMessage',
    '/tf_static': 'tf2_msgs/msg/TFMessage',
    '/clock': 'rosgraph_msgs/msg/Clock',
}
"""Not published here: tf2_msgs may not be installed (see `test_transforms.py`), and the simulator
has a clock where it is told to."""

OF_DISPLAY = {
    'LaserScan': 'sensor_msgs/msg/LaserScan',
    'MarkerArray': 'visualization_msgs/msg/MarkerArray',
    'Odometry': 'nav_msgs/msg/Odometry',
}


@dataclass
class Offered:
    """What a running robot offers; names without the namespace begin with `/`, as in config/.

    Attributes:
        topics: Their types, by their names.
        reliable: Topics all of whose publishers are.
        of_ours: Topics that orchestrator and gate publish.
        services: Their names.
        diagnostics: Names of the statuses.
    """

    topics: dict[str, str]
    reliable: set[str]
    of_ours: set[str]
    services: set[str]
    diagnostics: set[str] = field(default_factory=set)


@pytest.fixture
def offered(rig: Any) -> Offered:
    rig.start(base=False)
    robot = rig._add(SimRobot(cli_args=['--ros-args', '-p', 'world:=empty'], **rig.options))
    robot.start()
    diagnostics: set[str] = set()

    def on_diagnostics(message: DiagnosticArray) -> None:
        diagnostics.update(each.name.rpartition('/')[2] for each in message.status)

    rig.client.create_subscription(DiagnosticArray, '/diagnostics', on_diagnostics, 10)
    rig.spin_until(lambda: {each.partition(':')[0] for each in diagnostics} >= {
        'orchestrator', 'cmd_vel_gate'
    })  # fmt: skip
    client, namespace = rig.client, rig.client.get_namespace()

    def name_of(full: str) -> str:
        return full.removeprefix(namespace)

    ours = {'orchestrator', 'cmd_vel_gate'}
    topics = client.get_topic_names_and_types()
    publishers = {name: client.get_publishers_info_by_topic(name) for name, _ in topics}
    return Offered(
        topics=ELSEWHERE | {name_of(name): types[0] for name, types in topics},
        reliable={
            name_of(name)
            for name, infos in publishers.items()
            if infos
            and all(i.qos_profile.reliability == ReliabilityPolicy.RELIABLE for i in infos)
        },
        of_ours={
            name_of(name)
            for name, infos in publishers.items()
            # Other tests of this process have left some, for a while.
            if any(info.node_name in ours for info in infos) and '/test_' not in name_of(name)
        },
        services={name_of(name) for name, _ in client.get_service_names_and_types()},
        diagnostics=diagnostics,
    )


def python_type(name: str) -> Any:
    package, kind, type_name = name.split('/')
    return getattr(importlib.import_module(f'{package}.{kind}'), type_name)


def field_type(topics: dict[str, str], topic: str, names: list[str]) -> str:
    """Return the type of a field of the topic's messages; fails where there is none."""
    found = topics[topic]
    for name in names:
        fields = python_type(re.sub(r'\[.*|<.*', '', full(found))).get_fields_and_field_types()
        assert name in fields, f'{topic}: {found} has no {name}'
        found = fields[name].removeprefix('sequence<').rstrip('>')
    return found


def full(name: str) -> str:
    return name if name.count('/') == 2 else name.replace('/', '/msg/')


def topic_of(offered: Offered, path: str, separator: str) -> tuple[str, list[str]]:
    """Return the topic that a path of topic and fields begins with, and the fields."""
    parts = path.split(separator)
    for length in range(len(parts), 0, -1):
        topic = separator.join(parts[:length])
        if topic in offered.topics:
            return topic, parts[length:]
    raise AssertionError(f'{path}: there is no such topic')


def test_rviz_shows_topics_that_are_there_with_a_quality_that_they_have(offered: Offered) -> None:
    manager = yaml.safe_load((CONFIG / 'orchestrator.rviz').read_text())['Visualization Manager']
    assert manager['Global Options']['Fixed Frame'] == 'odom'
    displays = {each['Class'].rpartition('/')[2]: each for each in manager['Displays']}
    assert {'Grid', 'TF', *OF_DISPLAY} == set(displays)
    for kind, type_name in OF_DISPLAY.items():
        topic = displays[kind]['Topic']
        assert offered.topics[topic['Value']] == type_name
        if topic['Reliability Policy'] == 'Reliable':
            assert topic['Value'] in offered.reliable
        assert topic['Durability Policy'] == 'Volatile'


def test_rviz_shows_each_kind_of_marker(running: Any) -> None:
    manager = yaml.safe_load((CONFIG / 'orchestrator.rviz').read_text())['Visualization Manager']
    [markers] = [each for each in manager['Displays'] if each['Class'].endswith('MarkerArray')]
    seen: set[str] = set()
    running.client.create_subscription(
        python_type('visualization_msgs/msg/MarkerArray'),
        'markers',
        lambda message: seen.update(each.ns for each in message.markers),
        10,
    )
    running.spin_until(lambda: seen)
    assert seen == set(markers['Namespaces'])


def test_foxglove_shows_fields_that_are_there(offered: Offered) -> None:
    layout = json.loads((CONFIG / 'orchestrator.foxglove.json').read_text())
    panels = layout['configById']
    paths = [path['value'] for each in panels.values() for path in each.get('paths', ())]
    paths += [each['topicPath'] for each in panels.values() if 'topicPath' in each]
    paths += [each['topicToRender'] for each in panels.values() if 'topicToRender' in each]
    paths += [topic for each in panels.values() for topic in each.get('topics', ())]
    metrics = {each.name for each in TicketMetrics().snapshot()}
    assert len(paths) > 15
    for path in paths:
        for name in re.findall(r'{name=="([^"]*)"}', path):
            assert name in metrics
        plain = re.sub(r'\[:\]({[^}]*})?', '', path)
        field_type(offered.topics, *topic_of(offered, plain, '.'))


def test_foxglove_lays_out_each_panel_once() -> None:
    layout = json.loads((CONFIG / 'orchestrator.foxglove.json').read_text())
    placed = re.findall(r'"(\w+!\w+)"', json.dumps(layout['layout']))
    assert sorted(placed) == sorted(layout['configById'])


def keys_of(group: dict[str, Any]) -> dict[str, Any]:
    """Return the values that a group of a perspective has, of its groups too."""
    found = {name: ast.literal_eval(each['repr']) for name, each in group['keys'].items()}
    for name, each in group['groups'].items():
        found.update({f'{name}/{key}': value for key, value in keys_of(each).items()})
    return found


def test_rqt_shows_fields_and_services_that_are_there(offered: Offered) -> None:
    values = keys_of(json.loads((CONFIG / 'orchestrator.perspective').read_text()))
    plugins = values['pluginmanager/running-plugins']
    plotted = [
        path for name, value in values.items() if name.endswith('/topics') for path in value
    ]
    assert len(plotted) >= 4
    for path in plotted:
        found = field_type(offered.topics, *topic_of(offered, path, '/'))
        assert found in ('double', 'float', 'uint8', 'uint32'), f'{path} is no number'
    asked = [value for name, value in values.items() if name.endswith('/current_service_name')]
    assert asked
    assert set(asked) <= offered.services
    for name in values:
        if match := re.search(r'plugin__(\w+?)__(\w+?)__(\d+)/', name):
            assert int(match[3]) in plugins[f'{match[1]}/{match[2]}']


def test_the_aggregator_knows_each_status_and_no_other(offered: Offered) -> None:
    """A status that it does not know stands among `Other`, where nobody looks."""
    given = yaml.safe_load((CONFIG / 'diagnostics.yaml').read_text())['/**']['ros__parameters']
    groups = {name: each for name, each in given.items() if isinstance(each, dict)}
    assert all(each['type'] == 'diagnostic_aggregator/GenericAnalyzer' for each in groups.values())
    patterns = [pattern for each in groups.values() for pattern in each['contains']]
    assert sorted(patterns) == sorted(offered.diagnostics)
    for name in offered.diagnostics:
        matching = [pattern for pattern in patterns if pattern in f'robot1/{name}']
        assert len(matching) == 1, f'{name}: {matching}'


@pytest.fixture
def record(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What is in record.launch.py, also where launch is not installed."""
    if importlib.util.find_spec('launch_ros') is None:
        for name in ('launch', 'launch.actions', 'launch.substitutions'):
            stand_in = ModuleType(name)
            stand_in.__getattr__ = lambda _: object  # type: ignore[method-assign]
            monkeypatch.setitem(sys.modules, name, stand_in)
    return runpy.run_path(str(ROOT / 'launch' / 'record.launch.py'))


def test_the_story_of_a_ticket_is_all_that_is_published_and_nothing_else(
    offered: Offered, record: dict[str, Any]
) -> None:
    recorded = {f'/{each}' for each in record['OF_THE_ROBOT']} | set(record['OF_ALL'])
    offered.topics |= dict.fromkeys([f'/{ACTION}feedback', f'/{ACTION}status'], '')
    assert recorded <= set(offered.topics), 'nobody publishes it'
    assert offered.of_ours - {'/parameter_events'} <= recorded, 'it is forgotten'
    assert {f'/{each}' for each in record['SERVICES']} <= offered.services


@pytest.mark.parametrize(
    ('namespace', 'topic'),
    [('', '/status'), ('robot1', '/robot1/status'), ('/site/robot1/', '/site/robot1/status')],
)
def test_a_recorder_listens_in_the_namespace(
    record: dict[str, Any], namespace: str, topic: str
) -> None:
    words = record['command'](namespace=namespace)
    assert words[:5] == ['ros2', 'bag', 'record', '--storage', 'mcap']
    topics = words[words.index('--topics') + 1 :]
    assert topic in topics
    assert {'/tf', '/diagnostics'} <= set(topics)
    assert '--services' not in words
    assert '--output' not in words


def test_services_are_recorded_where_that_is_asked_for(record: dict[str, Any]) -> None:
    words = record['command'](namespace='robot1', output='here', services='true')
    assert '/robot1/create_ticket' in words[words.index('--services') :]
    assert words[words.index('--output') + 1] == 'here'
