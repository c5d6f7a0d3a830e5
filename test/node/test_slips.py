"""A slip of a plug-in fails its own ticket, and a drive beside it goes on."""

import itertools
import json
import time

import pytest

pytest.importorskip('rclpy')

from rclpy.clock import Clock, ClockType

from orchestrator_ren.orchestrator import command_set
from orchestrator_ren.srv import CreateTicket

from ..rich_command import Rich, Waypoint
from ..slips import (
    TRYING,
    Asked,
    HandOver,
    Hoard,
    RaiseBadly,
    TryHarder,
    with_slips,
)
from .conftest import is_zero, settle

LONGEST_HOLD_S = 0.05
"""CPU time between two callbacks of a timer, in the one thread of all nodes [s]; the slips took
seconds, or all there is."""

LOOK_S = 0.005


@pytest.fixture(autouse=True)
def slips(rig, monkeypatch):
    monkeypatch.setattr(command_set, 'built_in_commands', with_slips)
    Asked.released.clear()
    Asked.is_on = True
    TryHarder.is_over.clear()
    yield
    Asked.released.set()
    TryHarder.is_over.set()


class Watch:
    """Watches a drive beside what happens, and how long others hold the executor."""

    def __init__(self, rig):
        self.rig = rig
        _, self.ticket_id = rig.drive_until_moving()
        self.looked_at_s: list[float] = []
        steady = Clock(clock_type=ClockType.STEADY_TIME)
        rig.client.create_timer(
            LOOK_S, lambda: self.looked_at_s.append(time.thread_time()), clock=steady
        )
        rig.spin_until(lambda: self.looked_at_s)

    def assert_drives_on(self):
        """Nothing kept the drive from its ticks."""
        looks = len(self.looked_at_s)
        self.rig.spin_until(lambda: len(self.looked_at_s) > looks + 1)
        assert self.rig.get(self.ticket_id).status == 'EXECUTING'
        assert max(b - a for a, b in itertools.pairwise(self.looked_at_s)) < LONGEST_HOLD_S


@pytest.mark.parametrize('command', ['try_again', 'try_harder', 'look_harder', 'tidy_harder'])
def test_command_that_goes_on_after_a_cancel_holds_up_nobody(running, command):
    """`except Exception` around a tick and a cancel: the process never ran a callback again."""
    watch = Watch(running)
    ticket_id = running.created_id('{}', command=command)
    running.execute(ticket_id)
    executions = running.orchestrator._execution.executions
    running.await_status(ticket_id, 'EXECUTING')
    running.spin_until(lambda: executions.get(ticket_id).message == TRYING)
    assert running.cancel(ticket_id).success
    ended = running.await_status(ticket_id, 'CANCELLED' if command == 'try_again' else 'FAILED')
    assert ended.error_code == (0 if command == 'try_again' else 207)
    watch.assert_drives_on()


def test_wrong_time_to_wait_fails_a_command_that_goes_on_all_the_same(running):
    watch = Watch(running)
    ticket_id = running.created_id('{}', command='look_wrong')
    message = running.execute(ticket_id).result().message
    assert "timeout_s is 'soon'" in message
    watch.assert_drives_on()


def test_what_is_handed_over_wrong_fails_the_ticket_that_did(running):
    """`report(0.5, 42)` failed the drive of another ticket."""
    for slip in HandOver.SLIPS:
        ticket_id = running.created_id(json.dumps({'slip': slip}), command='hand_over')
        result = running.execute(ticket_id).result()
        assert (result.ticket.status, result.error_code) == ('FAILED', 900), slip
        assert 'it must be' in result.message or 'the limit is' in result.message
        assert len(result.message) < 400
    after = running.execute(running.created_id('{speed: 0.3, duration_seconds: 0.3}'))
    assert after.result().success


def test_command_that_never_waits_is_ended(running):
    result = running.execute(running.created_id('{}', command='forget')).result()
    assert (result.success, result.error_code) == (False, 900)
    assert '1000 calls' in result.message
    running.spin_until(lambda: running.cmd_vel and is_zero(running.cmd_vel[-1][1]))


def test_report_that_is_wrong_leaves_the_drive_beside_it_alone(running):
    watch = Watch(running)
    ticket_id = running.created_id('{}', command='murmur')
    assert running.execute(ticket_id).result().error_code == 900
    watch.assert_drives_on()


def test_parameters_that_json_cannot_hold_as_they_are_come_back_equal(running):
    """Every create said 301, and the store was down for all."""
    asked = json.dumps(
        {'first': {'x': 1.5}, 'waypoints': [{'x': 2}], 'by_name': {'a': {'x': 3}}, 'color': 'blue'}
    )
    ticket_id = running.created_id(asked, command='rich', max_attempts=0)
    for force in (False, True):
        result = running.execute(ticket_id, force=force).result()
        assert result.success, result.message
        assert json.loads(result.ticket.result)['color'] == 'blue'
        assert json.loads(result.ticket.result)['count'] == 2
    assert Rich.seen[-1] == Rich.seen[-2]
    assert Rich.seen[-1].waypoints == [Waypoint(x=2.0)]
    assert running.statuses[-1].state == 'READY'


