"""What robots of one store do to each other's tickets; the same on every database."""

from typing import Any

import pytest

from orchestrator_ren.errors import (
    CapabilityMissing,
    RobotAlive,
    RobotNotInStore,
    StoreConflict,
    TicketElsewhere,
)
from orchestrator_ren.store import database_time
from orchestrator_ren.store.fleet_store import POOL_PAGE
from orchestrator_ren.store.ticket_store import TicketStore
from orchestrator_ren.store.verification import verify
from orchestrator_ren.tickets import lifecycle
from orchestrator_ren.tickets.ending import DueEnd, cancelled
from orchestrator_ren.tickets.event import Actor
from orchestrator_ren.tickets.history import replay
from orchestrator_ren.tickets.listing import TicketFilter
from orchestrator_ren.tickets.ticket import Priority, Status, Ticket

from .samples import (
    LATER,
    MUCH_LATER,
    Execute,
    new_ticket,
    on_every_database,
    start,
    stored_in,
    walk,
)

pytestmark = on_every_database


@pytest.fixture(autouse=True)
def young_server(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database_time, 'GRACE_S', 0.0)


def for_any(number: int = 1, **fields: Any) -> Ticket:
    return new_ticket(number, robot='', is_for_any=True, **fields)


def waiting_for_any(store: TicketStore, number: int = 1, **fields: Any) -> Ticket:
    ticket, _ = store.insert(for_any(number, **fields))
    return walk(store, ticket, Status.QUEUED)


def add_robot(execute: Execute, name: str, *, capabilities: str = '', is_gone: bool) -> None:
    """Let the store have another robot, which is alive or has not been heard of for long."""
    execute(
        'INSERT INTO robots (name, term, holder, host, leased_until, last_seen, capabilities)'
        ' VALUES (:name, 4, :holder, :host, :until, 1, :capabilities)',
        name=name,
        holder='somebody',
        host='there',
        until=1 if is_gone else 10**17,
        capabilities=capabilities,
    )


def give(execute: Execute, ticket: Ticket, robot: str) -> None:
    """Let a ticket be another robot's."""
    values = {'id': ticket.id, 'robot': robot}
    execute('UPDATE tickets SET robot = :robot, term = 0 WHERE id = :id', **values)


# For any.


def test_ticket_for_any_is_nobodys_until_it_is_taken(store: TicketStore, url: str) -> None:
    waiting = waiting_for_any(store)
    assert store.fleet.pool(0)[0] == [waiting]
    assert store.count_by_status()[Status.QUEUED] == 0
    taken, event = store.fleet.take([waiting.id], LATER)  # type: ignore[misc]
    assert (taken.robot, taken.status, event.type.value) == (
        'robot',
        Status.QUEUED,
        'ticket_taken',
    )
    assert store.get(waiting.id) == taken
    assert store.count_by_status()[Status.QUEUED] == 1
    assert store.fleet.pool(0)[0] == []
    assert store.fleet.take([waiting.id], LATER) is None
    assert replay(store.history(waiting.id, 10)[0]) == taken
    walk(store, start(store, taken), Status.COMPLETED)
    assert [each for each in verify(url) if each.problem] == []


def test_those_for_any_are_in_the_order_of_turns(store: TicketStore) -> None:
    for number, priority in ((3, Priority.NORMAL), (1, Priority.NORMAL), (2, Priority.HIGH)):
        waiting_for_any(store, number, priority=priority)
    ids = [each.id for each in store.fleet.pool(0)[0]]
    assert ids == [new_ticket(number).id for number in (2, 1, 3)]
    taken = store.fleet.take(ids[::-1], LATER)
    assert taken is not None
    assert taken[0].id == ids[0]


def test_those_for_any_come_in_pages(store: TicketStore) -> None:
    with store.together():
        for number in range(POOL_PAGE + 1):
            waiting_for_any(store, number)
    assert [len(store.fleet.pool(offset)[0]) for offset in (0, POOL_PAGE)] == [POOL_PAGE, 1]


def test_what_has_not_been_asked_for_is_not_taken(store: TicketStore) -> None:
    ticket, _ = store.insert(for_any())
    assert store.fleet.pool(0)[0] == []
    assert store.fleet.take([ticket.id], LATER) is None


def test_what_a_robot_has_taken_goes_on_elsewhere_once_that_is_gone(
    store: TicketStore, execute: Execute
) -> None:
    waiting = [waiting_for_any(store, number) for number in (1, 2, 3)]
    add_robot(execute, 'dead', is_gone=True)
    add_robot(execute, 'alive', is_gone=False)
    for ticket, robot in zip(waiting, ('dead', 'alive', 'dead'), strict=True):
        give(execute, ticket, robot)
    execute("UPDATE tickets SET status = 'EXECUTING', started_at = 1 WHERE id = :id",
            id=waiting[2].id)  # fmt: skip
    assert [each.id for each in store.fleet.pool(0)[0]] == [waiting[0].id]
    taken = store.fleet.take([each.id for each in waiting], LATER)
    assert taken is not None
    assert (taken[0].id, taken[0].robot) == (waiting[0].id, 'robot')


def test_what_is_a_robots_own_waits_for_it(store: TicketStore, execute: Execute) -> None:
    add_robot(execute, 'dead', is_gone=True)
    ticket = stored_in(store, Status.QUEUED)
    give(execute, ticket, 'dead')
    assert store.fleet.pool(0)[0] == []


def test_own_tickets_are_not_taken_again_when_the_lease_has_run_out(
    store: TicketStore, execute: Execute
) -> None:
    waiting = waiting_for_any(store)
    assert store.fleet.take([waiting.id], LATER) is not None
    execute('UPDATE robots SET leased_until = 1')
    assert store.fleet.pool(0)[0] == []
    assert store.fleet.take([waiting.id], LATER) is None


