"""Types by name, plain values into messages and back, and forwarded commands against the types."""

import copy
import json
import math
from pathlib import Path
from typing import Any

import pytest
import yaml

rclpy = pytest.importorskip('rclpy')

import numpy as np
from builtin_interfaces.msg import Duration, Time
from diagnostic_msgs.msg import DiagnosticStatus
from geometry_msgs.msg import PoseStamped, PoseWithCovariance, Quaternion
from nav_msgs.msg import OccupancyGrid
from nav_msgs.msg import Path as Path_
from rcl_interfaces.msg import ParameterDescriptor, ParameterValue
from rclpy.serialization import deserialize_message, serialize_message
from sensor_msgs.msg import CompressedImage, JointState, LaserScan, MultiDOFJointState
from std_msgs.msg import ColorRGBA, Empty, String, UInt8
from std_srvs.srv import SetBool
from unique_identifier_msgs.msg import UUID

from orchestrator_ren.action import ExecuteTicket
from orchestrator_ren.commands.json_form import JsonBudget
from orchestrator_ren.errors import ConfigurationError, ResultTooLarge, WrongType
from orchestrator_ren.orchestrator.forward import message_fields
from orchestrator_ren.orchestrator.forward.forwarding import forwarded_commands
from orchestrator_ren.orchestrator.forward.message_fields import (
    FieldMismatch,
    field_value,
    find_interface,
    set_fields,
)
from orchestrator_ren.srv import CreateTicket, ListTickets

SETTINGS: list[tuple[type, dict[str, Any]]] = [
    (PoseStamped, {'header': {'frame_id': 'map', 'stamp': {'sec': 3}}, 'pose': {}}),
    (LaserScan, {'ranges': [1.0, 2.0], 'angle_min': -1.5}),
    (JointState, {'name': ['a', 'b'], 'position': [0.5, -0.5]}),
    (PoseWithCovariance, {'covariance': [float(number) for number in range(36)]}),
    (UUID, {'uuid': list(range(16))}),
    (CompressedImage, {'data': [0, 127, 255], 'format': 'jpeg'}),
    (MultiDOFJointState, {'transforms': [{'translation': {'x': 1.5}}, {}]}),
    (ParameterValue, {'bool_array_value': [True, False], 'integer_array_value': [-(2**63)]}),
    (ParameterValue, {'string_array_value': ['a'], 'double_array_value': [1.5]}),
    (ListTickets.Request, {'statuses': ['FAILED'], 'created_from': {'sec': 1, 'nanosec': 5}}),
    (Duration, {'sec': -1, 'nanosec': 999_999_999}),
    (UInt8, {'data': 255}),
    (Empty, {}),
]


def to_plain(value: Any) -> Any:
    return message_fields.to_plain(value, 'result', JsonBudget())


LARGE = [
    (OccupancyGrid(data=[0] * 40_000), 'result.data has 80000 bytes'),
    (LaserScan(ranges=[0.5] * 40_000), 'result.ranges has 80000 bytes'),
    (JointState(name=['x'] * 40_000), 'result.name has 80000 bytes'),
    (String(data='x' * 70_000), 'result.data has 70002 bytes'),
    (Path_(poses=[PoseStamped()] * 1000), 'result.poses.'),
    (CompressedImage(data=bytes(40_000)), 'result.data has 80000 bytes'),
]


@pytest.mark.parametrize(('message', 'words'), LARGE, ids=lambda each: str(each)[:20])
def test_message_larger_than_a_ticket_keeps_is_refused_with_its_field(
    message: Any, words: str
) -> None:
    with pytest.raises(ResultTooLarge, match=words):
        to_plain(message)


@pytest.mark.parametrize(('message_type', 'values'), SETTINGS, ids=lambda each: repr(each)[:40])
def test_what_is_set_is_there_and_can_be_sent_and_stored(message_type: type, values: Any) -> None:
    message = set_fields(message_type(), values)
    assert _holds(to_plain(message), values)
    json.dumps(to_plain(message), allow_nan=False)
    assert deserialize_message(serialize_message(message), message_type) == message


