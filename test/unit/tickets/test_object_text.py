"""The text form of params and metadata: what is taken, and what is refused with which error."""

import json
import time
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from orchestrator_ren.errors import (
    NotAnObject,
    NotFinite,
    ObjectTooLarge,
    OrchestratorError,
    OutOfRange,
    WrongType,
)
from orchestrator_ren.tickets.object_text import (
    MAX_BYTES,
    MAX_DEPTH,
    MAX_YAML_BYTES,
    parse_object,
    to_text,
)

MAX_TIME_S = 0.1

json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(1 - 2**63, 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=20),
    lambda children: (
        st.lists(children, max_size=4)
        | st.dictionaries(st.text(max_size=10), children, max_size=4)
    ),
    max_leaves=15,
)
json_objects = st.dictionaries(st.text(max_size=10), json_values, max_size=4)
yaml_like_text = st.lists(
    st.sampled_from(
        ['{', '}', '[', ']', ':', ', ', ': ', '"', "'", '&a ', '*a', '!!int ', '!!bool ', '!!set ',
         '!!float ', '!!timestamp ', '!!binary ', '!!omap ', '!x ', '? ', '- ', '\n', '<<', '=',
         '0x1F', '1e999', '.nan', '-.inf', '2026-01-02', '12:30:45.6', 'yes', 'null', '~', 'a',
         'b', '#', '|', '>', '%', '---', '\\u0000', '\ud800', 'é', '\x00', '_', '""', '1.5']
    ),
    max_size=25,
).map(''.join)  # fmt: skip


def nested(depth: int, innermost: str = '{}') -> str:
    """Return objects in objects, `depth` of them in all."""
    return '{"a":' * (depth - 1) + innermost + '}' * (depth - 1)


def padded(size: int) -> str:
    """Return a JSON object of so many bytes."""
    return '{"a":"' + 'x' * (size - 8) + '"}'


@pytest.mark.parametrize(
    ('text', 'found'),
    [
        ('', {}),
        (' \n\t', {}),
        ('{}', {}),
        ('{"speed": 1.5}', {'speed': 1.5}),
        (
            '{speed: 1.5, direction: 90, duration_seconds: 10}',
            {'speed': 1.5, 'direction': 90, 'duration_seconds': 10},
        ),
        ("{name: 'a b', at: [1, null, {x: -2}]}", {'name': 'a b', 'at': [1, None, {'x': -2}]}),
        ('{"é": "\\ud83e\\udd16"}', {'é': '🤖'}),
        ('{"a": 1, "A": 2}', {'a': 1, 'A': 2}),
        ('{"a": true, "b": false, "c": null}', {'a': True, 'b': False, 'c': None}),
    ],
)
def test_json_and_yaml_flow_are_taken(text: str, found: dict[str, Any]) -> None:
    assert parse_object('params', text) == found


@pytest.mark.parametrize(
    'text',
    ['[]', '[{"a": 1}]', '- 1', '1', 'true', 'null', '"text"', 'text', '~'],
)
def test_anything_but_an_object_is_refused(text: str) -> None:
    with pytest.raises(NotAnObject, match='params is not an object') as caught:
        parse_object('params', text)
    assert 'it is ' in str(caught.value)


@pytest.mark.parametrize(
    'text',
    ['{', '}', '{"a"', '{a: 1', '{a: 1}}', '{"a": 1} x', '{a: [}', 'a: 1\n---\nb: 2', '{a: "}',
     '@', '{a: 1\x00}', '%YAML 9.9\n--- {}'],
)  # fmt: skip
def test_broken_text_is_refused(text: str) -> None:
    with pytest.raises(NotAnObject, match='params is not an object'):
        parse_object('params', text)


@pytest.mark.parametrize(
    'text',
    ['{"speed": 1, "speed": 2}', '{speed: 1, speed: 2}', '{a: {speed: 1, "speed": 1}}',
     '{"a": [{"speed": 1, "speed": 1}]}'],
)  # fmt: skip
def test_a_repeated_key_is_refused(text: str) -> None:
    with pytest.raises(NotAnObject, match="'speed' is given twice"):
        parse_object('params', text)


@pytest.mark.parametrize(
    'text', ['{a: &x 1, b: *x}', '{a: &x [*x]}', '{a: &x {b: *x}}', '{<<: &x {a: 1}, b: *x}']
)
def test_aliases_are_refused(text: str) -> None:
    with pytest.raises(NotAnObject, match='aliases'):
        parse_object('params', text)


def test_an_alias_bomb_is_refused_before_it_goes_off() -> None:
    lines = ['a0: &a0 [x, x, x, x, x, x, x, x, x]']
    lines += [f'a{n}: &a{n} [{", ".join([f"*a{n - 1}"] * 9)}]' for n in range(1, 30)]
    bomb = '{' + ', '.join(lines) + '}'
    with pytest.raises(NotAnObject, match='aliases'):
        parse_object('metadata', bomb)
    assert any(seconds_for(bomb) < MAX_TIME_S for _ in range(3))