def test_command_that_does_not_answer_is_refused_and_others_are_not_held_up(running):
    """It ran in the store's thread, and every other call of the store waited for it."""
    watch = Watch(running)
    pending = running.send(CreateTicket, 'create_ticket', command='asked', params='{}')
    began_s = time.monotonic()
    assert running.create('{speed: 0.1, duration_seconds: 1}').success
    assert time.monotonic() - began_s < 0.5
    assert not pending.done()
    refused = running.wait(pending)
    assert (refused.success, refused.error_code) == (False, 212)
    assert time.monotonic() - began_s < 4.0
    began_s = time.monotonic()
    assert running.create('{}', command='asked').error_code == 212
    assert time.monotonic() - began_s < 0.5
    assert running.create('{what: nothing}', command='return').success
    Asked.released.set()
    running.spin_until(lambda: running.create('{method: none}', command='asked').success)
    watch.assert_drives_on()


def test_ticket_whose_command_does_not_answer_when_it_is_executed_fails_alone(running):
    Asked.is_on = False
    ticket_id = running.created_id('{method: needs}', command='asked')
    Asked.is_on = True
    watch = Watch(running)
    refused = running.execute(ticket_id).result()
    assert (refused.success, refused.error_code) == (False, 212)
    assert running.get(ticket_id).status == 'PENDING'
    watch.assert_drives_on()


def test_queue_goes_on_past_a_command_that_does_not_answer(rig):
    rig.start(orchestrator={'dispatch': 'auto'})
    settle(rig)
    Asked.is_on = False
    rig.pause_queue()
    waiting = rig.created_id('{method: predict}', command='asked')
    Asked.is_on = True
    rig.resume_queue()
    brief = rig.created_id('{}', command='brief')
    rig.await_status(brief, 'COMPLETED')
    assert rig.await_status(waiting, 'FAILED').error_code == 212


NONSENSE = [
    ('parse', 'raise', 'a defect in parse'),
    ('needs', 'raise', 'a defect in needs'),
    ('predict', 'raise', 'a defect in predict'),
    ('kept', 'raise', 'a defect in kept'),
    ('needs', 'none', 'a Needs'),
    ('predict', 'none', 'a Prediction'),
    ('predict', 'nan', 'prediction.duration_s'),
    ('kept', 'set', 'params.a'),
]


def test_nonsense_of_a_command_that_is_asked_is_its_defect(running):
    for method, slip, words in NONSENSE:
        response = running.create(json.dumps({'method': method, 'slip': slip}), command='asked')
        assert (response.success, response.error_code) == (False, 900)
        assert words in response.message
    assert running.statuses[-1].state == 'READY'


def test_ticket_whose_command_raises_when_it_is_executed_fails_alone(running):
    Asked.is_on = False
    ticket_id = running.created_id('{method: predict, slip: raise}', command='asked')
    Asked.is_on = True
    watch = Watch(running)
    refused = running.execute(ticket_id).result()
    assert (refused.success, refused.error_code) == (False, 900)
    watch.assert_drives_on()


RETURNED = {
    'nothing': (900, 'result is None'),
    'millions': (211, 'result.map.data has 4000000 bytes'),
    'bytes': (900, 'result.a is'),
    'keys': (900, 'result.a has the key 1'),
    'deep': (900, 'is nested deeper than 32 levels'),
    'generator': (900, 'result is <generator'),
}


def test_result_that_no_ticket_can_keep_fails_its_ticket(running):
    """Two million integers made gaps of 1.6 s, in which a drive beside it was stopped."""
    for what, (code, words) in RETURNED.items():
        ticket_id = running.created_id(json.dumps({'what': what}), command='return')
        result = running.execute(ticket_id).result()
        assert (result.success, result.error_code) == (False, code)
        assert words in result.message
        assert len(result.message) < 400


def test_large_result_is_refused_before_it_is_converted(running):
    """It took 1.6 s of the executor."""
    watch = Watch(running)
    for what in ('text', 'deep'):
        ticket_id = running.created_id(json.dumps({'what': what}), command='return')
        assert not running.execute(ticket_id).result().success
    watch.assert_drives_on()


def test_error_that_no_message_takes_fails_its_ticket(running):
    for what in RaiseBadly.WHAT:
        ticket_id = running.created_id(json.dumps({'what': what}), command='raise_badly')
        result = running.execute(ticket_id).result()
        assert (result.success, result.error_code) == (False, 900), what
        assert len(result.message) < 400


def test_context_of_a_ticket_that_has_ended_moves_no_other(running):
    assert running.execute(running.created_id('{}', command='hoard')).result().success
    assert Hoard.kept_context
    moved = len(running.cmd_vel)
    ticket_id = running.created_id('{}', command='use_hoarded')
    result = running.execute(ticket_id).result()
    assert (result.success, result.error_code) == (False, 900)
    assert all(is_zero(twist) for _, twist in running.cmd_vel[moved:])


def test_context_is_refused_to_another_thread(running):
    result = running.execute(running.created_id('{}', command='thread')).result()
    assert result.success, result.message
    assert 'another thread' in json.loads(result.ticket.result)['raised'][0]


def test_fit_of_a_command_that_is_slow_and_raises_holds_up_nobody(running):
    watch = Watch(running)
    running.orchestrator._on_limits(running.orchestrator._execution.link.limits)
    running.spin_for(0.8)
    watch.assert_drives_on()
