"""Requests that meet on one ticket take turns: each is answered, and none is left waiting."""

import time
from threading import Event

import pytest

pytest.importorskip('rclpy')

from orchestrator_ren.ros.wall_clock import utc_now
from orchestrator_ren.srv import CancelTicket
from orchestrator_ren.tickets import lifecycle
from orchestrator_ren.tickets.event import Actor
from orchestrator_ren.tickets.ticket import Status

from .conftest import stamp_of

TOGETHER_S = 0.5
"""How long a write waits to be met: by whoever takes turns with it, it never is."""


class Meeting:
    """Makes a write of the store wait until somebody else has read a ticket.

    Args:
        store: Of the orchestrator.
        status: Written by the write that waits.
        is_written_first: Whether it waits after the write.
    """

    def __init__(self, monkeypatch, store, status, *, is_written_first=False):
        self._get, self._change, self._end = store.get, store.change, store.end
        self._status, self._is_written_first = status, is_written_first
        self.is_on, self._is_read = Event(), Event()
        monkeypatch.setattr(store, 'get', self._get_and_tell)
        monkeypatch.setattr(store, 'change', self._change_when_met)
        monkeypatch.setattr(store, 'end', self._end_when_met)

    def _get_and_tell(self, ticket_id):
        ticket = self._get(ticket_id)
        if self.is_on.is_set():
            self._is_read.set()
        return ticket

    def _change_when_met(self, before, after, *args):
        if after.status is not self._status:
            return self._change(before, after, *args)
        event = self._change(before, after, *args) if self._is_written_first else None
        self.is_on.set()
        self._is_read.wait(TOGETHER_S)
        return event or self._change(before, after, *args)

    def _end_when_met(self, due):
        if due[0].ending.status is self._status:
            self.is_on.set()
            self._is_read.wait(TOGETHER_S)
        return self._end(due)


@pytest.fixture
def busy(running):
    """The rig whose robot drives: whatever else shall drive waits."""
    running.drive_until_moving()
    return running


def test_cancel_that_comes_when_a_ticket_was_just_queued_ends_its_execution(busy, monkeypatch):
    """The cancel was never answered, and the goal never ended."""
    waiting_id = busy.created_id()
    store = busy.orchestrator._store
    meeting = Meeting(monkeypatch, store, Status.QUEUED, is_written_first=True)
    execution = busy.execute(waiting_id)
    busy.spin_until(meeting.is_on.is_set)
    response = busy.cancel(waiting_id)
    assert (response.success, response.ticket.status) == (True, 'CANCELLED')
    assert execution.result().ticket.status == 'CANCELLED'
    assert len(busy.orchestrator._dispatch.dispatcher) == 0


def test_goal_that_comes_while_its_ticket_is_cancelled_is_refused(busy, monkeypatch):
    """The cancel was never answered, and the goal never ended."""
    store = busy.orchestrator._store
    waiting_id = busy.created_id()
    created = store.get(waiting_id)
    store.change(created, lifecycle.enqueue(created, utc_now(), force=False), Actor.DISPATCHER)
    meeting = Meeting(monkeypatch, store, Status.CANCELLED)
    cancelling = busy.send(CancelTicket, 'cancel_ticket', ticket_id=waiting_id)
    busy.spin_until(meeting.is_on.is_set)
    result = busy.execute(waiting_id).result()
    assert result.error_code == 203
    assert busy.wait(cancelling).ticket.status == 'CANCELLED'
    assert len(busy.orchestrator._dispatch.dispatcher) == 0


def test_goal_that_comes_while_its_ticket_expires_is_refused(automatic, monkeypatch):
    automatic.pause_queue()
    meeting = Meeting(monkeypatch, automatic.orchestrator._store, Status.FAILED)
    expiring_id = automatic.created_id('', command='listen', deadline=stamp_of(time.time() + 0.5))
    automatic.spin_until(meeting.is_on.is_set)
    result = automatic.execute(expiring_id).result()
    assert result.error_code == 203
    assert automatic.await_status(expiring_id, 'FAILED').error_code == 208