def test_ticket_that_ends_before_anybody_took_it_is_whose_orchestrator_ended_it(
    store: TicketStore, url: str
) -> None:
    waiting = waiting_for_any(store)
    ((ended, _),) = store.end([DueEnd(waiting.id, cancelled('enough'), LATER)])  # type: ignore[misc]
    assert (ended.robot, store.get(waiting.id)) == ('robot', ended)
    assert store.count_by_status()[Status.CANCELLED] == 1
    assert [each for each in verify(url) if each.problem] == []


# For another robot.


def test_ticket_for_another_robot_is_given_and_accepted_once(
    store: TicketStore, execute: Execute
) -> None:
    add_robot(execute, 'r2', is_gone=False)
    ticket, event = store.insert(new_ticket(1, robot='r2'))
    assert event is not None
    assert store.count_by_status()[Status.PENDING] == 0
    assert not store.fleet.has_given()
    give(execute, ticket, 'robot')  # as the other one would see it
    assert store.fleet.has_given()
    assert [each.id for each in store.fleet.accept(10)] == [ticket.id]
    assert store.count_by_status()[Status.PENDING] == 1
    assert not store.fleet.has_given()
    assert store.fleet.accept(10) == []


def test_ticket_for_a_robot_that_is_not_there_or_cannot_is_not_stored(
    store: TicketStore, execute: Execute
) -> None:
    add_robot(execute, 'r2', capabilities='lift', is_gone=True)
    with pytest.raises(RobotNotInStore, match="'r9' is not in the store; it has r2, robot"):
        store.insert(new_ticket(1, robot='r9'))
    with pytest.raises(CapabilityMissing, match="'r2' has no arm; it has lift"):
        store.insert(new_ticket(1, robot='r2', capabilities=('arm', 'lift')))
    assert execute('SELECT count(*) FROM tickets') == [(0,)]
    store.insert(new_ticket(1, robot='r2', capabilities=('lift',)))


def test_change_of_a_ticket_that_another_robot_has_taken_meanwhile_is_refused(
    store: TicketStore, execute: Execute
) -> None:
    waiting = waiting_for_any(store)
    add_robot(execute, 'r2', is_gone=False)
    give(execute, waiting, 'r2')
    taken = lifecycle.take(waiting, LATER, 'robot')
    with pytest.raises(StoreConflict):
        store.change(waiting, taken, Actor.DISPATCHER)


def test_only_what_waits_for_an_unreachable_robot_may_be_ended_by_others(
    store: TicketStore, execute: Execute
) -> None:
    add_robot(execute, 'dead', is_gone=True)
    add_robot(execute, 'alive', is_gone=False)
    waiting, executing = stored_in(store, Status.QUEUED, 1), stored_in(store, Status.EXECUTING, 2)
    for ticket, robot, may in (
        (waiting, 'dead', True),
        (executing, 'dead', False),
        (waiting, 'alive', False),
        (executing, 'alive', False),
    ):
        give(execute, ticket, robot)
        found = store.get(ticket.id)
        if may:
            store.fleet.check_may_end(found)
        else:
            with pytest.raises(TicketElsewhere, match=f"'{robot}'"):
                store.fleet.check_may_end(found)


# Unreachable.


def test_executing_ticket_of_a_robot_that_was_seen_to_stand_has_failed(
    store: TicketStore, execute: Execute, url: str
) -> None:
    add_robot(execute, 'dead', is_gone=True)
    executing, waiting = stored_in(store, Status.EXECUTING, 1), stored_in(store, Status.QUEUED, 2)
    for ticket in (executing, waiting):
        give(execute, ticket, 'dead')
    changes = store.fleet.declare_stopped('dead', 'ren', MUCH_LATER)
    assert [(ticket.id, ticket.error_code, event.requested_by) for ticket, event in changes] == [
        (executing.id, 216, 'ren')
    ]
    assert store.get(waiting.id).status is Status.QUEUED
    assert execute("SELECT term, holder FROM robots WHERE name = 'dead'") == [(5, '')]
    told = {each.name: each for each in store.fleet.robots()[0]}
    assert told['dead'].unreachable_since is None


def test_robot_that_is_alive_or_unknown_is_not_declared_stopped(
    store: TicketStore, execute: Execute
) -> None:
    add_robot(execute, 'alive', is_gone=False)
    for name in ('robot', 'alive'):
        with pytest.raises(RobotAlive, match=f"'{name}' is alive"):
            store.fleet.declare_stopped(name, 'ren', LATER)
    with pytest.raises(RobotNotInStore):
        store.fleet.declare_stopped('r9', 'ren', LATER)


def test_robots_are_told_by_name_with_their_work(store: TicketStore, execute: Execute) -> None:
    add_robot(execute, 'dead', capabilities='camera,lift', is_gone=True)
    executing = stored_in(store, Status.EXECUTING, 1)
    stored_in(store, Status.QUEUED, 2)
    waiting_for_any(store, 3)
    (dead, mine), for_any_waiting = store.fleet.robots()
    assert (dead.name, dead.is_alive, dead.capabilities) == ('dead', False, ('camera', 'lift'))
    assert dead.unreachable_since is not None
    assert (mine.name, mine.is_alive, mine.term) == ('robot', True, store.term)
    assert (mine.executing_ids, mine.waiting, for_any_waiting) == ([executing.id], 1, 1)


def test_list_of_a_robot_that_is_not_there_is_refused(store: TicketStore) -> None:
    with pytest.raises(RobotNotInStore, match="'r9' is not in the store; it has robot"):
        store.page(TicketFilter(robot='r9'), 10)
