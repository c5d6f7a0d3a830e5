"""What a list request asks for, and where its next page begins."""

from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator_ren.errors import OutOfRange, PageTokenInvalid, UnknownStatus
from orchestrator_ren.tickets.listing import (
    DEFAULT_LIMIT,
    MAX_LABEL_CHARACTERS,
    MAX_LABELS,
    MAX_LIMIT,
    Position,
    labels_of,
    labels_of_request,
    limit_of_request,
    position_of_token,
    statuses_of_request,
)
from orchestrator_ren.tickets.ticket import Status


@given(st.datetimes(timezones=st.just(timezone.utc)), st.integers(0, 2**32 - 1))
def test_a_token_gives_its_place_back(created_at: datetime, number: int) -> None:
    position = Position(created_at, f'tick-20260102-{number:08x}')
    assert position_of_token(position.to_token(), 0) == position


def test_a_token_keeps_its_form() -> None:
    at = datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=timezone.utc)
    token = '1767323045678901.tick-20260102-0000abcd'
    assert Position(at, 'tick-20260102-0000abcd').to_token() == token
    assert position_of_token(token, 0) == Position(at, 'tick-20260102-0000abcd')


@pytest.mark.parametrize('offset', [0, 7])
def test_without_a_token_there_is_no_place(offset: int) -> None:
    assert position_of_token('', offset) is None


@pytest.mark.parametrize(
    'token',
    [
        'x', '.', '1.', '.tick-1', 'a.tick-1', '1 .tick-1', '1.tick 1', '1.tick-1\n', ' 1.tick-1',
        '1٣.tick-1', '+1.tick-1', f'{10**18 - 1}.tick-1', f'{10**18}.tick-1',
        '-99999999999999999.tick-1', f'1.{65 * "x"}', '1.\0\n',
    ],
)  # fmt: skip
def test_what_is_no_token_is_refused(token: str) -> None:
    with pytest.raises(PageTokenInvalid) as caught:
        position_of_token(token, 0)
    assert str(caught.value) == (
        f"page_token '{token[:80]}' is not one that list_tickets gave;"
        ' leave it empty for the first page'
    )


def test_a_token_goes_without_an_offset() -> None:
    with pytest.raises(PageTokenInvalid, match=r"'1\.tick-1' goes with offset 0, not 5"):
        position_of_token('1.tick-1', 5)


def test_a_long_token_is_shown_in_part() -> None:
    with pytest.raises(PageTokenInvalid) as caught:
        position_of_token(9999 * 'x', 0)
    assert len(str(caught.value)) < 200


def test_statuses_are_named_in_capitals_or_not_and_once_or_twice() -> None:
    assert statuses_of_request([]) == frozenset()
    found = statuses_of_request(['QUEUED', 'failed', 'Failed'])
    assert found == {Status.QUEUED, Status.FAILED}
    assert all(type(each) is Status for each in found)


@pytest.mark.parametrize('name', ['FLYING', '', ' QUEUED', 'is_final'])
def test_another_status_is_refused(name: str) -> None:
    with pytest.raises(UnknownStatus) as caught:
        statuses_of_request(['QUEUED', name])
    assert str(caught.value) == (
        f"status '{name}' is not one of: PENDING, QUEUED, EXECUTING, COMPLETED, FAILED, CANCELLED"
    )


@pytest.mark.parametrize(('asked', 'limit'), [(0, DEFAULT_LIMIT), (1, 1), (MAX_LIMIT, MAX_LIMIT)])
def test_a_limit_within_reason_is_taken(asked: int, limit: int) -> None:
    assert limit_of_request(asked) == limit


def test_a_limit_above_is_refused() -> None:
    with pytest.raises(OutOfRange, match='limit is 1001; it must be 1 to 1000, or 0 for 100'):
        limit_of_request(MAX_LIMIT + 1)


@pytest.mark.parametrize(
    ('value', 'text'),
    [
        ('ren', '"ren"'),
        ('é', '"\\u00e9"'),
        (2, '2'),
        (2.0, '2'),
        (-0.0, '0'),
        (2.5, '2.5'),
        (True, 'true'),
        (1, '1'),
        (None, 'null'),
        ('null', '"null"'),
    ],
)
def test_a_label_has_its_value_as_json(value: Any, text: str) -> None:
    assert labels_of({'a': value}) == labels_of_request({'a': value}) == (('"a"', text),)


LONGEST = 'x' * (MAX_LABEL_CHARACTERS - 2)


@pytest.mark.parametrize(
    'metadata',
    [
        {'a': {}},
        {'a': []},
        {'a': {'b': 1}},
        {'a': LONGEST + 'x'},
        {LONGEST + 'x': 1},
        {'a': 1e300},
        {str(number): number for number in range(MAX_LABELS + 1)},
    ],
    ids=['object', 'list', 'deep', 'long value', 'long name', 'long number', 'many'],
)
def test_what_cannot_be_searched_is_stored_without_and_refused_in_a_filter(
    metadata: dict[str, Any],
) -> None:
    assert len(labels_of(metadata)) < len(metadata)
    with pytest.raises(OutOfRange) as caught:
        labels_of_request({'good': 1, **metadata})
    assert str(caught.value).startswith(f'metadata is {str({"good": 1, **metadata})[:80]}')
    assert 'at most 32 entries' in str(caught.value)


def test_as_much_as_can_be_searched_is() -> None:
    metadata = {f'{number}{LONGEST[2:]}': LONGEST for number in range(10, 10 + MAX_LABELS)}
    assert len(labels_of_request(metadata)) == MAX_LABELS


def test_the_first_labels_count_whatever_else_there_is() -> None:
    metadata = {f'deep_{number}': {} for number in range(50)} | {'a': 1}
    assert labels_of(metadata) == (('"a"', '1'),)


def test_positions_of_one_microsecond_are_two() -> None:
    at = datetime(2026, 1, 2, tzinfo=timezone.utc)
    tokens = {Position(at + timedelta(microseconds=n), 'tick-1').to_token() for n in range(3)}
    assert len(tokens) == 3