@pytest.mark.parametrize(
    ('text', 'field'),
    [
        ('{"a": NaN}', 'params.a'),
        ('{"a": Infinity}', 'params.a'),
        ('{"a": -Infinity}', 'params.a'),
        ('{"a": 1e999}', 'params.a'),
        ('{a: .nan}', 'params.a'),
        ('{a: .inf}', 'params.a'),
        ('{a: -.inf}', 'params.a'),
        ('{"a": {"b": [0, NaN]}}', 'params.a.b[1]'),
    ],
)
def test_a_number_that_is_not_finite_is_refused(text: str, field: str) -> None:
    with pytest.raises(NotFinite) as caught:
        parse_object('params', text)
    assert caught.value.fields['field'] == field


@pytest.mark.parametrize(
    ('text', 'field', 'value'),
    [
        ('{a: !!timestamp 2026-01-02}', 'params.a', 'datetime.date(2026, 1, 2)'),
        ('{1: x}', 'params key', '1'),
        ('{a: {true: x}}', 'params.a key', 'True'),
        ('{null: x}', 'params key', 'None'),
        ('{1.5: x}', 'params key', '1.5'),
    ],
)
def test_what_json_has_no_form_for_is_refused(text: str, field: str, value: str) -> None:
    with pytest.raises(WrongType) as caught:
        parse_object('params', text)
    assert caught.value.fields['field'] == field
    assert caught.value.fields['value'] == value


@pytest.mark.parametrize(
    'text',
    ['{a: !!bool x}', '{a: !!int ""}', '{a: !!int _}', '{a: !!float ""}', '{a: !!timestamp x}',
     '{a: !!int x}', '{a: !!map [1]}', '{a: !x 1}', '{a: !!python/name:os.system x}',
     '{[1]: x}', '{{b: 1}: x}', '{a: !!timestamp 2026-99-99}'],
)  # fmt: skip
def test_yaml_that_means_nothing_is_refused(text: str) -> None:
    with pytest.raises(NotAnObject, match='params is not an object'):
        parse_object('params', text)


@pytest.mark.parametrize(
    'text',
    ['{a: !!binary aGk=}', '{a: !!set {b}}', '{a: !!omap [b: 1]}', '!!set {a}', '!!omap []'],
)
def test_a_yaml_tag_smuggles_nothing_in(text: str) -> None:
    with pytest.raises((NotAnObject, WrongType)):
        parse_object('params', text)


@pytest.mark.parametrize(
    'text', ['045', '1:30', '1_0', '0x1F', '0o17', '+1', '2026-01-02', 'yes', 'off', '=', '<<']
)
def test_yaml_has_no_numbers_that_json_has_not(text: str) -> None:
    """YAML 1.1 drove at 37 degrees for `direction: 045`, and for 90 s for 1:30."""
    assert parse_object('params', f'{{a: {text}}}') == {'a': text}


@pytest.mark.parametrize('text', ['1e0', '1E-2', '1.5e3', '-0.5', '0', '.5', '3.', '-12'])
def test_yaml_has_the_numbers_that_people_write(text: str) -> None:
    assert parse_object('params', f'{{a: {text}}}') == {'a': float(text)}


@pytest.mark.parametrize('text', ['{"a": ' + '9' * 5000 + '}', '{a: ' + '9' * 4050 + '}'])
def test_a_number_too_long_to_be_written_is_refused(text: str) -> None:
    """The store then could not write it: ValueError, Exceeds the limit (4300 digits)."""
    with pytest.raises(OrchestratorError):
        parse_object('params', text)


def test_an_integer_is_taken_to_63_bits_and_a_sign() -> None:
    assert parse_object('params', '{"a": 9223372036854775807}') == {'a': 2**63 - 1}
    with pytest.raises(OutOfRange) as caught:
        parse_object('params', '{"a": [9223372036854775808]}')
    assert caught.value.fields['field'] == 'params.a[0]'
    assert 'integer of 64 bits; it must be at most 64 bits' not in str(caught.value)


@pytest.mark.parametrize('innermost', ['{}', '[]', '{"b": 1}', '{"b": "c"}'])
def test_nesting_is_taken_to_its_limit(innermost: str) -> None:
    assert parse_object('params', nested(MAX_DEPTH, innermost))
    with pytest.raises(NotAnObject, match='deeper than 32 levels'):
        parse_object('params', nested(MAX_DEPTH + 1, innermost))


@pytest.mark.parametrize(
    'text',
    [
        nested(5000),
        '{"a":' * 10000,
        '[' * 60000,
        '{"a":' + '[' * 900 + ']' * 900 + '}',
        '{a: ' + '[' * 900 + ']' * 900 + '}',
        '{a: ' * 1000,
        '{? ' * 1000 + '}' * 1000,
        '[' * 900 + ']' * 900,
    ],
    ids=len,
)
def test_very_deep_nesting_is_refused_without_a_recursion_error(text: str) -> None:
    with pytest.raises(NotAnObject) as caught:
        parse_object('params', text)
    assert len(str(caught.value)) < 400


