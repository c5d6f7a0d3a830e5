"""docs/interface.md has every service, action and topic of the nodes, as they are."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

rclpy = pytest.importorskip('rclpy')

from rclpy.action import get_action_server_names_and_types_by_node
from rclpy.parameter import Parameter
from rclpy.qos import DurabilityPolicy, ReliabilityPolicy

from orchestrator_ren.robots.sim_robot import SimRobot
from orchestrator_ren.robots.transforms import find_tf_type

PAGE = Path(__file__).parents[2] / 'docs' / 'interface.md'
NODES = ('orchestrator', 'cmd_vel_gate', 'sim_robot')
OF_EVERY_NODE = {'parameter_events', 'rosout'}


def rows(cells: int) -> Iterator[list[str]]:
    """Yield the rows of the tables with at least that many columns."""
    for line in PAGE.read_text(encoding='utf-8').splitlines():
        if line.startswith('| ') and line.count(' |') >= cells:
            yield [cell.strip() for cell in line.strip('|').split('|')]


def type_of(cell: str) -> str:
    """Return the first type that a cell names, as package/Name."""
    name = re.search(r'\[(\w+)\]|`([\w/]+)`', cell)
    return f'orchestrator_ren/{name[1]}' if name[1] else name[2]


def topics_on_the_page() -> dict[tuple[str, str, str], tuple[str, str]]:
    """Return type and QoS for each node, direction and name."""
    found = {}
    for node, direction, name, type_, qos, *_ in rows(6):
        for each in ('orchestrator', 'cmd_vel_gate') if node == 'both' else (node,):
            if each in NODES and direction in ('in', 'out'):
                found[each, direction, name.strip('`')] = (type_of(type_), qos)
    return found


def services_on_the_page() -> dict[tuple[str, str], str]:
    """Return the type for each node and name; that of the action among them."""
    found = {}
    for name, type_, node, *_ in rows(4):
        if node in NODES:
            plain = name.split()[0].strip('`').replace('~', node)
            found[node, plain] = type_of(type_)
    return found


def told(qos: Any) -> str:
    """Return a QoS profile in the words of the page, without its depth."""
    reliable = qos.reliability == ReliabilityPolicy.RELIABLE
    kept = qos.durability == DurabilityPolicy.TRANSIENT_LOCAL
    return 'latched' if reliable and kept else 'reliable' if reliable else 'best effort'


def words_of(qos: str) -> str:
    return 'latched' if 'transient local' in qos else qos.partition(',')[0]


@pytest.fixture
def system(rig):
    """All of it, with everything switched on."""
    gate = {'heartbeat_timeout_s': 60.0, 'stop_distance_m': 0.5}
    rig.start(base=False, gate_parameters=gate)
    robot = SimRobot(parameter_overrides=[Parameter('publish_clock', value=True)], **rig.options)
    rig._add(robot)
    rig.execute(rig.created_id('{}', command='scan'))
    rig.spin_until(lambda: ('orchestrator', 'in', 'scan') in topics_of(rig), 5.0)
    return rig


def plain(rig: Any, name: str) -> str:
    """Return a name as the page has it: without the test's namespace."""
    return name.removeprefix(f'/{rig.options["namespace"]}/')


def topics_of(rig: Any) -> dict[tuple[str, str, str], tuple[str, str]]:
    """Return type and QoS of what the nodes offer and listen to."""
    found = {}
    for direction, infos_of in (
        ('out', rig.client.get_publishers_info_by_topic),
        ('in', rig.client.get_subscriptions_info_by_topic),
    ):
        for topic, _types in rig.client.get_topic_names_and_types():
            for info in infos_of(topic):
                key = info.node_name, direction, plain(rig, topic)
                is_ours = info.node_namespace == f'/{rig.options["namespace"]}'
                if is_ours and info.node_name in NODES:
                    type_ = info.topic_type.replace('/msg/', '/')
                    found[key] = (type_, told(info.qos_profile))
    return {
        key: value
        for key, value in found.items()
        if key[2].strip('/') not in OF_EVERY_NODE and '_action/' not in key[2]
    }


def services_of(rig: Any) -> dict[tuple[str, str], str]:
    """Return the types of the services and actions of the nodes."""
    found = {}
    for node in NODES:
        where = node, f'/{rig.options["namespace"]}'
        services = rig.client.get_service_names_and_types_by_node(*where)
        actions = get_action_server_names_and_types_by_node(rig.client, *where)
        for name, (type_, *_) in (*services, *actions):
            found[node, plain(rig, name)] = re.sub('/(srv|action)/', '/', type_)
    own = ('rcl_interfaces/', 'type_description_interfaces/')  # of every node
    return {
        key: type_
        for key, type_ in found.items()
        if not type_.startswith(own) and '_action/' not in key[1]
    }


def test_the_page_has_the_topics_of_the_nodes_with_type_and_qos(system):
    page = {key: (type_, words_of(qos)) for key, (type_, qos) in topics_on_the_page().items()}
    there = topics_of(system)
    assert page.pop(('cmd_vel_gate', 'in', 'e_stop')) == (
        'std_msgs/Bool',
        'any: three subscriptions',
    )
    assert there.pop(('cmd_vel_gate', 'in', 'e_stop'))[0] == 'std_msgs/Bool'
    if find_tf_type() is None:  # then `test_transforms.py` makes it, and looks there
        for topic in ('/tf', '/tf_static'):
            assert page.pop(('sim_robot', 'out', topic))[0] == 'tf2_msgs/TFMessage'
    assert there == page


def test_the_page_has_the_services_and_the_action_of_the_nodes(system):
    assert services_of(system) == services_on_the_page()
