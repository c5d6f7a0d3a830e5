"""What the code of a command hands over: taken as it is, or refused with field and limit."""

import enum
import math
import re
from array import array
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator_ren.commands import handed_over
from orchestrator_ren.commands.command import Prediction
from orchestrator_ren.commands.json_form import MAX_DEPTH, MAX_RESULT_BYTES
from orchestrator_ren.errors import (
    InternalError,
    MotionError,
    ObjectTooLarge,
    OrchestratorError,
    ResultTooLarge,
)
from orchestrator_ren.motion.velocity import Velocity
from orchestrator_ren.tickets.needs import Needs

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63) + 1, 2**63 - 1) | st.text()
    | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=30,
)  # fmt: skip


class Level(enum.IntEnum):
    HIGH = 3


class Word(str, enum.Enum):
    YES = 'yes'


@given(value=st.dictionaries(st.text(), JSON))
def test_what_json_holds_is_taken_as_it_is(value: dict[str, Any]) -> None:
    assert handed_over.result(value) == value


def test_result_is_a_copy_of_plain_values() -> None:
    inner = [1, 2]
    found = handed_over.result({'a': inner, 'b': Level.HIGH, 'c': Word.YES, 'd': (0.5, None)})
    inner.append(3)
    assert found == {'a': [1, 2], 'b': 3, 'c': 'yes', 'd': [0.5, None]}
    assert [type(found['b']), type(found['c'])] == [int, str]


REFUSED = {
    'result is None of type NoneType; it must be a dict': None,
    'result is [1] of type list; it must be a dict': [1],
    'result.a is nan; it must be a finite number': {'a': math.nan},
    'result.a.1.b is inf; it must be a finite number': {'a': [0, {'b': math.inf}]},
    'result.a.2 is -inf; it must be a finite number': {'a': [0.5, 1.5, -math.inf]},
    'result.a is an integer of 64 bits': {'a': 2**63},
    'result.a.1 is an integer of 65 bits': {'a': [1, -(2**64)]},
    "result.a is b'abc' of type bytes, which JSON has no form for": {'a': b'abc'},
    'result.a is {1} of type set, which JSON has no form for': {'a': {1}},
    'result.a has the key 1 of type int; it must be text': {'a': {1: 2}},
    "result.a is '\\ud800'; it must be valid Unicode": {'a': '\ud800'},
    'of type Fraction, which JSON has no form for': {'a': Fraction(1, 2)},
    'of type array, which JSON has no form for': {'a': array('d', bytes(80_000_000))},
}


@pytest.mark.parametrize('words', REFUSED)
def test_result_that_json_has_no_form_for_is_named(words: str) -> None:
    with pytest.raises(InternalError, match=re.escape(words)) as caught:
        handed_over.result(REFUSED[words])
    assert len(str(caught.value)) < 300


@pytest.mark.parametrize('levels', [MAX_DEPTH + 1, 10_000])
def test_result_nested_too_deep_is_refused(levels: int) -> None:
    value: dict[str, Any] = {}
    for _ in range(levels):
        value = {'a': value}
    with pytest.raises(InternalError, match='is nested deeper than 32 levels, the limit'):
        handed_over.result(value)


def test_result_that_holds_itself_is_refused() -> None:
    value: dict[str, Any] = {}
    value['a'] = value
    with pytest.raises(InternalError, match='nested deeper'):
        handed_over.result(value)


class Counted(list[Any]):
    """A list that counts what is taken out of it."""

    def __init__(self, items: Any) -> None:
        super().__init__(items)
        self.taken = 0

    def __getitem__(self, place: Any) -> Any:
        self.taken += place.stop - place.start
        return super().__getitem__(place)


@pytest.mark.parametrize(
    ('value', 'words'),
    [
        ({'map': {'data': [0] * 2_000_000}}, 'result.map.data has 4000000 bytes or more'),
        ({'a': 'x' * 65_537}, 'result.a has 65541 bytes or more'),
        ({'a': [{} for _ in range(20_000)]}, 'result.a.'),
        ({str(number): number for number in range(20_000)}, 'result has 100000 bytes or more'),
        ({'a': ['x' * 100] * 700}, 'result.a.6'),
    ],
)
def test_result_above_the_limit_is_refused_with_its_field(value: Any, words: str) -> None:
    with pytest.raises(ResultTooLarge, match='it was done, but ' + re.escape(words)) as caught:
        handed_over.result(value)
    assert f'the limit is {MAX_RESULT_BYTES} bytes' in str(caught.value)