@pytest.mark.parametrize(('message_type', 'values'), SETTINGS, ids=lambda each: repr(each)[:40])
def test_the_same_as_rosidl_runtime_py(message_type: type, values: Any) -> None:
    rosidl = pytest.importorskip('rosidl_runtime_py')
    expected = message_type()
    rosidl.set_message_fields(expected, copy.deepcopy(values))  # it changes lists in them
    assert set_fields(message_type(), values) == expected
    ordered = rosidl.message_to_ordereddict(expected)
    assert to_plain(expected) == json.loads(json.dumps(ordered, default=list))


def test_the_same_types_as_rosidl_runtime_py() -> None:
    utilities = pytest.importorskip('rosidl_runtime_py.utilities')
    for name, kind, find in (
        ('orchestrator_ren/action/ExecuteTicket', 'action', utilities.get_action),
        ('std_srvs/srv/SetBool', 'service', utilities.get_service),
    ):
        assert find_interface(name, kind) is find(name)


def _holds(whole: Any, part: Any) -> bool:
    if isinstance(part, dict):
        return all(_holds(whole[key], each) for key, each in part.items())
    if isinstance(part, list):
        pairs = zip(whole, part, strict=True)
        return all(_holds(one, other) for one, other in pairs)
    return whole == part and type(whole) is type(part)


def test_paths_reach_into_nested_messages_in_order() -> None:
    message = set_fields(
        PoseStamped(), {'pose': {'position': {'x': 1, 'y': 2}}, 'pose.position.x': 3}
    )
    assert (message.pose.position.x, message.pose.position.y) == (3.0, 2.0)
    assert field_value(message, 'pose.position.x') == 3.0
    assert field_value(message, 'pose') is message.pose


def test_a_number_is_seconds_or_a_yaw() -> None:
    stamped = set_fields(PoseStamped(), {'header.stamp': 1.25, 'pose.orientation': math.pi / 2})
    assert stamped.header.stamp == Time(sec=1, nanosec=250_000_000)
    assert stamped.pose.orientation == Quaternion(z=math.sin(math.pi / 4), w=math.cos(math.pi / 4))
    request = set_fields(ListTickets.Request(), {'created_from': -0.5})
    assert request.created_from == Time(sec=-1, nanosec=500_000_000)
    assert set_fields(ListTickets.Request(), {'created_until': 7}).created_until.sec == 7


def test_bytes_are_taken_for_octets_and_for_lists_of_them() -> None:
    assert set_fields(DiagnosticStatus(), {'level': 2}).level == b'\x02'
    assert set_fields(DiagnosticStatus(), {'level': b'\x02'}).level == b'\x02'
    value = set_fields(ParameterValue(), {'byte_array_value': b'\x01\xff'})
    assert value.byte_array_value == [b'\x01', b'\xff']
    assert to_plain(value)['byte_array_value'] == [1, 255]
    assert list(set_fields(CompressedImage(), {'data': b'\x01\xff'}).data) == [1, 255]
    assert to_plain(DiagnosticStatus(level=b'\x02'))['level'] == 2


@pytest.mark.parametrize('value', [math.nan, math.inf, -math.inf])
def test_what_json_cannot_hold_becomes_null(value: float) -> None:
    scan = LaserScan(range_max=value, ranges=[1.0, value])
    plain = to_plain(scan)
    assert (plain['range_max'], plain['ranges']) == (None, [1.0, None])
    json.dumps(plain, allow_nan=False)
    covariance = to_plain(PoseWithCovariance(covariance=np.full(36, value)))['covariance']
    assert covariance == [None] * 36


def test_arrays_of_numpy_become_lists_of_plain_numbers() -> None:
    plain = to_plain(UUID(uuid=np.arange(16, dtype=np.uint8)))
    assert plain == {'uuid': list(range(16))}
    assert {type(each) for each in plain['uuid']} == {int}
    assert type(to_plain(np.float32(0.5))) is float


def test_an_empty_message_is_an_empty_mapping() -> None:
    assert to_plain(Empty()) == {}


