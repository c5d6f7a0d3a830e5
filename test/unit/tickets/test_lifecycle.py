"""The steps of a ticket's life, over all 36 pairs of statuses."""

import itertools
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from orchestrator_ren.errors import (
    EStopActive,
    IllegalTransition,
    OrchestratorError,
    TicketActive,
    TicketFinished,
)
from orchestrator_ren.tickets import lifecycle
from orchestrator_ren.tickets.ticket import Status, Ticket

TicketIn = Callable[..., Ticket]
PAIRS = list(itertools.product(Status, Status))
LEGAL = {
    ('PENDING', 'QUEUED'), ('PENDING', 'FAILED'), ('PENDING', 'CANCELLED'),
    ('QUEUED', 'EXECUTING'), ('QUEUED', 'FAILED'), ('QUEUED', 'CANCELLED'),
    ('EXECUTING', 'COMPLETED'), ('EXECUTING', 'FAILED'), ('EXECUTING', 'CANCELLED'),
    ('COMPLETED', 'QUEUED'), ('FAILED', 'QUEUED'), ('CANCELLED', 'QUEUED'),
}  # fmt: skip
"""Written out from the specification, not from the code."""

FINAL = [Status.COMPLETED, Status.FAILED, Status.CANCELLED]
NOT_FINAL = [Status.PENDING, Status.QUEUED, Status.EXECUTING]
ERROR = EStopActive(source='the test')

every_pair = pytest.mark.parametrize(
    ('before', 'after'), PAIRS, ids=[f'{a.value}-{b.value}' for a, b in PAIRS]
)


def step(ticket: Ticket, after: Status, now: datetime) -> Ticket:
    """Take the step to a status with the function that is there for it."""
    if after is Status.QUEUED:
        return lifecycle.enqueue(ticket, now, force=True)
    if after is Status.EXECUTING:
        return lifecycle.start(ticket, now)
    if after is Status.COMPLETED:
        return lifecycle.complete(ticket, now, {'distance_traveled': 15.0})
    if after is Status.FAILED:
        return lifecycle.fail(ticket, now, ERROR)
    return lifecycle.cancel(ticket, now, 'changed my mind')


def test_there_are_36_pairs() -> None:
    assert len(PAIRS) == 36


@every_pair
def test_the_table_has_exactly_the_legal_steps(before: Status, after: Status) -> None:
    is_legal = (before.value, after.value) in LEGAL
    assert (after in lifecycle.TRANSITIONS[before]) == is_legal


@every_pair
def test_only_legal_steps_pass_the_check(
    before: Status, after: Status, ticket_in: TicketIn
) -> None:
    ticket = ticket_in(before)
    if (before.value, after.value) in LEGAL:
        lifecycle.check_transition(ticket, after)
        return
    with pytest.raises(IllegalTransition) as caught:
        lifecycle.check_transition(ticket, after)
    assert str(caught.value) == f'{ticket.id} cannot go from {before.value} to {after.value}'


LEGAL_PAIRS = [pair for pair in PAIRS if (pair[0].value, pair[1].value) in LEGAL]
ILLEGAL_STEPS = [
    pair
    for pair in PAIRS
    # PENDING is only ever a beginning, and queueing what is queued already is no step.
    if pair not in LEGAL_PAIRS and Status.PENDING is not pair[1] and pair != (Status.QUEUED,) * 2
]


@pytest.mark.parametrize(
    ('before', 'after'), LEGAL_PAIRS, ids=[f'{a.value}-{b.value}' for a, b in LEGAL_PAIRS]
)
def test_a_legal_step_changes_the_status_and_its_time(
    before: Status, after: Status, ticket_in: TicketIn, now: datetime
) -> None:
    earlier = ticket_in(before)
    later = step(earlier, after, now)
    assert later.status is after
    assert later.updated_at == now
    assert (later.id, later.created_at) == (earlier.id, earlier.created_at)
    assert later.same_request(earlier)


@pytest.mark.parametrize(
    ('before', 'after'), ILLEGAL_STEPS, ids=[f'{a.value}-{b.value}' for a, b in ILLEGAL_STEPS]
)
def test_an_illegal_step_is_refused(
    before: Status, after: Status, ticket_in: TicketIn, now: datetime
) -> None:
    with pytest.raises((IllegalTransition, TicketActive, TicketFinished)):
        step(ticket_in(before), after, now)


@pytest.mark.parametrize('before', FINAL)
def test_a_finished_ticket_is_queued_again_only_by_force(
    before: Status, ticket_in: TicketIn, now: datetime
) -> None:
    with pytest.raises(TicketFinished) as caught:
        lifecycle.enqueue(ticket_in(before), now, force=False)
    assert before.value in str(caught.value)
    assert 'force' in str(caught.value)


@pytest.mark.parametrize('before', FINAL)
def test_force_counts_an_attempt_and_forgets_the_last_outcome(
    before: Status, ticket_in: TicketIn, now: datetime
) -> None:
    earlier = ticket_in(before, attempt=4)
    again = lifecycle.enqueue(earlier, now, force=True)
    assert again.attempt == 5
    assert (again.started_at, again.completed_at) == (None, None)
    assert (again.result, again.error_code, again.error) == ({}, 0, '')


def test_the_first_execution_is_attempt_one(ticket_in: TicketIn, now: datetime) -> None:
    assert lifecycle.enqueue(ticket_in(Status.PENDING), now, force=False).attempt == 1


@pytest.mark.parametrize('force', [False, True])
def test_a_ticket_left_queued_keeps_its_attempt(
    force: bool, ticket_in: TicketIn, now: datetime
) -> None:
    left = ticket_in(Status.QUEUED, attempt=3)
    assert lifecycle.enqueue(left, now, force=force) == left


