"""What is stored comes back, and is stored once."""

import threading
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from orchestrator_ren.errors import (
    InternalError,
    RequestIdConflict,
    StoreConflict,
    StoreUnavailable,
    TicketNotFound,
)
from orchestrator_ren.store.ticket_store import TicketStore
from orchestrator_ren.tickets.event import Actor, EventType
from orchestrator_ren.tickets.listing import TicketFilter
from orchestrator_ren.tickets.ticket import Priority, Status

from .samples import (
    LATER,
    NOW,
    Execute,
    OpenStore,
    columns_of,
    ended_before,
    new_ticket,
    on_every_database,
    stored_in,
)

pytestmark = on_every_database
ANY = TicketFilter()


def test_a_ticket_with_every_field_comes_back(store: TicketStore) -> None:
    ticket = new_ticket(
        params={'z': [1, 2.5, None, {'é': '🤖'}], 'a': True},
        priority=Priority.CRITICAL,
        timeout_s=0.1 + 0.2,
        metadata={'operator': 'ren', 'session_id': 2**53 + 1},
        dry_run=True,
        request_id='key-1',
    )
    assert store.insert(ticket)[0] == ticket
    found = store.get(ticket.id)
    assert found == ticket
    assert list(found.params) == ['z', 'a']
    assert type(found.status) is Status
    assert type(found.priority) is Priority


def test_a_ticket_of_defaults_comes_back(store: TicketStore) -> None:
    store.insert(new_ticket())
    assert store.get(new_ticket().id) == new_ticket()


def test_a_creation_has_an_event_with_all_that_was_asked_for(store: TicketStore) -> None:
    ticket = new_ticket(metadata={'operator': 'ren'}, request_id='key')
    _, event = store.insert(ticket)
    assert event is not None
    assert (event.type, event.actor, event.step) == (EventType.TICKET_CREATED, Actor.CLIENT, 1)
    assert event.details == {
        'command': 'drive',
        'params': ticket.params,
        'priority': 2,
        'timeout_s': 600.0,
        'metadata': {'operator': 'ren'},
        'dry_run': False,
        'request_id': 'key',
    }
    assert store.history(ticket.id, 10) == ([event], 1)


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(1 - 2**63, 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=5),
    lambda children: (
        st.lists(children, max_size=3) | st.dictionaries(st.text(max_size=5), children, max_size=3)
    ),
    max_leaves=6,
)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.dictionaries(st.text(max_size=5), json_values, max_size=3),
    st.datetimes(timezones=st.just(timezone.utc)),
    st.floats(1e-3, 86400.0),
)
def test_any_content_comes_back_to_the_microsecond(
    store: TicketStore, content: dict[str, Any], at: datetime, timeout_s: float
) -> None:
    number = store.page(ANY, 1).total
    ticket = new_ticket(number, metadata=content, created_at=at, updated_at=at)
    ticket = replace(ticket, timeout_s=timeout_s)
    store.insert(ticket)
    assert store.get(ticket.id) == ticket


def test_an_instant_of_another_zone_comes_back_as_utc(store: TicketStore) -> None:
    east = timezone(timedelta(hours=5, minutes=30))
    store.insert(new_ticket(created_at=NOW.astimezone(east)))
    found = store.get(new_ticket().id)
    assert found.created_at == NOW
    assert found.created_at.tzinfo is timezone.utc


def test_everything_is_there_after_reopening(
    store: TicketStore, url: str, open_store: OpenStore
) -> None:
    tickets = [stored_in(store, status, number) for number, status in enumerate(Status)]
    histories = [store.history(ticket.id, 10) for ticket in tickets]
    counts = store.count_by_status()
    store.close()
    again = open_store(url)
    assert [again.get(ticket.id) for ticket in tickets] == tickets
    assert [again.history(ticket.id, 10) for ticket in tickets] == histories
    assert again.count_by_status() == counts


def test_what_was_answered_is_seen_by_others_at_once(store: TicketStore, execute: Execute) -> None:
    store.insert(new_ticket())
    assert execute('SELECT id, status FROM tickets') == [(new_ticket().id, 'PENDING')]
    assert execute('SELECT type FROM events') == [('ticket_created',)]


def test_an_unknown_ticket_is_named(store: TicketStore) -> None:
    with pytest.raises(TicketNotFound, match="'tick-nowhere' is not known"):
        store.get('tick-nowhere')


@pytest.mark.parametrize('table', ['events', 'labels'])
def test_without_its_event_or_its_labels_no_ticket_is_created(
    table: str, store: TicketStore, execute: Execute
) -> None:
    ticket = new_ticket(metadata={'operator': 'ren'}, request_id='key')
    execute(f'ALTER TABLE {table} RENAME TO elsewhere')
    with pytest.raises(StoreUnavailable, match=table):
        store.insert(ticket)
    assert execute('SELECT count(*) FROM tickets') == [(0,)]
    assert store.count_by_status()[Status.PENDING] == 0
    execute(f'ALTER TABLE elsewhere RENAME TO {table}')
    assert execute('SELECT count(*) FROM events') == [(0,)]
    assert store.insert(ticket)[1] is not None
    assert store.get(ticket.id) == ticket


