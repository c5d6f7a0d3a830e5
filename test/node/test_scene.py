"""A morning of a robot: twelve tickets and all that comes in between; the order is predicted."""

import time

import pytest

pytest.importorskip('rclpy')

from orchestrator_ren.orchestrator import command_set

from ..extra_commands import with_extra_commands
from .conftest import settle, stamp_of
from .test_queue import CRITICAL, HIGH, LONG, LOW, NORMAL, SHORT, reasons

MEDIUM = '{speed: 0.2, duration_seconds: 2}'


def test_twelve_tickets_run_in_the_predicted_order(rig, monkeypatch):
    monkeypatch.setattr(command_set, 'built_in_commands', with_extra_commands)
    rig.start(orchestrator={'dispatch': 'auto'})
    settle(rig)
    assert rig.pause_queue().success

    def create(priority, params=SHORT, **fields):
        return rig.created_id(params, priority=priority, **fields)

    normal_1 = create(NORMAL, MEDIUM)
    low_1 = create(LOW)
    high_long = create(HIGH, LONG)
    critical = create(CRITICAL)
    normal_2 = create(NORMAL)
    high_2 = create(HIGH)
    low_2 = create(LOW)
    to_cancel = create(NORMAL)
    not_due = create(CRITICAL, not_before=stamp_of(time.time() + 3600.0))
    too_late = create(CRITICAL, deadline=stamp_of(time.time() + 0.5))
    listening = create(NORMAL, '', command='listen')
    normal_3 = create(NORMAL)
    predicted = [
        critical,
        listening,
        high_long,
        high_2,
        normal_1,
        normal_2,
        normal_3,
        low_1,
        low_2,
    ]

    assert rig.await_status(too_late, 'FAILED').error_code == 208
    order = [
        each.ticket_id
        for each in rig.queue().entries
        if each.ticket_id not in (not_due, to_cancel)
    ]
    assert order == [
        critical, high_long, high_2, normal_1, normal_2, listening, normal_3, low_1, low_2,
    ]  # fmt: skip
    assert rig.resume_queue().success

    # The e-stop, in the middle of the second drive.
    rig.await_status(high_long, 'EXECUTING')
    rig.spin_until(lambda: rig.base.speed_mps > 0.1)
    rig.press()
    assert rig.await_status(high_long, 'FAILED').error_code == 501
    assert rig.get(listening).status == 'EXECUTING'
    rig.press(False)
    rig.spin_until(lambda: rig.reset_e_stop().success)
    rig.spin_until(lambda: rig.status().success)
    rig.spin_for(0.3)
    assert rig.get(high_2).status == 'QUEUED'
    assert rig.resume_queue().success

    # A cancel, and a pause, while the first NORMAL one drives.
    rig.await_status(normal_1, 'EXECUTING')
    assert rig.cancel(to_cancel).ticket.status == 'CANCELLED'
    assert rig.pause_queue().success
    rig.await_status(normal_1, 'COMPLETED')
    rig.spin_for(0.3)
    assert rig.get(normal_2).status == 'QUEUED'

    # A restart of the orchestrator.
    rig.stop_orchestrator()
    rig.start_orchestrator(dispatch='auto')
    settle(rig)
    assert rig.get(listening).error_code == 205
    assert set(reasons(rig)) == {normal_2, normal_3, low_1, low_2, not_due}
    rig.spin_until(lambda: rig.status().success)  # it hears the gate again
    assert rig.resume_queue().success
    for each in (normal_2, normal_3, low_1, low_2):
        rig.await_status(each, 'COMPLETED')

    started = rig.started()
    assert set(started[:2]) == set(predicted[:2]), 'they start together'
    assert started[2:] == predicted[2:]
    assert reasons(rig)[not_due].startswith('not due for another 35')
    rig.assert_ends_in_zero()
