"""Every bad parameter of `drive` has its own code, and a message with field, value and limit."""

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator_ren.commands.drive import Drive
from orchestrator_ren.commands.drive_settings import DriveSettings
from orchestrator_ren.errors import (
    ContractError,
    DurationNotPositive,
    MissingParameter,
    NotFinite,
    OutOfRange,
    SpeedAboveLimit,
    SpeedNegative,
    UnknownParameter,
    WrongType,
)

GOOD = {'speed': 1.5, 'direction': 90, 'duration_seconds': 10}
DRIVE = Drive(DriveSettings())


BACKWARDS = 'it must be at least 0.0; to go backwards, give reverse: true'


@pytest.mark.parametrize(
    'given',
    [
        GOOD,
        {'speed': 0, 'duration_seconds': 0.001},
        {'speed': 3.0, 'direction': -360, 'duration_seconds': 3600},
        {'speed': 3, 'direction': 360.0, 'duration_seconds': 3600.0},
        {'speed': -0.0, 'duration_seconds': 1},
    ],
)
def test_good_parameters_are_taken_as_numbers(given: dict[str, Any]) -> None:
    params = DRIVE.parse(given)
    assert dict(params) == {'direction': 0.0, 'reverse': False, **given}
    numbers = {name: value for name, value in dict(params).items() if name != 'reverse'}
    assert all(type(value) is float for value in numbers.values())


@pytest.mark.parametrize('value', [1, 0, 'true', None])
def test_reverse_is_true_or_false(value: Any) -> None:
    with pytest.raises(WrongType, match=r'params\.reverse is .*, which is not of type bool'):
        DRIVE.parse({**GOOD, 'reverse': value})
    assert DRIVE.parse({**GOOD, 'reverse': True}).reverse is True


@pytest.mark.parametrize(
    ('changed', 'kind', 'message'),
    [
        ({'speed': 3.01}, SpeedAboveLimit, 'params.speed is 3.01; it must be at most 3.0'),
        ({'speed': 10**20}, SpeedAboveLimit, f'params.speed is {10**20}; it must be at most 3.0'),
        ({'speed': -0.1}, SpeedNegative, f'params.speed is -0.1; {BACKWARDS}'),
        ({'speed': -5e-324}, SpeedNegative, f'params.speed is -5e-324; {BACKWARDS}'),
        (
            {'duration_seconds': 0},
            DurationNotPositive,
            'params.duration_seconds is 0; it must be more than 0.0',
        ),
        (
            {'duration_seconds': -3},
            DurationNotPositive,
            'params.duration_seconds is -3; it must be more than 0.0',
        ),
        (
            {'duration_seconds': 3600.5},
            OutOfRange,
            'params.duration_seconds is 3600.5; it must be at most 3600.0',
        ),
        ({'direction': 361}, OutOfRange, 'params.direction is 361; it must be at most 360.0'),
        (
            {'direction': -360.5},
            OutOfRange,
            'params.direction is -360.5; it must be at least -360.0',
        ),
    ],
)  # fmt: skip
def test_a_number_out_of_range_is_refused(
    changed: dict[str, Any], kind: type[ContractError], message: str
) -> None:
    with pytest.raises(kind) as caught:
        DRIVE.parse({**GOOD, **changed})
    assert type(caught.value) is kind
    assert str(caught.value) == message


@pytest.mark.parametrize('field', GOOD)
@pytest.mark.parametrize(
    ('value', 'shown'),
    [
        ('1.5', "'1.5'"),
        ('', "''"),
        (True, 'True'),
        (False, 'False'),
        (None, 'None'),
        ([1.5], '[1.5]'),
        ({'value': 1.5}, "{'value': 1.5}"),
    ],
    ids=repr,
)
def test_what_is_no_number_is_refused(field: str, value: Any, shown: str) -> None:
    with pytest.raises(WrongType) as caught:
        DRIVE.parse({**GOOD, field: value})
    assert str(caught.value) == f'params.{field} is {shown}, which is not a number'


@pytest.mark.parametrize('field', GOOD)
@pytest.mark.parametrize('value', [math.nan, math.inf, -math.inf])
def test_a_number_that_is_not_finite_is_refused(field: str, value: float) -> None:
    with pytest.raises(NotFinite) as caught:
        DRIVE.parse({**GOOD, field: value})
    assert str(caught.value) == f'params.{field} is {value}; it must be a finite number'


@pytest.mark.parametrize('field', GOOD)
@pytest.mark.parametrize('value', [10**400, -(10**400)])
def test_an_integer_beyond_every_float_is_refused_in_few_words(field: str, value: int) -> None:
    with pytest.raises(NotFinite) as caught:
        DRIVE.parse({**GOOD, field: value})
    assert f'params.{field}' in str(caught.value)
    assert len(str(caught.value)) < 200


