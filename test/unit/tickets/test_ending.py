"""How an execution ends, for whom and why."""

from collections.abc import Callable
from datetime import datetime

import pytest

from orchestrator_ren.errors import (
    EStopActive,
    ExecutionTimeout,
    IllegalTransition,
    InternalError,
    OrchestratorError,
    TicketFinished,
)
from orchestrator_ren.tickets.ending import Ending, cancelled, completed, failed
from orchestrator_ren.tickets.event import Actor
from orchestrator_ren.tickets.ticket import Status, Ticket

TicketIn = Callable[..., Ticket]
DONE_SO_FAR = {'distance_traveled': 3.0}


def test_completed_keeps_the_result(ticket_in: TicketIn, now: datetime) -> None:
    ended = completed().apply(ticket_in(Status.EXECUTING), now, DONE_SO_FAR)
    assert (ended.status, ended.result) == (Status.COMPLETED, DONE_SO_FAR)
    assert (ended.completed_at, ended.error_code, ended.error) == (now, 0, '')
    assert completed().actor is Actor.DISPATCHER


def test_cancelled_keeps_reason_and_what_was_done(ticket_in: TicketIn, now: datetime) -> None:
    ending = cancelled('the operator said so')
    ended = ending.apply(ticket_in(Status.EXECUTING), now, DONE_SO_FAR)
    assert (ended.status, ended.result) == (Status.CANCELLED, DONE_SO_FAR)
    assert (ended.error_code, ended.error) == (0, 'the operator said so')
    assert ending.actor is Actor.CLIENT


def test_failed_keeps_code_sentence_and_what_was_done(ticket_in: TicketIn, now: datetime) -> None:
    error = ExecutionTimeout(timeout_s=12.0)
    ended = failed(error).apply(ticket_in(Status.EXECUTING), now, DONE_SO_FAR)
    assert (ended.status, ended.result) == (Status.FAILED, DONE_SO_FAR)
    assert (ended.error_code, ended.error) == (401, str(error))


@pytest.mark.parametrize(
    ('error', 'actor'),
    [
        (EStopActive(source='topic'), Actor.SAFETY),
        (ExecutionTimeout(timeout_s=1.0), Actor.DISPATCHER),
        (InternalError(detail='a defect'), Actor.DISPATCHER),
    ],
)
def test_only_safety_errors_are_caused_by_the_safety_layer(
    error: OrchestratorError, actor: Actor
) -> None:
    assert failed(error).actor is actor


def test_somebody_else_may_be_named_as_the_cause() -> None:
    assert failed(EStopActive(source='topic'), Actor.SERVICE).actor is Actor.SERVICE


def test_a_failure_without_an_error_is_a_defect(ticket_in: TicketIn, now: datetime) -> None:
    ending = Ending(Status.FAILED, Actor.DISPATCHER)
    assert ending.apply(ticket_in(Status.EXECUTING), now, {}).error_code == InternalError.code


def test_a_queued_ticket_cannot_complete(ticket_in: TicketIn, now: datetime) -> None:
    with pytest.raises(IllegalTransition):
        completed().apply(ticket_in(Status.QUEUED), now, {})


def test_a_finished_ticket_does_not_end_again(ticket_in: TicketIn, now: datetime) -> None:
    with pytest.raises(TicketFinished):
        cancelled('too late').apply(ticket_in(Status.COMPLETED), now, {})
