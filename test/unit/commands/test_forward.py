"""The YAML contract of forwarded commands: what it makes, and what it refuses, in which words."""

import asyncio
import math
from pathlib import Path
from typing import Any

import pytest
import yaml

from orchestrator_ren.commands.command import Prediction
from orchestrator_ren.commands.forward import Forward, forward_command
from orchestrator_ren.commands.forward_contract import ForwardProgress
from orchestrator_ren.commands.forward_file import load_contracts, parse_contracts
from orchestrator_ren.errors import (
    ConfigurationError,
    MissingParameter,
    OutOfRange,
    UnknownParameter,
    WrongType,
)

SAMPLE = Path(__file__).parents[3] / 'config' / 'forward.yaml'
NAVIGATE = {
    'description': 'Drive there.',
    'action': 'nav2_msgs/action/NavigateToPose',
    'endpoint': 'navigate_to_pose',
    'parameters': {
        'x': {'type': 'float', 'ge': -10, 'lt': 10.5},
        'frame': {'type': 'str', 'default': 'map'},
        'laps': {'type': 'int', 'default': 1, 'gt': 0},
        'is_slow': {'type': 'bool', 'default': False},
    },
    'request': {
        'pose.header.frame_id': '$frame',
        'pose.pose.position': {'x': '$x', 'y': 2.5},
        'tags': ['$frame', '$$x', 'literal'],
        'laps': '$laps',
    },
    'result': {'code': 'error_code'},
    'succeeded_when': {'success': True, 'error_code': 0},
    'progress': {'field': 'distance_remaining', 'kind': 'remaining'},
    'resources': ['base'],
    'shared_resources': ['lidar'],
    'moves': True,
    'timeout_seconds': 2,
}


class Recorder:
    """An endpoint that remembers what it was asked."""

    def __init__(self) -> None:
        self.checked: list[Any] = []
        self.called: list[Any] = []

    def check(self, request: Any) -> None:
        self.checked.append(request)

    async def call(self, request: Any, context: Any) -> dict[str, Any]:
        self.called.append(request)
        return {'code': 0}


def text_of(name: str = 'navigate', **changed: Any) -> str:
    fields = {key: value for key, value in {**NAVIGATE, **changed}.items() if value is not None}
    return yaml.safe_dump({'commands': {name: fields}}, sort_keys=False)


def made(**changed: Any) -> tuple[Forward, Recorder]:
    contract = parse_contracts(text_of(**changed), 'robot.yaml')['navigate']
    endpoint = Recorder()
    return forward_command('navigate', contract, endpoint), endpoint


def refusal(text: str) -> str:
    with pytest.raises(ConfigurationError) as caught:
        parse_contracts(text, 'robot.yaml')
    return str(caught.value)


def test_the_command_is_what_the_contract_says() -> None:
    command, _ = made()
    assert (command.name, command.description) == ('navigate', 'Drive there.')
    needs = command.needs(command.parse({'x': 1}))
    assert (needs.exclusive, needs.shared) == ({'base'}, {'lidar'})
    assert (needs.moves, needs.interlocked) == (True, True)
    assert not command.retriable
    assert not command.is_urgent
    assert command.predict(command.parse({'x': 1})) == Prediction()


def test_a_command_is_retriable_where_the_file_says_so() -> None:
    assert made(retriable=True)[0].retriable


def test_two_commands_of_a_file_do_not_share_their_contracts() -> None:
    one, other = made()[0], made(description='Other.', moves=False)[0]
    assert (one.description, other.description) == ('Drive there.', 'Other.')
    assert (one.moves, other.moves) == (True, False)


def test_parameters_are_put_into_the_request() -> None:
    command, endpoint = made()
    params = command.parse({'x': -1, 'frame': 'odom'})
    assert dict(params) == {'x': -1.0, 'frame': 'odom', 'laps': 1, 'is_slow': False}
    assert asyncio.run(command.run(params, None)) == {'code': 0}  # type: ignore[arg-type]
    expected = {
        'pose.header.frame_id': 'odom',
        'pose.pose.position': {'x': -1.0, 'y': 2.5},
        'tags': ['odom', '$x', 'literal'],
        'laps': 1,
    }
    assert endpoint.checked == endpoint.called == [expected]


