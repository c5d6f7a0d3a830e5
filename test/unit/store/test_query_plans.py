"""No query of the store looks at all tickets or sorts them: each goes along an index."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from orchestrator_ren.store.ticket_store import TicketStore
from orchestrator_ren.tickets.listing import Position, TicketFilter, labels_of
from orchestrator_ren.tickets.recovery import RecoveryPolicy
from orchestrator_ren.tickets.ticket import Status

from .samples import LATER, NOW, OpenStore, ended_before, new_ticket, start, stored_in, walk

POSITION = Position(LATER, 'tick-20260102-00000005')
LABEL = labels_of({'operator': 'ren'})


@pytest.fixture
def store(open_store: OpenStore) -> TicketStore:
    return open_store('sqlite://')


@pytest.fixture
def plans(
    store: TicketStore, connections: Callable[[], list[Any]]
) -> Iterator[Callable[[], list[str]]]:
    """Return what returns the steps of SQLite's plans for the queries since it was asked last."""
    for number, status in enumerate([*Status, *Status]):
        stored_in(store, status, number, metadata={'operator': 'ren', 'tries': number})
    (connection,) = connections()
    executed: list[str] = []
    connection.set_trace_callback(executed.append)

    def explain() -> list[str]:
        statements = [each for each in executed if each.startswith(('SELECT', 'UPDATE', 'DELETE'))]
        executed.clear()
        found = [
            step[3]
            for statement in statements
            for step in connection.execute(f'EXPLAIN QUERY PLAN {statement}')
        ]
        assert found
        executed.clear()
        return found

    yield explain
    connection.set_trace_callback(None)


def assert_along_indexes(steps: list[str]) -> None:
    sorting = [step for step in steps if 'TEMP B-TREE' in step]
    scans = (step for step in steps if step.startswith('SCAN') and step != 'SCAN CONSTANT ROW')
    scanning = [step for step in scans if 'INDEX' not in step]
    # What is counted up to a limit is a subquery.
    assert sorting + [step for step in scanning if 'anon_' not in step] == []


@pytest.mark.parametrize('after', [None, POSITION], ids=['first page', 'next page'])
@pytest.mark.parametrize(
    ('wanted', 'index'),
    [
        (TicketFilter(), 'tickets_by_age'),
        (TicketFilter(created_from=NOW), 'tickets_by_age'),
        (TicketFilter(created_until=LATER), 'tickets_by_age'),
        (TicketFilter(created_from=NOW, created_until=LATER), 'tickets_by_age'),
        (TicketFilter(statuses=frozenset({Status.FAILED})), 'tickets_by_status_and_age'),
        (TicketFilter(statuses=frozenset(Status)), 'tickets_by_status_and_age'),
        (TicketFilter(command='drive'), 'tickets_by_command_and_age'),
        (
            TicketFilter(command='drive', statuses=frozenset({Status.FAILED})),
            'tickets_by_command_and_age',
        ),
        (TicketFilter(command='drive', created_from=NOW), 'tickets_by_command_and_age'),
        (TicketFilter(labels=LABEL), 'labels_by_value_status_and_age'),
        (TicketFilter(labels=LABEL, created_from=NOW), 'labels_by_value_status_and_age'),
        (TicketFilter(labels=LABEL, command='drive'), 'labels_by_value_status_and_age'),
        (TicketFilter(is_oldest_first=True), 'tickets_by_age'),
        (
            TicketFilter(statuses=frozenset({Status.FAILED}), is_oldest_first=True),
            'tickets_by_status_and_age',
        ),
        (
            TicketFilter(labels=labels_of({'operator': 'ren', 'tries': 1})),
            'labels_by_value_status_and_age',
        ),
    ],
)
def test_a_list_goes_along_an_index(
    wanted: TicketFilter,
    index: str,
    after: Position | None,
    store: TicketStore,
    plans: Callable[[], list[str]],
) -> None:
    assert store.page(wanted, 3, after=after).total
    steps = plans()
    assert_along_indexes(steps)
    along = [step for step in steps if f'INDEX {index} ' in f'{step} ']
    assert along
    begins = 'created_at>' if wanted.is_oldest_first else 'created_at<'
    assert after is None or any(begins in step for step in along), 'begins at the top'


@pytest.mark.parametrize(
    'call',
    [
        lambda store: store.get(new_ticket(1).id),
        lambda store: store.insert(new_ticket(99, request_id='key')),
        lambda store: walk(store, store.get(new_ticket(0).id), Status.QUEUED),
        lambda store: start(store, store.get(new_ticket(1).id)),
        lambda store: store.recover(LATER, lambda _: RecoveryPolicy.REQUEUE),
        lambda store: store.history(new_ticket(1).id, 10, 1),
        lambda store: store.events_after(3, 10),
        lambda store: store.prune(ended_before(LATER), 3, 2),
        lambda store: store.renew(),
    ],
    ids=['get', 'insert', 'change', 'start', 'recover', 'history', 'events', 'prune', 'renew'],
)
def test_a_call_goes_along_indexes(
    call: Callable[[TicketStore], object], store: TicketStore, plans: Callable[[], list[str]]
) -> None:
    call(store)
    assert_along_indexes(plans())


def test_what_others_have_given_is_found_however_many_tickets_there_are(
    store: TicketStore, plans: Callable[[], list[str]]
) -> None:
    """Each look read all tickets of the robot, after each ticket that had ended."""
    assert not store.fleet.has_given()
    assert [step for step in plans() if 'INDEX tickets_given ' in f'{step} ']
