"""What a command's schema says is what its options take, and refuse."""

import argparse

import pytest

from orchestrator_ren.cli.parser import Parser
from orchestrator_ren.cli.schema_options import (
    add_options,
    check,
    options_of,
    params_of,
    read_value,
)
from orchestrator_ren.commands.drive_settings import DriveParams
from orchestrator_ren.commands.schema import json_schema
from orchestrator_ren.errors import (
    ArgumentInvalid,
    ContractError,
    NotFinite,
    OutOfRange,
    UnknownParameter,
    WrongType,
)

DRIVE = json_schema(DriveParams)
ODD = {
    'properties': {
        'side': {'$ref': '#/$defs/Side', 'default': 'left'},
        'speed': {'anyOf': [{'type': 'number', 'exclusiveMinimum': 0}, {'type': 'null'}]},
        'points': {'type': 'array', 'items': {'type': 'number'}, 'maxItems': 2},
        'title': {'type': 'string', 'maxLength': 3, 'description': '100 %'},
        'any': {},
        'priority': {'type': 'integer'},
    },
    '$defs': {'Side': {'enum': ['left', 'right'], 'type': 'string'}},
}


def read(schema, *words):
    parser = Parser(prog='ren create x', add_help=False)
    parser.add_argument('--priority')
    add_options(parser, 'x', options_of(schema))
    return params_of(parser.parse_args(words))


def test_words_become_parameters_of_their_types() -> None:
    words = ('--speed', '1.5', '--direction', '-90', '--duration-seconds', '10', '--reverse')
    assert read(DRIVE, *words) == {
        'speed': 1.5, 'direction': -90, 'duration_seconds': 10, 'reverse': True
    }  # fmt: skip
    assert read(DRIVE, '--no-reverse') == {'reverse': False}
    words = ('--side', 'left', '--speed', '1e-3', '--points', '[1, 2]', '--title', '12')
    assert read(ODD, *words) == {'side': 'left', 'speed': 0.001, 'points': [1, 2], 'title': '12'}
    assert read(ODD, '--any', '{a: 1}') == {'any': {'a': 1}}


def test_help_has_description_range_and_default() -> None:
    speed, direction, *_ = options_of(DRIVE)
    assert speed.help == (
        'Speed not exceeded [m/s]. Must be a number, at least 0.0, at most 3.0. Required.'
    )
    assert direction.help.endswith('Default: 0.0.')
    parser = Parser(prog='ren', add_help=False)
    add_options(parser, 'x', options_of(ODD))
    assert '100 %' in parser.format_help()
    assert 'one of: left, right' in parser.format_help()


def test_a_parameter_that_is_called_like_an_option_of_ren_is_left_to_params() -> None:
    assert read(ODD, '--priority', '3') == {}


@pytest.mark.parametrize(
    ('params', 'kind', 'words'),
    [
        ({'speed': 9}, OutOfRange, ('--speed', '9', 'at most 3.0')),
        ({'speed': -0.1}, OutOfRange, ('--speed', '-0.1', 'at least 0.0')),
        ({'speed': 1, 'duration_seconds': 0}, OutOfRange, ('--duration-seconds', 'above 0.0')),
        ({'speed': 'x'}, WrongType, ('--speed', "'x'", 'a number')),
        ({'speed': True}, WrongType, ('--speed', 'True', 'a number')),
        ({'speed': float('nan')}, NotFinite, ('--speed', 'nan')),
        ({'speed': float('inf')}, NotFinite, ('--speed', 'inf')),
        ({'speed': 1, 'reverse': 1}, WrongType, ('--reverse', 'true or false')),
        ({'speed': 1}, ContractError, ('--duration-seconds is missing', "'drive'")),
        ({'sped': 1}, UnknownParameter, ('sped', 'duration_seconds')),
    ],
)
def test_what_the_schema_of_drive_refuses_is_refused_with_field_value_and_limit(
    params, kind, words
) -> None:
    with pytest.raises(kind) as caught:
        check('drive', DRIVE, params)
    for each in words:
        assert each in str(caught.value)


@pytest.mark.parametrize(
    ('params', 'word'),
    [
        ({'side': 'up'}, 'one of: left, right'),
        ({'speed': 0}, 'above 0'),
        ({'points': [1, 2, 3]}, 'a list of at most 2'),
        ({'points': 3}, 'a list'),
        ({'title': 'long'}, 'at most 3 characters'),
        ({'priority': 1.5}, 'a whole number'),
    ],
)
def test_other_limits_of_schemas_are_kept_too(params, word) -> None:
    with pytest.raises(ContractError, match=word):
        check('x', ODD, params)


def test_what_a_schema_says_nothing_of_is_left_to_the_robot() -> None:
    check('x', ODD, {'any': object(), 'new': 1, 'side': 'left', 'speed': 1})
    check('x', {}, {'a': 1})


def test_drive_as_it_should_be_passes() -> None:
    check('drive', DRIVE, {'speed': 3.0, 'duration_seconds': 3600, 'direction': -360.0})


def test_what_is_no_yaml_is_refused() -> None:
    with pytest.raises(ContractError, match='is no YAML'):
        read_value('{a')
    with pytest.raises(ArgumentInvalid, match='is no YAML'):
        read(ODD, '--any', '{a')


def test_no_option_of_ren_is_taken_by_an_abbreviation() -> None:
    parser = argparse.ArgumentParser(allow_abbrev=False)
    add_options(parser, 'drive', options_of(DRIVE))
    assert parser.parse_known_args(['--spe', '1'])[1] == ['--spe', '1']


def test_what_may_be_nothing_is_taken_as_nothing() -> None:
    """`--params '{until: null}'` was refused, though the command allows it."""
    schema = {'properties': {'until': {'anyOf': [{'type': 'number'}, {'type': 'null'}]}}}
    check('x', schema, {'until': None})
    with pytest.raises(WrongType):
        check('x', schema, {'until': 'late'})
    with pytest.raises(WrongType):
        check('x', DRIVE, {'speed': None})


def test_parameters_whose_options_collide_are_told_to_be_left_to_params() -> None:
    """A switch and a parameter called like its opposite ended in a traceback of argparse."""
    schema = {'properties': {'turn': {'type': 'boolean'}, 'no_turn': {}, 'timeout': {}}}
    parser = Parser(prog='ren', add_help=False)
    parser.add_argument('--timeout')
    add_options(parser, 'x', options_of(schema))
    assert 'only by --params: no_turn, timeout' in parser.format_help()
    assert params_of(parser.parse_args(['--no-turn'])) == {'turn': False}
