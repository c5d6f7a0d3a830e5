"""Which waiting ticket goes next, and what becomes of it."""

from orchestrator_ren.store.ticket_store import TicketStore
from orchestrator_ren.tickets import lifecycle
from orchestrator_ren.tickets.event import Actor
from orchestrator_ren.tickets.ticket import Priority, Status

from .samples import LATER, NOW, new_ticket, on_every_database, stored_in

pytestmark = on_every_database


def claimed_ids(store: TicketStore) -> list[str]:
    found = []
    while change := store.claim(LATER):
        found.append(change[0].id)
    return found


def test_the_highest_priority_goes_first_then_the_oldest(store: TicketStore) -> None:
    for number, priority in enumerate(
        [Priority.NORMAL, Priority.LOW, Priority.CRITICAL, Priority.HIGH, Priority.NORMAL]
    ):
        stored_in(store, Status.QUEUED, number, priority=priority)
    stored_in(store, Status.QUEUED, 5, priority=Priority.CRITICAL, created_at=NOW)
    assert claimed_ids(store) == [new_ticket(number).id for number in (5, 2, 3, 0, 4, 1)]


def test_of_the_same_instant_the_lower_id_goes_first(store: TicketStore) -> None:
    for number in (2, 1, 3):
        stored_in(store, Status.QUEUED, number, created_at=NOW)
    assert claimed_ids(store) == [new_ticket(number).id for number in (1, 2, 3)]


def test_a_claimed_ticket_is_executing_since_now(store: TicketStore) -> None:
    waiting = stored_in(store, Status.QUEUED)
    change = store.claim(LATER)
    assert change is not None
    ticket, event = change
    assert ticket == store.get(waiting.id) == lifecycle.start(waiting, LATER)
    assert store.history(waiting.id, 10)[0][-1] == event
    assert (event.actor, event.message, event.at) == (Actor.DISPATCHER, 'its turn', LATER)
    assert store.count_by_status()[Status.EXECUTING] == 1


def test_none_is_claimed_where_none_waits(store: TicketStore) -> None:
    for number, status in enumerate(set(Status) - {Status.QUEUED}):
        stored_in(store, status, number)
    assert store.claim(LATER) is None
