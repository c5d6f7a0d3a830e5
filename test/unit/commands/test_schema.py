"""Clients see one JSON schema, whichever pydantic the robot has."""

import enum
import json
from typing import Any, Literal

import pytest
from pydantic import BaseModel, Field

from orchestrator_ren.commands.drive_settings import DriveParams
from orchestrator_ren.commands.schema import json_schema
from orchestrator_ren.commands.stop import StopParams


def test_drive_says_what_it_takes() -> None:
    assert json_schema(DriveParams) == {
        'description': 'Parameters of `drive`; the distance driven is speed times duration.',
        'type': 'object',
        'additionalProperties': False,
        'required': ['speed', 'duration_seconds'],
        'properties': {
            'speed': {
                'type': 'number',
                'minimum': 0.0,
                'maximum': 3.0,
                'description': 'Speed not exceeded [m/s].',
            },
            'direction': {
                'type': 'number',
                'minimum': -360.0,
                'maximum': 360.0,
                'default': 0.0,
                'description': "Degrees counter-clockwise from the robot's x axis when it starts.",
            },
            'duration_seconds': {
                'type': 'number',
                'exclusiveMinimum': 0.0,
                'maximum': 3600.0,
                'description': 'Time at that speed [s]; speeding up and slowing down add.',
            },
            'reverse': {
                'type': 'boolean',
                'default': False,
                'description': 'Go backwards: look in the direction, drive in the opposite one.',
            },
        },
    }


def test_a_command_without_parameters_takes_nothing() -> None:
    assert json_schema(StopParams) == {
        'description': '`stop` takes no parameters.',
        'type': 'object',
        'additionalProperties': False,
        'properties': {},
    }


class Point(BaseModel, extra='forbid'):
    """A place."""

    x_m: float
    title: str = 'here'


class Way(BaseModel, extra='forbid'):
    """Some places."""

    start: Point = Field(description='Where it begins.')
    points: list[Point]


def test_shared_parts_are_in_one_place() -> None:
    schema = json_schema(Way)
    assert set(schema['$defs']) == {'Point'}
    assert schema['properties']['points']['items'] == {'$ref': '#/$defs/Point'}
    assert 'definitions' not in json.dumps(schema)


def test_a_reference_stands_beside_what_is_said_about_the_field() -> None:
    assert json_schema(Way)['properties']['start'] == {
        '$ref': '#/$defs/Point',
        'description': 'Where it begins.',
    }


def test_a_parameter_may_be_called_title() -> None:
    assert json_schema(Point)['properties']['title'] == {'type': 'string', 'default': 'here'}


class Named(BaseModel, extra='forbid'):
    """Has a value that looks like a schema."""

    labels: dict[str, str] = {'title': 'kept'}


def test_values_are_left_as_they_are() -> None:
    assert json_schema(Named)['properties']['labels']['default'] == {'title': 'kept'}


class Tree(BaseModel, extra='forbid'):
    """Contains itself."""

    branches: 'list[Tree]' = []


def test_a_type_that_contains_itself_says_at_the_top_what_it_is() -> None:
    schema = json_schema(Tree)
    assert schema['type'] == 'object'
    assert schema['additionalProperties'] is False
    assert schema['properties']['branches']['items'] == {'$ref': '#/$defs/Tree'}
    assert set(schema['$defs']) == {'Tree'}


class Side(enum.Enum):
    """One of two."""

    LEFT = 'left'
    RIGHT = 'right'


class Various(BaseModel, extra='forbid'):
    """Values that are no JSON by themselves."""

    side: Side = Side.LEFT
    speed: Literal['slow', 'fast'] = 'slow'
    sizes: tuple[float, ...] = (1.0, 2.0)


def test_defaults_and_choices_are_json() -> None:
    schema = json_schema(Various)
    assert json.loads(json.dumps(schema)) == schema
    assert schema['properties']['side']['default'] == 'left'
    assert schema['$defs']['Side']['enum'] == ['left', 'right']
    assert schema['properties']['speed']['enum'] == ['slow', 'fast']
    assert schema['properties']['sizes']['default'] == [1.0, 2.0]


class Unbounded(BaseModel, extra='forbid'):
    """Has a default that JSON has no form for."""

    size: float = float('inf')


class WithObject(BaseModel, extra='forbid', arbitrary_types_allowed=True):
    """Holds something nobody can send."""

    thing: json.JSONDecoder


@pytest.mark.parametrize('params_type', [Unbounded, WithObject])
def test_what_has_no_schema_is_an_error(params_type: Any) -> None:
    with pytest.raises(Exception, match='JSON'):
        json_schema(params_type)