@pytest.mark.parametrize('field', ['speed', 'duration_seconds'])
def test_a_missing_parameter_is_named(field: str) -> None:
    with pytest.raises(MissingParameter) as caught:
        DRIVE.parse({name: value for name, value in GOOD.items() if name != field})
    assert str(caught.value) == f"params.{field} is missing; 'drive' needs it"


def test_no_parameters_at_all_miss_the_first() -> None:
    with pytest.raises(MissingParameter, match=r'params\.speed'):
        DRIVE.parse({})


@pytest.mark.parametrize(
    'name', ['distance', 'Speed', ' speed', '', 'self', '__pydantic_self__', 'model_config', 'é']
)
def test_an_unknown_parameter_is_named(name: str) -> None:
    with pytest.raises(UnknownParameter) as caught:
        DRIVE.parse({**GOOD, name: 1.0})
    assert str(caught.value) == (
        f"params.{name} is not a parameter of 'drive'; "
        'it takes: speed, direction, duration_seconds, reverse'
    )


@pytest.mark.parametrize('value', [1.0001, 2.9])
def test_the_limit_of_this_robot_is_below_the_ceiling(value: float) -> None:
    slow = Drive(DriveSettings(max_speed_mps=1.0))
    with pytest.raises(SpeedAboveLimit) as caught:
        slow.parse({**GOOD, 'speed': value})
    assert str(caught.value) == f'params.speed is {value}; it must be at most 1.0'
    assert slow.parse({**GOOD, 'speed': 1.0}).speed == 1.0


def test_the_ceiling_holds_above_a_limit_that_is_too_high() -> None:
    with pytest.raises(SpeedAboveLimit, match=r'at most 3\.0'):
        Drive(DriveSettings(max_speed_mps=9.0)).parse({**GOOD, 'speed': 3.1})


@pytest.mark.parametrize(
    ('is_holonomic', 'direction', 'end'),
    [
        (False, 90.0, (0.0, 3.0, 90.0)),
        (False, -180.0, (-3.0, 0.0, 180.0)),
        (True, 90.0, (0.0, 3.0, 0.0)),
        (True, 360.0, (3.0, 0.0, 0.0)),
    ],
)
def test_the_plan_tells_where_it_ends(
    is_holonomic: bool, direction: float, end: tuple[float, float, float]
) -> None:
    drive = Drive(DriveSettings(is_holonomic=is_holonomic))
    params = drive.parse({'speed': 1.5, 'direction': direction, 'duration_seconds': 2.0})
    predicted = drive.predict(params)
    found = predicted.end_x_m, predicted.end_y_m, math.degrees(predicted.end_yaw_rad)
    assert found == pytest.approx(end, abs=1e-9)
    assert (predicted.distance_m, predicted.speed_mps) == (3.0, 1.5)


@pytest.mark.parametrize(
    ('is_holonomic', 'direction', 'end'),
    [
        (False, 0.0, (-3.0, 0.0, 0.0)),
        (False, 90.0, (0.0, -3.0, 90.0)),
        (True, 0.0, (-3.0, 0.0, 0.0)),
        (True, 90.0, (0.0, -3.0, 0.0)),
    ],
)
def test_the_plan_of_a_drive_backwards_ends_behind(
    is_holonomic: bool, direction: float, end: tuple[float, float, float]
) -> None:
    drive = Drive(DriveSettings(is_holonomic=is_holonomic))
    given = {'speed': 1.5, 'direction': direction, 'duration_seconds': 2.0}
    predicted = drive.predict(drive.parse({**given, 'reverse': True}))
    found = predicted.end_x_m, predicted.end_y_m, math.degrees(predicted.end_yaw_rad)
    assert found == pytest.approx(end, abs=1e-9)
    forwards = drive.predict(drive.parse(given))
    assert (predicted.duration_s, predicted.distance_m) == (forwards.duration_s, 3.0)


anything = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=5)
    | st.lists(st.floats(), max_size=2)
    | st.dictionaries(st.text(max_size=3), st.floats(), max_size=2)
)


@given(
    st.dictionaries(
        st.sampled_from(['speed', 'direction', 'duration_seconds']) | st.text(max_size=5), anything
    )
)
def test_parameters_are_good_or_refused_by_contract(given: dict[str, Any]) -> None:
    try:
        params = DRIVE.parse(given)
    except ContractError as error:
        assert 'params.' in str(error)  # noqa: PT017 (both outcomes are fine)
    else:
        assert 0.0 <= params.speed <= 3.0
        assert -360.0 <= params.direction <= 360.0
        assert 0.0 < params.duration_seconds <= 3600.0