@pytest.mark.parametrize('status', [status for status in Status if status is not Status.PENDING])
def test_a_ticket_is_created_pending_or_not_at_all(status: Status, store: TicketStore) -> None:
    columns = {**columns_of(status), 'status': status}
    times = {name: NOW if columns[name] else None for name in ('started_at', 'completed_at')}
    with pytest.raises(InternalError, match='illegal step: a ticket is created PENDING'):
        store.insert(new_ticket(**{**columns, **times}))
    with pytest.raises(TicketNotFound):
        store.get(new_ticket().id)


def test_a_new_ticket_has_had_no_attempt(store: TicketStore) -> None:
    with pytest.raises(InternalError, match='attempt_fits_status'):
        store.insert(new_ticket(attempt=1))


# request_id: the same key and content is the same ticket.


def test_the_same_request_again_gives_the_first_ticket(store: TicketStore) -> None:
    first, event = store.insert(new_ticket(1, request_id='key'))
    again, no_event = store.insert(new_ticket(2, request_id='key'))
    assert again == first
    assert event is not None
    assert no_event is None
    assert store.page(ANY, 10).total == store.history(first.id, 10)[1] == 1


def test_the_order_of_the_content_does_not_matter(store: TicketStore) -> None:
    metadata, params = (
        {'operator': 'ren', 'tries': 2},
        {'speed': 1.0, 'direction': {'a': 1, 'b': 2}},
    )
    first, _ = store.insert(new_ticket(1, request_id='key', metadata=metadata, params=params))
    metadata, params = (
        {'tries': 2, 'operator': 'ren'},
        {'direction': {'b': 2, 'a': 1}, 'speed': 1.0},
    )
    again = new_ticket(2, request_id='key', metadata=metadata, params=params)
    assert store.insert(again) == (first, None)


def test_the_same_request_gives_the_ticket_as_it_is_by_now(store: TicketStore) -> None:
    ended = stored_in(store, Status.COMPLETED, request_id='key')
    assert store.insert(new_ticket(2, request_id='key')) == (ended, None)


def test_the_same_request_is_known_after_reopening(
    store: TicketStore, url: str, open_store: OpenStore
) -> None:
    first, _ = store.insert(new_ticket(1, request_id='key'))
    store.close()
    assert open_store(url).insert(new_ticket(2, request_id='key')) == (first, None)


def test_of_ten_that_send_the_same_request_one_creates_the_ticket(store: TicketStore) -> None:
    answers: list[Any] = []
    one_at_a_time = threading.Lock()

    def send(number: int) -> None:
        with one_at_a_time:
            answers.append(store.insert(new_ticket(number, request_id='key')))

    threads = [threading.Thread(target=send, args=(number,)) for number in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {ticket.id for ticket, _ in answers} == {answers[0][0].id}
    assert [event is not None for _, event in answers] == [True] + 9 * [False]
    assert store.page(ANY, 10).total == 1


@pytest.mark.parametrize(
    ('field', 'value'),
    [
        ('command', 'stop'),
        ('params', {'speed': 1.5}),
        ('priority', Priority.HIGH),
        ('timeout_s', 599.0),
        ('metadata', {'operator': 'ren'}),
        ('dry_run', True),
    ],
)
def test_the_same_key_for_other_content_is_refused(
    field: str, value: Any, store: TicketStore
) -> None:
    first, _ = store.insert(new_ticket(1, request_id='key'))
    with pytest.raises(RequestIdConflict) as caught:
        store.insert(new_ticket(2, request_id='key', **{field: value}))
    assert str(caught.value) == f"request_id 'key' belongs to {first.id}, which has other content"
    assert store.page(ANY, 10).total == 1


def test_tickets_without_a_key_are_all_new(store: TicketStore) -> None:
    for number in range(3):
        store.insert(new_ticket(number))
    assert store.page(ANY, 10).total == 3


def test_an_id_that_is_taken_is_refused(store: TicketStore) -> None:
    store.insert(new_ticket(1))
    with pytest.raises(StoreConflict, match='tick-20260102-00000001'):
        store.insert(new_ticket(1, command='stop', params={}))
    assert store.get(new_ticket(1).id) == new_ticket(1)


def test_the_key_of_a_removed_ticket_is_free(store: TicketStore) -> None:
    stored_in(store, Status.COMPLETED, request_id='key')
    store.prune(ended_before(LATER + timedelta(seconds=1)), keep=0, limit=10)
    ticket, event = store.insert(new_ticket(2, request_id='key'))
    assert ticket == new_ticket(2, request_id='key')
    assert event is not None


def test_a_number_that_no_database_takes_is_no_fault_of_the_store(store: TicketStore) -> None:
    """The store was said to be damaged (308): the driver raised OverflowError, as rows do."""
    with pytest.raises(InternalError, match='the store was given'):
        store.insert(new_ticket(1, attempt=2**70))
    store.insert(new_ticket(2))