def test_no_more_of_a_large_result_is_looked_at_than_a_ticket_keeps() -> None:
    numbers = Counted([123_456_789] * 30_000)
    with pytest.raises(ResultTooLarge):
        handed_over.result({'a': numbers})
    assert numbers.taken < 7000


def test_result_up_to_the_limit_is_kept() -> None:
    value = {'a': 'x' * (MAX_RESULT_BYTES - 100)}
    assert handed_over.result(value) == value


def test_parameters_above_the_limit_are_refused_as_such() -> None:
    with pytest.raises(ObjectTooLarge, match=r'params\.a has 70004 bytes; the limit is 65536'):
        handed_over.kept({'a': 'x' * 70_000})


@pytest.mark.parametrize('value', [0.5, 1, Level.HIGH - 2, Fraction(1, 2)])
def test_every_kind_of_number_is_one(value: Any) -> None:
    found = handed_over.number('progress', value, 0.0, 1.0)
    assert (type(found), found) == (float, float(value))


@pytest.mark.parametrize('value', [None, 'half', True, math.nan, math.inf, 1.1, -0.1, 10**400])
def test_what_is_no_number_within_its_bounds_is_named(value: Any) -> None:
    with pytest.raises(InternalError, match=r'progress is .*; it must be a number from 0 to 1'):
        handed_over.number('progress', value, 0.0, 1.0)


@pytest.mark.parametrize('value', [42, None, b'x', ['x']])
def test_what_is_no_text_is_named(value: Any) -> None:
    with pytest.raises(InternalError, match=r'message is .*; it must be text'):
        handed_over.text('message', value)


def test_text_that_is_too_long_or_no_unicode_is_refused() -> None:
    assert handed_over.text('message', 'ü' * 1000) == 'ü' * 1000
    with pytest.raises(InternalError, match='message has 1001 characters; the limit is 1000'):
        handed_over.text('message', 'x' * 1001)
    with pytest.raises(InternalError, match='valid Unicode'):
        handed_over.text('message', '\ud800')


def test_velocity_is_of_plain_finite_numbers() -> None:
    found = handed_over.velocity(Velocity(1, Fraction(1, 2), 0))  # type: ignore[arg-type]
    assert found == Velocity(1.0, 0.5, 0.0)
    wrong: list[Any] = [None, 0.5, Velocity(math.nan), Velocity(0.0, math.inf)]
    for each in [*wrong, Velocity(yaw_radps='fast')]:  # type: ignore[arg-type]
        with pytest.raises(InternalError, match='the velocity'):
            handed_over.velocity(each)


def test_prediction_is_of_finite_numbers_none_of_which_is_negative_by_nature() -> None:
    good = Prediction(1.0, 2.0, 3.0, -1.0, -2.0, -3.0)
    assert handed_over.prediction(good) == good
    wrong: list[Any] = [None, Prediction(-1.0), Prediction(math.nan), Prediction(end_x_m=math.inf)]
    for each in wrong:
        with pytest.raises(InternalError, match='predict'):
            handed_over.prediction(each)


def test_what_moves_is_interlocked_and_needs_the_base() -> None:
    base = frozenset({'base'})
    assert handed_over.needs(Needs(base, moves=True)).interlocked
    wrong: list[Any] = [
        None, Needs(moves=True), Needs(base, moves=1), Needs('base'), Needs(frozenset({1})),  # type: ignore[arg-type]
        Needs(frozenset({'x' * 65})), Needs(frozenset(map(str, range(33)))),
    ]  # fmt: skip
    for each in wrong:
        with pytest.raises(InternalError, match='needs'):
            handed_over.needs(each)


class Mute:
    """Somebody's object that cannot be told."""

    def __str__(self) -> str:
        raise ValueError


def odd(**changed: Any) -> OrchestratorError:
    error = MotionError(detail='x')
    for name, value in changed.items():
        setattr(error, name, value)
    return error


@pytest.mark.parametrize(
    'error',
    [
        odd(code=10**6), odd(code='x'), odd(args=(Mute(),)),
        MotionError(detail='x' * 3000), MotionError(detail='\ud800'),
        OrchestratorError(), ValueError('x'), SystemExit(3), KeyboardInterrupt(),
    ],
)  # fmt: skip
def test_error_that_no_message_takes_is_a_defect_of_the_command(error: BaseException) -> None:
    found = handed_over.error_of(error)
    assert isinstance(found, InternalError)
    assert found.__cause__ is error
    assert len(str(found).encode()) < 400
    assert handed_over.traceback_of(error).encode()


def test_error_of_ours_stays_what_it_is() -> None:
    error = MotionError(detail='the arm is stuck')
    assert handed_over.error_of(error) is error