@pytest.mark.parametrize(
    ('message_type', 'path', 'value', 'message'),
    [
        (PoseStamped, 'pose.x', 1, 'pose.x is unknown; it must be one of: position, orientation'),
        (PoseStamped, 'poses', 1, 'poses is unknown; it must be one of: header, pose'),
        (PoseStamped, 'pose..x', 1, 'pose..x is unknown'),
        (PoseStamped, '', 1, ' is unknown'),
        (PoseStamped, '__class__', 1, 'unknown'),
        (PoseStamped, 'header.frame_id.x', 1, "no path: what is left of 'x' has no fields"),
        (PoseStamped, 'header', {'frame': 'a'}, 'header.frame is unknown'),
        (PoseStamped, 'header.frame_id', 5, 'header.frame_id is 5; it must be text'),
        (PoseStamped, 'pose', 5, 'pose is 5; it must be a geometry_msgs/Pose: a mapping'),
        (PoseStamped, 'pose.orientation', math.inf, 'it must be a finite number'),
        (PoseStamped, 'pose.orientation', True, 'it must be a geometry_msgs/Quaternion'),
        (PoseStamped, 'header.stamp', 1e10, 'header.stamp.sec is 10000000000; it must be an int'),
        (PoseStamped, 'pose.position.x', '1', "pose.position.x is '1'; it must be a number"),
        (PoseStamped, 'pose.position.x', True, 'pose.position.x is True; it must be a number'),
        (ColorRGBA, 'r', 1e39, 'r is 1e+39; it must be a number that 32 bits hold'),
        (UInt8, 'data', 256, 'data is 256; it must be an integer from 0 to 255'),
        (UInt8, 'data', -1, 'data is -1; it must be an integer from 0 to 255'),
        (UInt8, 'data', 1.0, 'data is 1.0; it must be an integer'),
        (UInt8, 'data', True, 'data is True; it must be an integer'),
        (SetBool.Request, 'data', 1, 'data is 1; it must be true or false'),
        (SetBool.Request, 'data', 'no', "data is 'no'; it must be true or false"),
        (LaserScan, 'ranges', 1.0, 'ranges is 1.0; it must be a list'),
        (LaserScan, 'ranges', 'abc', "ranges is 'abc'; it must be a list"),
        (LaserScan, 'ranges', [1.0, 'a'], "ranges.1 is 'a'; it must be a number"),
        (UUID, 'uuid', [1], 'it must be a list of 16 items'),
        (ListTickets.Request, 'statuses', ['a'] * 7, 'it must be a list of at most 6 items'),
        (ListTickets.Request, 'statuses', ['a' * 17], 'text of at most 16 characters'),
        (ParameterDescriptor, 'integer_range', [{}, {}], 'a list of at most 1 items'),
        (DiagnosticStatus, 'level', 256, 'level is 256; it must be an integer from 0 to 255'),
        (DiagnosticStatus, 'values', [{'k': 'a'}], 'values.0.k is unknown'),
    ],
)
def test_what_does_not_fit_is_named(
    message_type: type, path: str, value: Any, message: str
) -> None:
    with pytest.raises(FieldMismatch) as caught:
        set_fields(message_type(), {path: value})
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ('name', 'kind', 'found'),
    [
        ('orchestrator_ren/action/ExecuteTicket', 'action', ExecuteTicket),
        ('orchestrator_ren/srv/CreateTicket', 'service', CreateTicket),
        ('std_srvs/srv/SetBool', 'service', SetBool),
    ],
)
def test_types_are_found_by_their_names(name: str, kind: str, found: type) -> None:
    assert find_interface(name, kind) is found


@pytest.mark.parametrize(
    ('name', 'kind', 'message'),
    [
        ('std_srvs/srv/SetBool', 'action', 'written package/action/Name'),
        ('SetBool', 'service', 'written package/srv/Name'),
        ('std_srvs/SetBool', 'service', 'written package/srv/Name'),
        ('a/b/srv/SetBool', 'service', 'written package/srv/Name'),
        ('../srv/SetBool', 'service', 'written package/srv/Name'),
        ('', 'service', 'written package/srv/Name'),
        ('std_srvs/srv/Nothing', 'service', 'an installed service; is its workspace sourced?'),
        ('no_such_msgs/action/Go', 'action', 'an installed action; is its workspace sourced?'),
    ],
)
def test_types_that_are_not_there_are_told(name: str, kind: str, message: str) -> None:
    with pytest.raises(LookupError, match=message.replace('?', r'\?')):
        find_interface(name, kind)


