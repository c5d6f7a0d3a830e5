"""The history tells all of a ticket: from its events alone the ticket is made again."""

import itertools
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from orchestrator_ren.errors import EStopActive, InternalError, TicketNotFound
from orchestrator_ren.store.ticket_store import TicketStore
from orchestrator_ren.store.verification import verify
from orchestrator_ren.tickets import lifecycle, listing
from orchestrator_ren.tickets.event import Actor
from orchestrator_ren.tickets.history import replay
from orchestrator_ren.tickets.recovery import RecoveryPolicy
from orchestrator_ren.tickets.ticket import Priority, Status, Ticket

from .samples import LATER, NOW, new_ticket, on_every_database, start, stored_in, walk

pytestmark = on_every_database


def test_the_history_has_every_step_in_order(store: TicketStore) -> None:
    ticket = walk(store, stored_in(store, Status.FAILED), Status.QUEUED)
    history, total = store.history(ticket.id, 10)
    assert [event.type.value for event in history] == [
        'ticket_created', 'ticket_queued', 'execution_started', 'execution_failed',
        'ticket_queued',
    ]  # fmt: skip
    assert [event.step for event in history] == [1, 2, 3, 4, 5]
    assert total == 5
    assert [event.attempt for event in history] == [0, 1, 1, 1, 2]
    assert all(after.previous_status is before.status for before, after in pairwise(history))
    assert (history[3].error_code, history[3].command) == (501, 'drive')
    assert [event.at for event in history] == [ticket.created_at, *4 * [LATER]]


def test_each_step_tells_who_and_why(store: TicketStore) -> None:
    ticket, _ = store.insert(new_ticket())
    queued = lifecycle.enqueue(ticket, LATER, force=False)
    store.change(ticket, queued, Actor.CLIENT, 'execute_ticket')
    executing = start(store, queued)
    failed = lifecycle.fail(executing, LATER, EStopActive(source='topic'), {'distance': 1.0})
    store.change(executing, failed, Actor.SAFETY)
    history, _ = store.history(ticket.id, 10)
    assert [(event.actor, event.message) for event in history] == [
        (Actor.CLIENT, 'create_ticket'),
        (Actor.CLIENT, 'execute_ticket'),
        (Actor.DISPATCHER, 'its turn'),
        (Actor.SAFETY, 'the e-stop is latched (topic)'),
    ]
    assert [event.details for event in history[1:]] == [{}, {}, {'result': {'distance': 1.0}}]


def test_a_history_comes_page_by_page(store: TicketStore) -> None:
    ticket = stored_in(store, Status.COMPLETED)
    whole, _ = store.history(ticket.id, 10)
    pages = [store.history(ticket.id, 3, offset) for offset in (0, 3, 6)]
    assert [events for events, _ in pages] == [whole[:3], whole[3:], []]
    assert {total for _, total in pages} == {4}


def test_a_page_of_a_history_ends_before_it_is_too_large(
    store: TicketStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listing, 'MAX_PAGE_BYTES', 2 * listing.ROW_BYTES + 1000)
    ticket = stored_in(store, Status.COMPLETED)
    pages = [store.history(ticket.id, 10, offset) for offset in (0, 2)]
    assert [[event.step for event in events] for events, _ in pages] == [[1, 2], [3, 4]]
    assert {total for _, total in pages} == {4}


def test_histories_do_not_mix(store: TicketStore) -> None:
    tickets = stored_in(store, Status.QUEUED, 1), stored_in(store, Status.EXECUTING, 2)
    for ticket, total in zip(tickets, (2, 3), strict=True):
        events, found = store.history(ticket.id, 10)
        assert found == len(events) == total
        assert {event.ticket_id for event in events} == {ticket.id}


def test_a_ticket_that_is_not_there_has_no_history(store: TicketStore) -> None:
    with pytest.raises(TicketNotFound, match="'tick-nowhere'"):
        store.history('tick-nowhere', 10)


@pytest.mark.parametrize('status', Status)
def test_the_history_gives_the_ticket(status: Status, store: TicketStore) -> None:
    ticket = stored_in(store, status, priority=Priority.HIGH, request_id='key', dry_run=True)
    assert replay(store.history(ticket.id, 10)[0]) == ticket == store.get(ticket.id)


results = st.dictionaries(
    st.text(max_size=3),
    st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=3)
    | st.none(),
    max_size=2,
)
sentences = st.text(st.characters(exclude_characters='\0', exclude_categories=['Cs']), max_size=5)
steps = st.lists(
    st.tuples(st.sampled_from(['queue', 'start', 'complete', 'fail', 'cancel', 'recover']),
              results, sentences),
    max_size=12,
)  # fmt: skip
numbers = itertools.count()


def stepped_by(store: TicketStore, ticket: Ticket, step: str, result: Any, text: str) -> None:
    """Take a step, unless it is not possible."""
    now = ticket.updated_at + timedelta(seconds=1)
    status = ticket.status
    if step == 'recover':
        policy = RecoveryPolicy.REQUEUE if text else RecoveryPolicy.FAIL
        store.recover(now, lambda _: policy)
    elif step == 'queue' and status not in (Status.QUEUED, Status.EXECUTING):
        store.change(ticket, lifecycle.enqueue(ticket, now, force=True), Actor.CLIENT, text)
    elif step == 'start' and status is Status.QUEUED:
        store.change(ticket, lifecycle.start(ticket, now), Actor.DISPATCHER, text)
    elif step == 'complete' and status is Status.EXECUTING:
        store.change(ticket, lifecycle.complete(ticket, now, result), Actor.DISPATCHER, text)
    elif step == 'fail' and not status.is_final:
        failed = lifecycle.fail(ticket, now, InternalError(detail=text), result)
        store.change(ticket, failed, Actor.DISPATCHER, 'ignored')
    elif step == 'cancel' and not status.is_final:
        store.change(ticket, lifecycle.cancel(ticket, now, text, result), Actor.CLIENT)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps, results, st.sampled_from(Priority), st.floats(0.001, 86400.0))
def test_whatever_happens_to_a_ticket_its_history_gives_it(
    store: TicketStore,
    url: str,
    steps: list[tuple[str, Any, str]],
    content: dict[str, Any],
    priority: Priority,
    timeout_s: float,
) -> None:
    fields = {'priority': priority, 'timeout_s': timeout_s, 'metadata': content}
    number = next(numbers)
    ticket, _ = store.insert(new_ticket(number, request_id=f'key-{number}', **fields))
    for step in steps:
        stepped_by(store, store.get(ticket.id), *step)
        events, total = store.history(ticket.id, 100)
        assert replay(events) == store.get(ticket.id)
        assert total == len(events)
    assert [verdict for verdict in verify(url) if verdict.problem] == []
    assert store.get(ticket.id).created_at >= NOW
