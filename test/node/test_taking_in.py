"""`dispatch: auto` takes each ticket in once, whoever else has it in hand at that moment."""

from threading import Event

import pytest

pytest.importorskip('rclpy')

from orchestrator_ren.errors import StoreConflict
from orchestrator_ren.ros.wall_clock import utc_now
from orchestrator_ren.tickets import lifecycle
from orchestrator_ren.tickets.event import Actor
from orchestrator_ren.tickets.ticket import Ticket

BRIEF = {'params': '{ticks: 0}', 'command': 'brief'}
TICKETS = 20
WAIT_S = 10.0


@pytest.mark.parametrize('is_read_first', [True, False])
@pytest.mark.parametrize('dry_run', [True, False])
def test_ticket_created_while_the_store_is_read_runs_once(
    automatic, monkeypatch, is_read_first, dry_run
):
    """It was refused by StoreConflict, or waited until the next restart."""
    orchestrator = automatic.orchestrator
    store = orchestrator._store
    insert_queued, page, change = store.insert_queued, store.page, store.change
    is_inserted, is_read, is_taken_in = Event(), Event(), Event()

    def insert_before_the_page(*args):
        outcome = insert_queued(*args)
        is_inserted.set()
        assert is_read.wait(WAIT_S)
        return outcome

    def page_with_the_ticket(*args):
        assert is_inserted.wait(WAIT_S)
        found = page(*args)
        is_read.set()
        assert is_read_first or is_taken_in.wait(WAIT_S)
        return found

    def change_and_tell(*args):
        outcome = change(*args)
        is_taken_in.set()
        return outcome

    monkeypatch.setattr(store, 'insert_queued', insert_before_the_page)
    monkeypatch.setattr(store, 'page', page_with_the_ticket)
    monkeypatch.setattr(store, 'change', change_and_tell)
    ids = []
    for _ in range(TICKETS):
        for each in (is_inserted, is_read, is_taken_in):
            each.clear()
        orchestrator._tasks.run(orchestrator._dispatch.loader.load())
        ids.append(automatic.created_id(**BRIEF, dry_run=dry_run))
    for each in ids:
        automatic.await_status(each, 'COMPLETED')
    automatic.spin_until(lambda: len(automatic.started()) >= TICKETS)
    assert sorted(automatic.started()) == sorted(ids)
    assert len(orchestrator._dispatch.dispatcher) == 0


def test_ticket_found_and_cancelled_while_it_is_written_is_created_and_cancelled(
    automatic, monkeypatch
):
    store = automatic.orchestrator._store
    insert_queued = store.insert_queued

    def insert_and_cancel(*args):
        stored, events = insert_queued(*args)
        store.change(stored, lifecycle.cancel(stored, utc_now(), 'not this'), Actor.CLIENT, '')
        return stored, events

    monkeypatch.setattr(store, 'insert_queued', insert_and_cancel)
    response = automatic.create(**BRIEF)
    assert response.success
    automatic.await_status(response.ticket.id, 'CANCELLED')
    automatic.spin_until(lambda: len(automatic.orchestrator._dispatch.dispatcher) == 0)


def test_ticket_changed_by_somebody_at_its_turn_gets_another_turn(automatic, monkeypatch):
    orchestrator = automatic.orchestrator
    store = orchestrator._store
    change, refusals = store.change, iter([True])

    def change_at_the_second_try(before, after, actor, cause='', *args):
        if cause == 'execute_ticket' and next(refusals, False):
            raise StoreConflict(ticket_id=before.id)
        return change(before, after, actor, cause, *args)

    monkeypatch.setattr(store, 'change', change_at_the_second_try)
    at = utc_now()
    mine = {'timeout_s': 1.0, 'robot': store.robot.name}
    store.insert(Ticket('tick-20261124-00000001', 'brief', {'ticks': 0}, at, at, **mine))
    orchestrator._tasks.run(orchestrator._dispatch.loader.load())
    automatic.await_status('tick-20261124-00000001', 'COMPLETED')
    assert next(refusals, None) is None