def test_a_dry_run_would_end_a_ticket_that_waits(ticket_in: TicketIn, now: datetime) -> None:
    waiting = ticket_in(Status.QUEUED)
    with pytest.raises(TicketActive):
        lifecycle.enqueue(waiting, now, force=True, dry_run=True)
    dry = ticket_in(Status.QUEUED, dry_attempt=True)
    assert lifecycle.enqueue(dry, now, force=False, dry_run=True) is dry


@pytest.mark.parametrize('before', FINAL)
def test_how_an_attempt_was_asked_for_does_not_last(
    before: Status, ticket_in: TicketIn, now: datetime
) -> None:
    earlier = ticket_in(before, dry_attempt=True, is_awaited=True)
    again = lifecycle.enqueue(earlier, now, force=True)
    assert (again.dry_attempt, again.is_awaited) == (False, False)


@pytest.mark.parametrize('force', [False, True])
def test_an_executing_ticket_is_never_queued_again(
    force: bool, ticket_in: TicketIn, now: datetime
) -> None:
    with pytest.raises(TicketActive, match='EXECUTING already'):
        lifecycle.enqueue(ticket_in(Status.EXECUTING), now, force=force)


def test_starting_notes_when(ticket_in: TicketIn, now: datetime) -> None:
    started = lifecycle.start(ticket_in(Status.QUEUED), now)
    assert started.started_at == now
    assert started.completed_at is None


def test_completing_keeps_the_result(ticket_in: TicketIn, now: datetime) -> None:
    done = lifecycle.complete(ticket_in(Status.EXECUTING), now, {'distance_traveled': 15.0})
    assert done.result == {'distance_traveled': 15.0}
    assert done.completed_at == now
    assert (done.error_code, done.error) == (0, '')


def test_failing_keeps_code_sentence_and_what_was_done(ticket_in: TicketIn, now: datetime) -> None:
    failed = lifecycle.fail(ticket_in(Status.EXECUTING), now, ERROR, {'distance_traveled': 2.0})
    assert (failed.error_code, failed.error) == (501, str(ERROR))
    assert failed.result == {'distance_traveled': 2.0}
    assert failed.completed_at == now


@pytest.mark.parametrize('before', NOT_FINAL)
def test_cancelling_keeps_the_reason_and_no_code(
    before: Status, ticket_in: TicketIn, now: datetime
) -> None:
    cancelled = lifecycle.cancel(ticket_in(before), now, 'changed my mind', {'half': 1})
    assert cancelled.status is Status.CANCELLED
    assert (cancelled.error_code, cancelled.error) == (0, 'changed my mind')
    assert cancelled.result == {'half': 1}
    assert cancelled.completed_at == now


@pytest.mark.parametrize('before', FINAL)
def test_a_finished_ticket_cannot_be_cancelled(
    before: Status, ticket_in: TicketIn, now: datetime
) -> None:
    with pytest.raises(TicketFinished) as caught:
        lifecycle.cancel(ticket_in(before), now, 'too late')
    assert str(caught.value) == f'tick-20260102-0000abcd is {before.value} already'


@every_pair
def test_a_step_leaves_the_earlier_ticket_as_it_was(
    before: Status, after: Status, ticket_in: TicketIn, now: datetime
) -> None:
    ticket = ticket_in(before)
    copy = replace(ticket, params=dict(ticket.params), result=dict(ticket.result))
    try:
        step(ticket, after, now)
    except OrchestratorError:
        assert (before.value, after.value) not in LEGAL
    assert ticket == copy


class LifeOfATicket(RuleBasedStateMachine):
    """Any order of requests: a ticket's fields always fit its status."""

    def __init__(self) -> None:
        super().__init__()
        self.now = datetime.fromisoformat('2026-01-02T03:04:05+00:00')
        self.ticket = Ticket('tick-20260102-0000abcd', 'drive', {}, self.now, self.now)
        self.attempts = 0

    @rule(force=st.booleans())
    def queue(self, force: bool) -> None:
        before = self.ticket
        try:
            self.ticket = lifecycle.enqueue(before, self.now, force=force)
        except OrchestratorError:
            assert before.status is Status.EXECUTING or (before.status in FINAL and not force)
        else:
            self.attempts += before.status is not Status.QUEUED

    @precondition(lambda self: self.ticket.status is Status.QUEUED)
    @rule()
    def start(self) -> None:
        self.ticket = lifecycle.start(self.ticket, self.now)

    @precondition(lambda self: self.ticket.status is Status.EXECUTING)
    @rule()
    def complete(self) -> None:
        self.ticket = lifecycle.complete(self.ticket, self.now, {'done': True})

    @precondition(lambda self: self.ticket.status in NOT_FINAL)
    @rule()
    def fail(self) -> None:
        self.ticket = lifecycle.fail(self.ticket, self.now, ERROR)

    @precondition(lambda self: self.ticket.status in NOT_FINAL)
    @rule()
    def cancel(self) -> None:
        self.ticket = lifecycle.cancel(self.ticket, self.now, 'enough')

    @invariant()
    def fields_fit_the_status(self) -> None:
        ticket = self.ticket
        assert (ticket.completed_at is not None) == ticket.status.is_final
        assert (ticket.error_code != 0) == (ticket.status is Status.FAILED)
        assert (ticket.error != '') == (ticket.status in (Status.FAILED, Status.CANCELLED))
        assert ticket.status is not Status.EXECUTING or ticket.started_at is not None

    @invariant()
    def attempts_are_counted(self) -> None:
        assert self.ticket.attempt == self.attempts


TestLifeOfATicket = LifeOfATicket.TestCase
TestLifeOfATicket.settings = settings(max_examples=50, stateful_step_count=25)