# Contracts against the types.

SWITCH = {
    'description': 'Switch it.',
    'service': 'std_srvs/srv/SetBool',
    'endpoint': 'switch',
    'parameters': {'lit': {'type': 'bool'}},
    'request': {'data': '$lit'},
}
LIST = {
    'description': 'List tickets.',
    'service': 'orchestrator_ren/srv/ListTickets',
    'endpoint': 'list_tickets',
    'parameters': {'limit': {'type': 'int', 'default': 5}, 'of': {'type': 'str'}},
    'request': {'limit': '$limit', 'command': '$of'},
}
RUN = {
    'description': 'Run a ticket elsewhere.',
    'action': 'orchestrator_ren/action/ExecuteTicket',
    'endpoint': '/elsewhere/execute_ticket',
    'progress': {'field': 'progress', 'kind': 'fraction'},
}


@pytest.fixture
def commands_of(context: Any, namespace: str, tmp_path: Path) -> Any:
    node = rclpy.create_node('forwarder', namespace=namespace, context=context)

    def load(**commands: Any) -> Any:
        (tmp_path / 'robot.yaml').write_text(yaml.safe_dump({'commands': commands}))
        loaded = forwarded_commands(node, str(tmp_path / 'robot.yaml'), ('drive', 'stop'))
        return {each.name: each for each in loaded}

    yield load
    node.destroy_node()


def test_no_file_means_no_commands() -> None:
    assert forwarded_commands(None, '', ()) == []


def test_a_command_does_not_take_the_place_of_another(commands_of: Any) -> None:
    with pytest.raises(ConfigurationError, match=r'commands\.stop is taken by another command'):
        commands_of(stop=SWITCH)


def test_contracts_that_fit_their_types_become_commands(commands_of: Any) -> None:
    commands = commands_of(switch=SWITCH, list=LIST, run=RUN)
    assert sorted(commands) == ['list', 'run', 'switch']
    assert dict(commands['list'].parse({'of': 'drive'})) == {'limit': 5, 'of': 'drive'}


@pytest.mark.parametrize(
    ('given', 'message'),
    [
        ({'of': 'a', 'limit': -1}, 'the request field limit is -1, which is not an integer'),
        ({'of': 'a' * 65}, 'which is not text of at most 64 characters'),
    ],
)
def test_a_parameter_that_its_field_does_not_take_is_refused(
    commands_of: Any, given: Any, message: str
) -> None:
    with pytest.raises(WrongType, match=message):
        commands_of(list=LIST)['list'].parse(given)


@pytest.mark.parametrize(
    ('contract', 'message'),
    [
        ({**SWITCH, 'service': 'std_srvs/srv/No'}, ".service is 'std_srvs/srv/No'; it must be an"),
        ({**SWITCH, 'endpoint': 'a b'}, ".endpoint is 'a b'; it must be a name in ROS"),
        ({**SWITCH, 'endpoint': ''}, ".endpoint is ''; it must be a name in ROS"),
        ({**SWITCH, 'request': {'date': True}}, '.request: date is unknown; it must be one of'),
        ({**SWITCH, 'request': {'data': 'yes'}}, ".request: data is 'yes'; it must be true or"),
        (
            {**SWITCH, 'parameters': {'lit': {'type': 'float'}}},
            '.request: data is 0.0; it must be true or false',
        ),
        ({**SWITCH, 'result': {'ok': 'succes'}}, '.result.ok: succes is unknown; it must be one'),
        (
            {**SWITCH, 'succeeded_when': {'success': 'true'}},
            ".succeeded_when: success is 'true'; it must be true or false",
        ),
        (
            {**RUN, 'progress': {'field': 'far', 'kind': 'percent'}},
            '.progress.field: far is unknown; it must be one of: status, status_code, progress',
        ),
        (
            {**RUN, 'progress': {'field': 'status', 'kind': 'percent'}},
            '.progress.field: status is no number; it must be a number',
        ),
    ],
)
def test_what_the_type_does_not_have_is_told_at_start(
    commands_of: Any, contract: Any, message: str
) -> None:
    with pytest.raises(ConfigurationError) as caught:
        commands_of(bad=contract)
    assert f'robot.yaml: commands.bad{message}' in str(caught.value)
