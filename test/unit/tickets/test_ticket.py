"""What a ticket is, and what a client may ask for."""

import math
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator_ren.errors import OutOfRange
from orchestrator_ren.tickets.ticket import (
    DEFAULT_TIMEOUT_S,
    MAX_TIMEOUT_S,
    Priority,
    Status,
    Ticket,
    new_ticket_id,
    priority_from_number,
    requested_by_from_request,
    timeout_from_request,
)

TicketIn = Callable[..., Ticket]


def test_an_id_has_the_day_and_eight_hex_digits() -> None:
    now = datetime(2026, 11, 3, 23, 59, 59, tzinfo=timezone.utc)
    assert new_ticket_id(now, 0xBEEF) == 'tick-20261103-0000beef'


@given(st.datetimes(min_value=datetime(1970, 1, 1)), st.integers(min_value=0))
def test_an_id_always_has_the_same_shape(now: datetime, random_bits: int) -> None:
    assert re.fullmatch(r'tick-\d{8}-[0-9a-f]{8}', new_ticket_id(now, random_bits))


def test_more_random_bits_than_needed_are_cut_off() -> None:
    now = datetime(2026, 11, 3, tzinfo=timezone.utc)
    assert new_ticket_id(now, 0x1_0000_0001) == new_ticket_id(now, 1)


@pytest.mark.parametrize(
    ('number', 'priority'),
    [
        (0, Priority.NORMAL),
        (1, Priority.LOW),
        (2, Priority.NORMAL),
        (3, Priority.HIGH),
        (4, Priority.CRITICAL),
    ],
)
def test_a_number_is_a_priority(number: int, priority: Priority) -> None:
    assert priority_from_number(number) is priority


@pytest.mark.parametrize('number', [-1, 5, 255])
def test_another_number_is_refused(number: int) -> None:
    with pytest.raises(OutOfRange) as caught:
        priority_from_number(number)
    assert str(caught.value) == (
        f'priority is {number}; it must be 1 (LOW) to 4 (CRITICAL), or 0 for NORMAL'
    )


@pytest.mark.parametrize('asked_s', [0.0, -0.0])
def test_no_timeout_means_the_default_and_never_unlimited(asked_s: float) -> None:
    assert timeout_from_request(asked_s) == DEFAULT_TIMEOUT_S > 0.0


@pytest.mark.parametrize('asked_s', [0.001, 1.0, MAX_TIMEOUT_S])
def test_a_timeout_within_the_limit_is_taken(asked_s: float) -> None:
    assert timeout_from_request(asked_s) == asked_s


@pytest.mark.parametrize(
    'asked_s',
    [math.nan, math.inf, -math.inf, -1.0, -1e-9, math.nextafter(MAX_TIMEOUT_S, math.inf)],
)
def test_a_timeout_out_of_range_is_refused(asked_s: float) -> None:
    with pytest.raises(OutOfRange) as caught:
        timeout_from_request(asked_s)
    assert f'timeout_seconds is {asked_s}' in str(caught.value)
    assert f'{MAX_TIMEOUT_S:g} s' in str(caught.value)


@pytest.mark.parametrize('status', Status)
def test_three_statuses_are_final(status: Status) -> None:
    assert status.is_final == (status.value in ('COMPLETED', 'FAILED', 'CANCELLED'))


def test_every_attempt_has_a_stream_of_its_own(ticket_in: TicketIn) -> None:
    streams = [ticket_in(Status.EXECUTING, attempt=number).stream for number in (1, 2)]
    assert streams == ['tick-20260102-0000abcd#1', 'tick-20260102-0000abcd#2']


@pytest.mark.parametrize(
    ('field', 'value'),
    [
        ('command', 'stop'),
        ('params', {'speed': 1.0}),
        ('priority', Priority.HIGH),
        ('timeout_s', 1.0),
        ('metadata', {'operator': 'ren'}),
        ('dry_run', True),
    ],
)
def test_other_content_is_another_request(field: str, value: object, ticket_in: TicketIn) -> None:
    ticket = ticket_in(Status.PENDING)
    assert not ticket.same_request(replace(ticket, **{field: value}))


def test_ids_times_and_outcome_are_no_content(ticket_in: TicketIn) -> None:
    other = ticket_in(Status.FAILED, id='tick-20270101-00000000', request_id='again')
    assert ticket_in(Status.PENDING).same_request(other)


def test_a_name_is_taken_as_it_is_up_to_its_limit() -> None:
    assert requested_by_from_request('x' * 64) == 'x' * 64
    assert requested_by_from_request('') == ''
    with pytest.raises(OutOfRange, match=r'the length of requested_by .*65.* at most 64'):
        requested_by_from_request('x' * 65)


@pytest.mark.parametrize('status', Status)
def test_a_dry_attempt_is_dry_as_long_as_it_is_under_way(
    status: Status, ticket_in: TicketIn
) -> None:
    dry = replace(ticket_in(status), dry_attempt=True)
    assert dry.is_dry is (status in (Status.QUEUED, Status.EXECUTING))
    assert replace(dry, dry_run=True).is_dry
    assert not ticket_in(status).is_dry
