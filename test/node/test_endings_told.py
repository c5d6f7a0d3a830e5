"""An end that is on disk, but cannot be told, is no end that is never written."""

from types import SimpleNamespace

import pytest

pytest.importorskip('rclpy')

from orchestrator_ren.orchestrator.interface.execute_action import ExecuteAction
from orchestrator_ren.ros.future import Future


def test_who_cannot_tell_an_end_does_not_keep_the_next_from_being_written(running, monkeypatch):
    """The last one that was due raised StopIteration in place of what had gone wrong."""
    keeper = running.orchestrator._keeper
    endings = keeper._endings
    tell = endings._on_event

    def fail_once(event):
        endings._on_event = tell
        raise ValueError('a publisher')

    first, second = running.created_id(), running.created_id()
    endings._on_event = fail_once
    assert running.cancel(first).error_code != 0
    assert running.get(first).status == 'CANCELLED'
    assert running.cancel(second).success


def test_cancel_of_a_goal_that_the_end_of_the_process_finds_waiting_is_closed():
    """RuntimeError: coroutine ignored GeneratorExit."""

    async def forever(*_):
        await Future()

    action = SimpleNamespace(
        _cancellation=SimpleNamespace(cancel=forever), _tasks=SimpleNamespace(breathe=forever)
    )
    goal = SimpleNamespace(request=SimpleNamespace(ticket_id='t', requested_by=''))
    cancelling = ExecuteAction._on_cancel(action, goal)
    cancelling.send(None)
    cancelling.close()