@pytest.mark.parametrize(
    ('given', 'kind', 'message'),
    [
        ({}, MissingParameter, "'x'|params.x"),
        ({'x': 1, 'z': 1}, UnknownParameter, r'params\.z'),
        ({'x': '1'}, WrongType, "params.x is '1', which is not a number"),
        ({'x': 10.5}, OutOfRange, r'params.x is 10.5; it must be less than 10.5'),
        ({'x': -10.1}, OutOfRange, r'params.x is -10.1; it must be at least -10'),
        ({'x': 1, 'laps': 0}, OutOfRange, r'params.laps is 0; it must be more than 0'),
        ({'x': 1, 'laps': 1.0}, WrongType, 'params.laps is 1.0, which is not of type int'),
        ({'x': 1, 'is_slow': 'no'}, WrongType, "params.is_slow is 'no'"),
        ({'x': 1, 'frame': 3}, WrongType, 'params.frame is 3, which is not of type str'),
    ],
)
def test_bad_parameters_of_a_ticket(given: Any, kind: type[Exception], message: str) -> None:
    command, endpoint = made()
    with pytest.raises(kind, match=message):
        command.parse(given)
    assert endpoint.checked == []


NO_NAME = 'called by a small letter, then up to 63 of a-z, 0-9 and _'
TAKEN = 'called otherwise: that name is taken, or not an identifier'


def parameter(**fields: Any) -> dict[str, Any]:
    return {'parameters': {'x': fields}, 'request': {}}


@pytest.mark.parametrize(
    ('changed', 'message'),
    [
        ({'description': None}, '.description is missing; it must be given'),
        ({'description': 5}, '.description is 5; it must be text'),
        ({'endpoint': None}, '.endpoint is missing; it must be given'),
        ({'speed': 5}, '.speed is unknown; it must be left out, or spelt otherwise'),
        ({'action': None}, ".action or service is ''; it must be one of the two"),
        (
            {'service': 'std_srvs/srv/Trigger'},
            ".action or service is 'nav2_msgs/action/NavigateToPose and std_srvs/srv/Trigger';"
            ' it must be one of the two',
        ),
        ({'parameters': [1]}, '.parameters is [1]; it must be a mapping of parameters by their'),
        ({'parameters': {'x': 5}}, '.parameters.x is 5; it must be a mapping of its fields'),
        (parameter(), '.parameters.x.type is missing; it must be given'),
        (parameter(type='double'), ".type is 'double'; it must be one of: float, int, bool, str"),
        (parameter(type='int', ge='a'), ".parameters.x.ge is 'a'; it must be a number"),
        (parameter(type='int', ge=True), '.parameters.x.ge is True; it must be a number'),
        (parameter(type='int', min=1), '.parameters.x.min is unknown; it must be left out'),
        (parameter(type='str', lt=1), '.x.lt is 1; it must be left out: only numbers have bounds'),
        (parameter(type='int', default=1.5), '.x.default is 1.5; it must be of type int'),
        (parameter(type='float', default='1'), ".x.default is '1'; it must be of type float"),
        (parameter(type='float', default=True), '.x.default is True; it must be of type float'),
        (parameter(type='bool', default=1), '.x.default is 1; it must be of type bool'),
        (
            parameter(type='int', default=5, le=4),
            '.parameters.x.default is 5; it must be finite, and possible within: le 4',
        ),
        (
            parameter(type='int', gt=5, lt=6),
            '.parameters.x is 0; it must be finite, and possible within: gt 5, lt 6',
        ),
        (
            parameter(type='float', default=math.nan),
            '.parameters.x.default is nan; it must be finite',
        ),
        (
            {'parameters': {'a b': {'type': 'int'}}},
            f".parameters.a b is 'a b'; it must be {TAKEN}",
        ),
        ({'parameters': {'json': {'type': 'int'}}}, f"'json'; it must be {TAKEN}"),
        ({'parameters': {'executed': {'type': 'int'}}}, f"'executed'; it must be {TAKEN}"),
        ({'parameters': {'model_x': {'type': 'int'}}}, f"'model_x'; it must be {TAKEN}"),
        (
            {'request': {'pose.x': {'a': ['$y']}}},
            ".request.pose.x is '$y'; it must be a literal, or one of: $x, $frame, $laps",
        ),
        ({'result': {'a': 5}}, '.result.a is 5; it must be text'),
        ({'result': {'executed': 'a'}}, ".result.executed is 'executed'; it must be another key"),
        ({'progress': {'field': 'a'}}, '.progress.kind is missing; it must be given'),
        (
            {'progress': {'field': 'a', 'kind': 'half'}},
            ".progress.kind is 'half'; it must be one of: fraction, percent, remaining",
        ),
        (
            {'action': None, 'service': 'std_srvs/srv/Trigger'},
            ".progress is 'distance_remaining'; it must be left out: a service has no feedback",
        ),
        ({'resources': 'base'}, ".resources is 'base'; it must be a list of texts"),
        ({'resources': ['arm']}, ".resources is ['arm']; it must be with 'base', for it moves"),
        ({'shared_resources': ['base']}, ".shared_resources is 'base'; it must be left out here"),
        ({'moves': 'no'}, ".moves is 'no'; it must be true or false"),
        ({'interlocked': 1}, '.interlocked is 1; it must be true or false'),
        ({'timeout_seconds': 0}, '.timeout_seconds is 0; it must be a number of seconds, more'),
        ({'timeout_seconds': 4000}, '.timeout_seconds is 4000; it must be a number of seconds'),
        ({'name': 'Go There'}, f" is 'Go There'; it must be {NO_NAME}"),
        ({'name': 'x' * 65}, NO_NAME),
    ],
)
def test_a_wrong_field_is_named(changed: dict[str, Any], message: str) -> None:
    told = refusal(text_of(**changed))
    assert told.startswith(f'robot.yaml: commands.{changed.get("name", "navigate")}')
    assert message in told