@pytest.mark.parametrize(
    ('text', 'kind'),
    [
        ('{"a": "\\ud800"}', WrongType),
        ('{"\\ud800": 1}', WrongType),
        ('{"a": ["\\udfff\\ud800"]}', WrongType),
        ('{"a": "\ud800"}', WrongType),
        ('{a: "\ud800"}', NotAnObject),
    ],
    ids=ascii,
)
def test_half_a_character_is_refused(text: str, kind: type[OrchestratorError]) -> None:
    with pytest.raises(kind) as caught:
        parse_object('params', text)
    assert str(caught.value).encode('utf-8')


def test_json_is_taken_to_exactly_64_kib() -> None:
    assert len(parse_object('params', padded(MAX_BYTES))['a']) == MAX_BYTES - 8
    with pytest.raises(ObjectTooLarge) as caught:
        parse_object('params', padded(MAX_BYTES + 1))
    assert str(caught.value) == 'params has 65537 bytes; the limit is 65536 bytes'


def test_bytes_are_counted_and_not_characters() -> None:
    with pytest.raises(ObjectTooLarge, match='65538 bytes'):
        parse_object('metadata', '{"a":"' + 'é' * 32765 + '"}')


def test_spaces_are_counted_too() -> None:
    with pytest.raises(ObjectTooLarge):
        parse_object('metadata', ' ' * (MAX_BYTES + 1))


def test_yaml_is_taken_to_exactly_4_kib() -> None:
    text = '{a: ' + 'x' * (MAX_YAML_BYTES - 5) + '}'
    assert len(text) == MAX_YAML_BYTES
    assert len(parse_object('params', text)['a']) == MAX_YAML_BYTES - 5
    with pytest.raises(ObjectTooLarge) as caught:
        parse_object('params', text + ' ')
    assert str(caught.value) == (
        'params has 4097 bytes; the limit is 4096 bytes for anything but strict JSON'
    )


@pytest.mark.parametrize('field', ['params', 'metadata'])
def test_an_error_names_the_field_of_the_request(field: str) -> None:
    with pytest.raises(NotAnObject, match=f'^{field} is not'):
        parse_object(field, '[1]')


def test_the_order_of_keys_is_kept() -> None:
    assert to_text(parse_object('params', '{z: 1, a: 2}')) == '{"z": 1, "a": 2}'


@given(json_objects)
@example({'': ''})
@example({'a': -0.0, 'b': 5e-324, 'c': 1.7976931348623157e308})
@example({'a': '\u2028\x00\x7f', 'b': '\ufeff'})
def test_what_was_written_reads_the_same_again(found: dict[str, Any]) -> None:
    assert parse_object('params', to_text(found)) == found


def outcome(text: str) -> dict[str, Any] | OrchestratorError:
    """Return the object found, or the error of ours; anything else is a defect."""
    try:
        return parse_object('params', text)
    except OrchestratorError as error:
        return error


def seconds_for(text: str) -> float:
    """Return how long the processor works on it."""
    begin_s = time.thread_time()
    outcome(text)
    return time.thread_time() - begin_s


def judge(text: str) -> None:
    """Parse it: an object that can be written again, or an error of ours, and soon."""
    found = outcome(text)
    # A garbage collection of the whole test run may fall into one of them.
    assert any(seconds_for(text) < MAX_TIME_S for _ in range(3))
    if isinstance(found, OrchestratorError):
        assert str(found).startswith('params')
    else:
        assert json.loads(to_text(found), parse_constant=pytest.fail) == found


@given(st.text(alphabet=st.characters(codec=None), max_size=300))
def test_any_text_is_answered(text: str) -> None:
    judge(text)


@given(yaml_like_text)
def test_any_text_that_looks_like_yaml_is_answered(text: str) -> None:
    judge(text)


@given(yaml_like_text)
def test_any_value_in_an_object_is_answered(text: str) -> None:
    judge('{a: ' + text + '}')


@pytest.mark.parametrize(
    'text',
    [
        '{"' + 'k' * 30000 + '": [' + '0,' * 17000 + '0]}',
        '{' + ','.join(f'"{n:05}":{n}' for n in range(4600)) + '}',
        '{"a":[' + '[],' * 20000 + '[]]}',
        '{' + ', '.join(f'a{n}: 1' for n in range(400)) + '}',
        '{a: [' + '[' * 1000,
        '{a: "' + '\\x41' * 1000 + '"}',
    ],
    ids=len,
)
def test_the_worst_texts_take_less_than_a_tenth_of_a_second(text: str) -> None:
    judge(text)
