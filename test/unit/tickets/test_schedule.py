"""When a ticket may run, and how often it is tried."""

import json
import math
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator_ren.errors import (
    CancelTimeout,
    DeadlinePassed,
    EStopActive,
    ForwardTimeout,
    Interrupted,
    OrchestratorError,
    OutOfRange,
    UnknownCommand,
)
from orchestrator_ren.tickets import lifecycle
from orchestrator_ren.tickets.needs import Needs
from orchestrator_ren.tickets.pause import PauseReason
from orchestrator_ren.tickets.retry import may_retry
from orchestrator_ren.tickets.schedule import (
    MAX_BACKOFF_S,
    NONE,
    Schedule,
    schedule_from_json,
    schedule_from_request,
)
from orchestrator_ren.tickets.ticket import Ticket

NOW = datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=timezone.utc)
HOUR = timedelta(hours=1)

instants = st.none() | st.datetimes(timezones=st.just(timezone.utc))
schedules = st.builds(
    Schedule, instants, instants, st.integers(1, 100), st.floats(0.0, MAX_BACKOFF_S)
)


@given(schedules)
def test_a_schedule_survives_its_storage(schedule: Schedule) -> None:
    stored = json.loads(json.dumps(schedule.to_json()))
    assert schedule_from_json(stored) == schedule


def test_what_was_not_said_is_not_stored() -> None:
    assert NONE.to_json() == {}
    assert schedule_from_json(None) == schedule_from_json({}) == NONE


def test_without_times_it_may_start_at_once_and_never_expires() -> None:
    assert (NONE.not_before_s, NONE.deadline_s) == (-math.inf, math.inf)


def test_the_empty_request_means_once_at_once() -> None:
    assert schedule_from_request(None, None, 0, 0.0, NOW) == NONE


@pytest.mark.parametrize(
    ('changed', 'named'),
    [
        ({'max_attempts': -1}, 'max_attempts is -1'),
        ({'max_attempts': 101}, 'max_attempts is 101'),
        ({'backoff_s': -0.1}, 'backoff_seconds is -0.1'),
        ({'backoff_s': 3600.1}, 'backoff_seconds is 3600.1'),
        ({'backoff_s': math.nan}, 'backoff_seconds is nan'),
        ({'deadline': NOW}, 'deadline is 2026-01-02'),
        ({'deadline': NOW - HOUR}, 'deadline is 2026-01-02'),
        ({'not_before': NOW + HOUR, 'deadline': NOW + HOUR}, 'the earliest start'),
    ],
)
def test_an_impossible_schedule_is_refused(changed: dict[str, Any], named: str) -> None:
    asked_for: dict[str, Any] = {
        'not_before': None, 'deadline': None, 'max_attempts': 0, 'backoff_s': 0.0, **changed,
    }  # fmt: skip
    with pytest.raises(OutOfRange) as caught:
        schedule_from_request(**asked_for, now=NOW)
    assert named in str(caught.value)


def test_a_start_in_the_past_is_at_once() -> None:
    schedule = schedule_from_request(NOW - HOUR, NOW + HOUR, 0, 0.0, NOW)
    assert schedule.not_before == NOW - HOUR


def test_the_time_between_attempts_doubles_up_to_an_hour() -> None:
    schedule = Schedule(max_attempts=100, backoff_s=2.0)
    assert [schedule.pause_s(attempt) for attempt in (1, 2, 3)] == [2.0, 4.0, 8.0]
    assert schedule.pause_s(99) == MAX_BACKOFF_S


def test_a_deadline_is_missed_once_it_has_passed() -> None:
    schedule = Schedule(deadline=NOW)
    assert schedule.missed(schedule.deadline_s - 1.0) is None
    assert schedule.missed(schedule.deadline_s) is None
    error = schedule.missed(math.nextafter(schedule.deadline_s, math.inf))
    assert isinstance(error, DeadlinePassed)
    assert error.fields == {'deadline': NOW.isoformat()}


def test_without_a_deadline_none_is_missed() -> None:
    assert Schedule(not_before=NOW).missed(math.inf) is None


# What is tried again.


def ended(error: OrchestratorError, max_attempts: int = 3) -> Ticket:
    ticket = Ticket('t', 'forwarded', {}, NOW, NOW, schedule=Schedule(max_attempts=max_attempts))
    executing = lifecycle.start(lifecycle.enqueue(ticket, NOW, force=False), NOW)
    return lifecycle.fail(executing, NOW, error)


FAILURE = ForwardTimeout(endpoint='x', limit_s=1.0)


def test_a_failure_is_tried_again_until_there_are_no_more_attempts() -> None:
    assert [may_retry(ended(FAILURE), True, tries) for tries in (1, 2, 3)] == [True, True, False]


def test_what_is_not_retriable_is_not_tried_again() -> None:
    assert not may_retry(ended(FAILURE), False, 1)
    assert not may_retry(ended(FAILURE, max_attempts=1), True, 1)


@pytest.mark.parametrize(
    'error',
    [
        UnknownCommand(command='x', known='y'),
        EStopActive(source='x'),
        Interrupted(ticket_id='t'),
        CancelTimeout(command='x', limit_s=4.0, reason='y'),
        DeadlinePassed(deadline='x'),
    ],
)
def test_what_cannot_or_must_not_succeed_is_not_tried_again(error: OrchestratorError) -> None:
    assert not may_retry(ended(error), True, 1)


@pytest.mark.parametrize('end', ['complete', 'cancel'])
def test_only_failures_are_tried_again(end: str) -> None:
    ticket = Ticket('t', 'x', {}, NOW, NOW, schedule=Schedule(max_attempts=3))
    executing = lifecycle.start(lifecycle.enqueue(ticket, NOW, force=False), NOW)
    after = (
        lifecycle.complete(executing, NOW, {})
        if end == 'complete'
        else lifecycle.cancel(executing, NOW, 'x')
    )
    assert not may_retry(after, True, 1)


# What a ticket needs, and why a queue is paused.


def test_needs_are_in_each_others_way_where_one_wants_a_resource_alone() -> None:
    alone, shared = Needs(frozenset({'lidar'})), Needs(shared=frozenset({'lidar'}))
    assert alone.conflict({'lidar'}, set()) == 'lidar'
    assert alone.conflict(set(), {'lidar'}) == 'lidar'
    assert shared.conflict({'lidar'}, set()) == 'lidar'
    assert shared.conflict(set(), {'lidar'}) == ''
    assert alone.conflict({'base'}, {'arm'}) == ''


def test_every_reason_of_a_pause_has_its_words() -> None:
    assert PauseReason.NONE.text == ''
    assert len({each.text for each in PauseReason}) == len(PauseReason)