@pytest.mark.parametrize(
    ('text', 'message'),
    [
        ('commands: [', 'robot.yaml is no YAML; it must be YAML: while parsing'),
        ('[1, 2]', 'robot.yaml is [1, 2]; it must be a mapping'),
        ('commands: 5', 'robot.yaml: commands is 5; it must be a mapping of commands by'),
        ('commands: {go: 5}', 'robot.yaml: commands.go is 5; it must be a mapping of its fields'),
        ('command: {}', 'robot.yaml: command is unknown; it must be left out'),
        ('5: {}', 'robot.yaml: 5 is unknown'),
    ],
)
def test_a_wrong_file_is_named(text: str, message: str) -> None:
    assert refusal(text).startswith(message)


@pytest.mark.parametrize('text', ['', '# nothing', 'commands: {}', '{}'])
def test_an_empty_file_has_no_commands(text: str) -> None:
    assert parse_contracts(text, 'robot.yaml') == {}


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"forward_file is '.*none\.yaml'; it must be a"):
        load_contracts(tmp_path / 'none.yaml')
    (tmp_path / 'latin.yaml').write_bytes(b'\xff')
    with pytest.raises(ConfigurationError, match=r'latin\.yaml'):
        load_contracts(tmp_path / 'latin.yaml')


@pytest.mark.parametrize(
    ('fields', 'sample'),
    [
        ({'type': 'float'}, 0.0),
        ({'type': 'float', 'default': 3}, 3.0),
        ({'type': 'float', 'gt': 0, 'lt': 1e-3}, 5e-4),
        ({'type': 'float', 'ge': 2.5, 'le': 2.5}, 2.5),
        ({'type': 'int', 'gt': 5}, 6),
        ({'type': 'int', 'le': -3}, -3),
        ({'type': 'int', 'gt': 5, 'lt': 7}, 6),
        ({'type': 'bool'}, False),
        ({'type': 'str'}, ''),
        ({'type': 'str', 'default': 'map'}, 'map'),
    ],
)
def test_samples_are_within_the_bounds(fields: dict[str, Any], sample: Any) -> None:
    contract = parse_contracts(text_of(**parameter(**fields)), '')['navigate']
    assert contract.samples() == {'x': sample}
    assert type(contract.samples()['x']) is type(sample)


def test_the_field_that_is_not_as_it_must_be_is_named() -> None:
    contract = parse_contracts(text_of(), '')['navigate']
    assert contract.unmet({'success': True, 'error_code': 0}) == ''
    assert contract.unmet({'success': True, 'error_code': 7}) == 'error_code must be 0'
    assert contract.unmet({'success': False, 'error_code': 7}) == 'success must be true'


@pytest.mark.parametrize(
    ('kind', 'now', 'most', 'share'),
    [
        ('fraction', 0.25, 1.0, 0.25),
        ('percent', 40.0, 50.0, 0.4),
        ('remaining', 8.0, 8.0, 0.0),
        ('remaining', 2.0, 8.0, 0.75),
        ('remaining', 0.0, 0.0, 0.0),
    ],
)
def test_progress(kind: Any, now: float, most: float, share: float) -> None:
    assert ForwardProgress(field='x', kind=kind).share(now, most) == share


def test_the_sample_in_config_is_good() -> None:
    contracts = load_contracts(SAMPLE)
    assert list(contracts) == ['navigate_to_pose']
    command = forward_command('navigate_to_pose', contracts['navigate_to_pose'], Recorder())
    assert command.needs(command.parse({'x': 2.0, 'y': -1.5, 'yaw': 1.57})).moves
