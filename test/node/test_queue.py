"""The queue: who goes first, who waits for what, and what pauses it."""

import json
import time

import pytest

pytest.importorskip('rclpy')


from orchestrator_ren.action import ExecuteTicket
from orchestrator_ren.orchestrator.dispatch import auto_dispatch
from orchestrator_ren.ros.wall_clock import utc_now
from orchestrator_ren.srv import CreateTicket
from orchestrator_ren.tickets.ending import cancelled
from orchestrator_ren.tickets.event import Actor

from .conftest import settle, stamp_of

LONG = '{speed: 0.5, duration_seconds: 60}'
SHORT = '{speed: 0.2, duration_seconds: 0.2}'
LOW, NORMAL, HIGH, CRITICAL = 1, 2, 3, 4
BY_CLIENT = 'by a client; call resume_queue'


@pytest.fixture
def manual(extra):
    extra.start()
    settle(extra)
    return extra


def press(rig):
    rig.press()
    rig.spin_until(lambda: rig.queue().pause_reason)


def reasons(rig):
    return {each.ticket_id: each.reason for each in rig.queue().entries}


# dispatch: auto


def test_tickets_run_by_themselves_by_priority_then_age(automatic):
    automatic.pause_queue()
    ids = [automatic.created_id(SHORT, priority=each) for each in (LOW, NORMAL, CRITICAL, NORMAL)]
    assert {automatic.get(each).status for each in ids} == {'QUEUED'}
    assert [each.ticket_id for each in automatic.queue().entries] == [
        ids[place] for place in (2, 1, 3, 0)
    ]
    automatic.resume_queue()
    for each in ids:
        automatic.await_status(each, 'COMPLETED')
    assert automatic.started() == [ids[place] for place in (2, 1, 3, 0)]
    automatic.assert_ends_in_zero()


def test_goals_of_one_priority_wait_in_the_order_in_which_they_were_sent(manual):
    """The newest of those that had been read was written first, and kept its place."""
    manual.drive_until_moving(LONG)
    ids = [manual.created_id(SHORT) for _ in range(8)]
    goals = [ExecuteTicket.Goal(ticket_id=each) for each in ids]
    for each in [manual.action.send_goal_async(goal) for goal in goals]:
        manual.wait(each)
    manual.spin_until(lambda: manual.queue().total == len(ids))
    assert [each.ticket_id for each in manual.queue().entries] == ids


def test_tickets_created_at_once_wait_in_the_order_of_their_creation(automatic):
    automatic.pause_queue()
    request = {'command': 'drive', 'params': SHORT}
    made = [automatic.send(CreateTicket, 'create_ticket', **request) for _ in range(8)]
    tickets = [automatic.wait(each).ticket for each in made]
    by_age = sorted(tickets, key=lambda each: (each.created_at.sec, each.created_at.nanosec))
    entries = automatic.queue().entries
    assert [each.ticket_id for each in entries] == [each.id for each in by_age]


def test_tickets_of_different_resources_run_at_the_same_time(automatic):
    listening = automatic.created_id('', command='listen')
    driving = automatic.created_id(LONG)
    waiting = automatic.created_id('', command='listen')
    for each in (listening, driving):
        automatic.await_status(each, 'EXECUTING')
    assert reasons(automatic) == {waiting: f'microphone is held by {listening}'}
    automatic.cancel(listening)
    automatic.await_status(waiting, 'EXECUTING')


def test_manual_dispatch_starts_nothing_by_itself(manual):
    ticket_id = manual.created_id(SHORT)
    manual.spin_for(0.5)
    assert manual.get(ticket_id).status == 'PENDING'
    assert manual.queue().entries == []


def test_stop_ticket_runs_at_once_in_a_paused_queue(automatic):
    driving = automatic.created_id(LONG)
    automatic.await_status(driving, 'EXECUTING')
    automatic.pause_queue()
    stop = automatic.created_id('', command='stop')
    automatic.await_status(stop, 'COMPLETED')
    automatic.await_status(driving, 'CANCELLED')


def test_critical_preempts_motion_of_lower_priority_where_that_is_asked_for(extra):
    extra.start(orchestrator={'dispatch': 'auto', 'preempt': 'critical'})
    settle(extra)
    driving = extra.created_id(LONG)
    extra.await_status(driving, 'EXECUTING')
    urgent = extra.created_id(SHORT, priority=CRITICAL)
    extra.await_status(urgent, 'COMPLETED')
    ticket = extra.get(driving)
    assert ticket.status == 'CANCELLED'
    assert urgent in ticket.error


def test_critical_waits_where_preemption_is_not_asked_for(automatic):
    driving = automatic.created_id(LONG)
    automatic.await_status(driving, 'EXECUTING')
    urgent = automatic.created_id(SHORT, priority=CRITICAL)
    automatic.spin_for(0.3)
    assert reasons(automatic) == {urgent: f'base is held by {driving}'}


# Times.


def test_ticket_not_due_waits_and_holds_nothing(automatic):
    due_s = time.time() + 1.5
    later = automatic.created_id(SHORT, priority=CRITICAL, not_before=stamp_of(due_s))
    assert reasons(automatic)[later].startswith('not due for another 1.')
    now = automatic.created_id(SHORT)
    automatic.await_status(now, 'COMPLETED')
    ticket = automatic.await_status(later, 'COMPLETED')
    assert ticket.started_at.sec + ticket.started_at.nanosec * 1e-9 >= due_s
    assert automatic.started() == [now, later]


def test_ticket_past_its_deadline_fails_with_208_while_it_waits(automatic):
    driving = automatic.created_id(LONG)
    late = automatic.created_id(SHORT, deadline=stamp_of(time.time() + 0.7))
    ticket = automatic.await_status(late, 'FAILED')
    assert ticket.error_code == 208
    assert ticket.attempt == 1
    assert late not in automatic.started()
    assert automatic.get(driving).status == 'EXECUTING'


def test_motion_past_its_deadline_fails_with_208_and_ends_in_zero(manual):
    ticket_id = manual.created_id(LONG, deadline=stamp_of(time.time() + 1.5))
    result = manual.execute(ticket_id).result()
    assert result.error_code == 208
    manual.assert_ends_in_zero()


@pytest.mark.parametrize(
    ('fields', 'named'),
    [
        ({'deadline': stamp_of(1.0)}, 'deadline is 1970'),
        (
            {'not_before': stamp_of(4e9 / 2), 'deadline': stamp_of(3.9e9 / 2)},
            'the earliest start',
        ),
        ({'max_attempts': 101}, 'max_attempts is 101'),
        ({'max_attempts': 2}, "'drive' is not tried again by itself"),
        ({'backoff_seconds': -1.0}, 'backoff_seconds is -1.0'),
        ({'backoff_seconds': float('nan')}, 'backoff_seconds is nan'),
    ],
)
def test_impossible_schedule_is_refused(manual, fields, named):
    response = manual.create(SHORT, **fields)
    assert response.error_code == 106
    assert named in response.message


def test_dispatcher_that_has_nothing_due_does_not_wake(automatic):
    automatic.created_id(SHORT, not_before=stamp_of(time.time() + 3600.0))
    dispatcher = automatic.orchestrator._dispatch.dispatcher
    decisions = []
    decide = dispatcher._waiting.decide
    dispatcher._waiting.decide = lambda *args: decisions.append(args) or decide(*args)
    automatic.spin_for(1.5)
    assert decisions == []
    automatic.await_status(automatic.created_id('', command='burn'), 'EXECUTING')
    assert decisions


# Pausing.


def test_paused_queue_starts_nothing_and_says_why_over_a_restart(automatic):
    assert automatic.pause_queue().message == 'paused'
    assert automatic.pause_queue().message == 'paused, as before'
    ticket_id = automatic.created_id(SHORT)
    automatic.spin_for(0.3)
    assert reasons(automatic) == {ticket_id: f'the queue is paused: {BY_CLIENT}'}
    assert automatic.queue().pause_reason == BY_CLIENT
    automatic.spin_until(lambda: automatic.statuses[-1].pause_reason == BY_CLIENT)
    automatic.stop_orchestrator()
    automatic.start_orchestrator(dispatch='auto')
    settle(automatic)
    automatic.spin_for(0.3)
    assert reasons(automatic) == {ticket_id: f'the queue is paused: {BY_CLIENT}'}
    assert automatic.resume_queue().message == 'the queue goes on'
    assert automatic.resume_queue().message == 'the queue goes on, as before'
    automatic.await_status(ticket_id, 'COMPLETED')


def test_waiting_tickets_run_after_a_restart_in_their_order(automatic):
    driving = automatic.created_id(LONG)
    automatic.await_status(driving, 'EXECUTING')
    first, second = automatic.created_id(SHORT), automatic.created_id(SHORT)
    automatic.stop_orchestrator()
    automatic.start_orchestrator(dispatch='auto')
    settle(automatic)
    assert 'from before this start' in automatic.queue().pause_reason
    assert automatic.resume_queue().success
    for each in (first, second):
        automatic.await_status(each, 'COMPLETED')
    assert automatic.get(driving).error_code == 205
    assert automatic.started() == [driving, first, second]


def test_goal_waits_in_a_paused_queue_and_is_told_why(manual):
    manual.pause_queue()
    execution = manual.execute(manual.created_id(SHORT))
    manual.spin_until(lambda: execution.feedback)
    assert 'paused' in execution.feedback[-1][1].message
    assert execution.feedback[-1][1].queue_position == 1
    assert not execution.is_done
    manual.resume_queue()
    assert execution.result().success


def test_e_stop_pauses_the_queue_and_after_a_reset_nothing_moves_before_it_is_resumed(automatic):
    driving, waiting = automatic.created_id(LONG), automatic.created_id(SHORT)
    automatic.spin_until(lambda: automatic.base.speed_mps > 0.1)
    automatic.press()
    assert automatic.await_status(driving, 'FAILED').error_code == 501
    refused = automatic.resume_queue()
    assert not refused.success
    assert refused.error_code == 501
    automatic.press(False)
    automatic.spin_until(lambda: automatic.reset_e_stop().success)
    automatic.spin_until(lambda: automatic.status().success)
    automatic.assert_ends_in_zero()
    assert automatic.get(waiting).status == 'QUEUED'
    assert 'could not move' in reasons(automatic)[waiting]
    automatic.resume_queue()
    automatic.await_status(waiting, 'COMPLETED')


def test_lost_gate_pauses_the_queue(automatic):
    driving, waiting = automatic.created_id(LONG), automatic.created_id(SHORT)
    automatic.spin_until(lambda: automatic.base.speed_mps > 0.1)  # the gate has followed it
    automatic.remove(automatic.gate)
    assert automatic.await_status(driving, 'FAILED').error_code == 502
    automatic.start_gate()
    automatic.spin_until(lambda: automatic.status().success)
    automatic.spin_for(0.3)
    assert automatic.get(waiting).status == 'QUEUED'


@pytest.mark.parametrize('how', ['service', 'ticket'])
def test_stop_pauses_the_queue(automatic, how):
    driving, waiting = automatic.created_id(LONG), automatic.created_id(SHORT)
    automatic.spin_until(lambda: automatic.base.speed_mps > 0.1)
    if how == 'service':
        automatic.stop()
    else:
        automatic.created_id('', command='stop')
    automatic.await_status(driving, 'CANCELLED')
    automatic.assert_ends_in_zero()
    assert automatic.get(waiting).status == 'QUEUED'
    assert 'stop was called' in reasons(automatic)[waiting]


def test_gate_latched_at_start_lets_nothing_start_by_the_reset(extra):
    extra.start_gate(start_latched=True)
    extra.start(gate=False, orchestrator={'dispatch': 'auto'})
    extra.spin_until(lambda: extra.statuses and extra.statuses[-1].state == 'STOPPED')
    waiting = extra.created_id(SHORT)
    extra.spin_until(lambda: extra.reset_e_stop().success)
    extra.spin_until(lambda: extra.status().success)
    extra.spin_for(0.3)
    assert extra.get(waiting).status == 'QUEUED'
    assert extra.cmd_vel == [] or not any(twist.linear.x for _, twist in extra.cmd_vel)


# Cancelling.


def test_cancelled_waiting_ticket_never_starts(automatic):
    driving, waiting = automatic.created_id(LONG), automatic.created_id(SHORT)
    response = automatic.cancel(waiting)
    assert response.success
    assert response.ticket.status == 'CANCELLED'
    automatic.cancel(driving)
    automatic.await_status(driving, 'CANCELLED')
    automatic.spin_for(0.3)
    assert automatic.started() == [driving]
    refused = automatic.cancel(waiting)
    assert (refused.error_code, refused.ticket.status) == (204, 'CANCELLED')
    assert automatic.cancel('tick-20260101-00000000').error_code == 201


@pytest.mark.alone
def test_ticket_that_was_changed_behind_the_queues_back_does_not_start(automatic):
    """What was written last is remembered, and not read again when its turn comes."""
    automatic.pause_queue()
    changed, other = (automatic.created_id(SHORT) for _ in range(2))
    store = automatic.orchestrator._store
    ticket = store.get(changed)
    store.change(ticket, cancelled('').apply(ticket, utc_now(), {}), Actor.CLIENT)
    automatic.resume_queue()
    automatic.await_status(other, 'COMPLETED')
    assert automatic.get(changed).status == 'CANCELLED'
    assert automatic.started() == [other]


def test_cancel_is_answered_within_100_ms_in_every_state(manual):
    pending = manual.created_id(LONG)
    executing = manual.created_id(LONG)
    manual.execute(executing)
    manual.await_status(executing, 'EXECUTING')
    queued = manual.created_id(LONG)
    manual.execute(queued)
    manual.await_status(queued, 'QUEUED')
    ended = manual.created_id('', command='stop', dry_run=True)
    manual.execute(ended).result()
    manual.cancel('warm-up')
    for ticket_id, code in (
        (pending, 0),
        (queued, 0),
        (executing, 0),
        (ended, 204),
        ('tick-20260101-00000000', 201),
    ):
        asked_at_mono_s = time.monotonic()
        assert manual.cancel(ticket_id).error_code == code
        assert time.monotonic() - asked_at_mono_s < 0.1
    manual.await_status(executing, 'CANCELLED', 5.0)


@pytest.mark.alone
@pytest.mark.parametrize('command', ['deaf', 'deaf_drive'])
def test_command_that_does_not_end_is_abandoned_with_207_and_stands(manual, command):
    ticket_id = manual.created_id('', command=command)
    execution = manual.execute(ticket_id)
    manual.await_status(ticket_id, 'EXECUTING')
    manual.spin_for(0.3)
    cancelled_at_mono_s = time.monotonic()
    assert manual.cancel(ticket_id).success
    assert time.monotonic() - cancelled_at_mono_s < 0.1
    result = execution.result()
    assert time.monotonic() - cancelled_at_mono_s < 5.0
    assert result.error_code == 207
    assert command in result.message
    if command == 'deaf_drive':
        manual.assert_ends_in_zero()
    again = manual.execute(manual.created_id(SHORT))
    assert again.result().success


def test_command_that_has_not_said_that_it_moves_moves_nothing(manual):
    result = manual.execute(manual.created_id('', command='sneak')).result()
    assert result.error_code == 900
    assert 'does not declare that it moves' in result.message
    assert manual.cmd_vel == []


# Trying again.


def test_failed_attempt_is_tried_again_as_often_as_asked_for(manual):
    ticket_id = manual.created_id(
        '{failures: 2}', command='flaky', max_attempts=3, backoff_seconds=0.2
    )
    began_mono_s = time.monotonic()
    ticket = manual.execute(ticket_id).result().ticket
    assert (ticket.status, ticket.attempt) == ('COMPLETED', 3)
    assert json.loads(ticket.result)['calls'] == 3
    assert time.monotonic() - began_mono_s >= 0.2 + 0.4
    assert manual.event_types(ticket_id).count('execution_failed') == 2


def test_attempts_end_when_there_are_no_more(automatic):
    ticket_id = automatic.created_id('{failures: 5}', command='flaky', max_attempts=2)
    automatic.spin_until(lambda: automatic.get(ticket_id).attempt == 2)
    assert automatic.await_status(ticket_id, 'FAILED').error_code == 900
    automatic.spin_for(0.3)
    assert automatic.get(ticket_id).attempt == 2


def test_ticket_that_waits_for_its_next_attempt_can_be_cancelled(manual):
    ticket_id = manual.created_id(
        '{failures: 5}', command='flaky', max_attempts=3, backoff_seconds=60.0
    )
    execution = manual.execute(ticket_id)
    manual.spin_until(lambda: manual.get(ticket_id).attempt == 2)
    assert manual.cancel(ticket_id).success
    assert execution.result().ticket.status == 'CANCELLED'


# What is told.


def test_queue_tells_positions_and_estimated_starts(automatic):
    driving = automatic.created_id('{speed: 0.5, duration_seconds: 20}')
    automatic.await_status(driving, 'EXECUTING')
    second = automatic.created_id('{speed: 0.5, duration_seconds: 10}')
    third = automatic.created_id(SHORT, priority=LOW)
    queue = automatic.queue()
    assert [(each.position, each.ticket_id, each.command) for each in queue.entries] == [
        (1, second, 'drive'),
        (2, third, 'drive'),
    ]
    starts_s = [each.estimated_start.sec - time.time() for each in queue.entries]
    assert starts_s[0] == pytest.approx(20.0, abs=3.0)
    assert starts_s[1] - starts_s[0] == pytest.approx(10.0, abs=2.0)
    page = automatic.queue(limit=1, offset=1)
    assert [each.ticket_id for each in page.entries] == [third]
    assert page.total == 2


def test_goal_that_is_not_due_is_told_so(manual):
    execution = manual.execute(manual.created_id(SHORT, not_before=stamp_of(time.time() + 3600.0)))
    manual.spin_until(lambda: execution.feedback)
    assert execution.feedback[-1][1].message.startswith('not due for another 3')


def test_dry_run_waits_for_nothing(automatic):
    automatic.pause_queue()
    press(automatic)
    ticket_id = automatic.created_id(
        SHORT, dry_run=True, not_before=stamp_of(time.time() + 3600.0)
    )
    automatic.await_status(ticket_id, 'COMPLETED')


def test_dry_run_of_a_ticket_not_due_waits_for_nothing(manual):
    ticket_id = manual.created_id(SHORT, not_before=stamp_of(time.time() + 3600.0))
    assert manual.execute(ticket_id, dry_run=True).result().success


def test_who_asks_for_a_ticket_that_is_executed_by_itself_waits_for_its_end(automatic):
    """It was refused with 203, in 6 of 6 tries."""
    ticket_id = automatic.created_id('{speed: 0.5, duration_seconds: 1}')
    automatic.await_status(ticket_id, 'EXECUTING')
    executions = [automatic.execute(ticket_id) for _ in range(2)]
    for each in executions:
        result = each.result()
        assert (result.success, result.ticket.status) == (True, 'COMPLETED')
        assert each.feedback, 'it was not told how far the drive is'
    assert automatic.get(ticket_id).attempt == 1
    assert automatic.execute(ticket_id).result().error_code == 204


def test_who_comes_a_moment_too_late_is_told_once_how_it_ended(automatic):
    ticket_id = automatic.created_id(SHORT, dry_run=True)
    automatic.await_status(ticket_id, 'COMPLETED')
    assert automatic.execute(ticket_id).result().success
    assert automatic.execute(ticket_id).result().error_code == 204


def test_end_of_long_ago_is_not_taken_for_an_answer(automatic, monkeypatch):
    monkeypatch.setattr(auto_dispatch, 'END_KEPT_S', 0.0)
    ticket_id = automatic.created_id(SHORT, dry_run=True)
    automatic.await_status(ticket_id, 'COMPLETED')
    executions = automatic.orchestrator._execution.executions
    automatic.spin_until(lambda: executions.get(ticket_id) is None)
    assert automatic.execute(ticket_id).result().error_code == 204


def test_goal_that_waits_for_the_end_cancels_the_ticket_as_its_own_would(automatic):
    ticket_id = automatic.created_id(LONG)
    automatic.await_status(ticket_id, 'EXECUTING')
    execution = automatic.execute(ticket_id)
    assert len(execution.cancel().goals_canceling) == 1
    assert execution.result().ticket.status == 'CANCELLED'
    automatic.assert_ends_in_zero()


def test_retried_ticket_is_waited_for_until_its_last_attempt(automatic):
    params = '{failures: 1}'
    ticket_id = automatic.created_id(params, 'flaky', max_attempts=3, backoff_seconds=0.3)
    result = automatic.execute(ticket_id).result()
    assert (result.success, result.ticket.attempt) == (True, 2)


def test_feedback_goes_on_while_somebody_sends_goals(manual):
    """Each goal began the time to the next feedback anew: there was none for as long as that."""
    execution, _ = manual.drive_until_moving()
    ids = [manual.created_id(SHORT) for _ in range(15)]
    manual.spin_until(lambda: execution.feedback)
    began_mono_s = time.monotonic()
    for each in ids:
        manual.execute(each)
        manual.spin_for(0.1)
    told = [at_mono_s for at_mono_s, _ in execution.feedback if at_mono_s > began_mono_s]
    assert len(told) >= 4 * (time.monotonic() - began_mono_s)


def test_ticket_that_waits_in_the_queue_is_not_used_up_by_a_dry_run(automatic):
    automatic.pause_queue()
    ticket_id = automatic.created_id(SHORT)
    assert automatic.execute(ticket_id, dry_run=True).result().error_code == 203
    automatic.resume_queue()
    assert '"executed": true' in automatic.await_status(ticket_id, 'COMPLETED').result


def test_client_is_told_that_the_queue_is_paused_and_what_the_e_stop_needs(automatic):
    press(automatic)
    assert 'the queue is paused: the robot could not move' in automatic.create(SHORT).message
    automatic.press(False)
    automatic.spin_until(lambda: automatic.e_stop_states[-1].state == 'READY_TO_RESET')
    automatic.spin_until(lambda: 'call reset_e_stop' in automatic.status().message)
    automatic.spin_until(lambda: automatic.reset_e_stop().success)
    automatic.spin_until(lambda: automatic.status().success)
    assert 'once that is mended, call resume_queue' in automatic.status().message


def test_orderly_restart_does_not_pause_a_queue_in_which_nothing_moves(automatic):
    in_an_hour = stamp_of(time.time() + 3600.0)
    waiting = automatic.created_id('', command='brief', not_before=in_an_hour)
    plan = automatic.created_id(SHORT, dry_run=True)
    automatic.await_status(plan, 'COMPLETED')
    listening = automatic.created_id('', command='listen')
    automatic.await_status(listening, 'EXECUTING')
    gate = automatic.gate
    gate.begin_stop()
    automatic.stop_orchestrator()
    automatic.remove(gate)
    automatic.start_gate()
    automatic.start_orchestrator(dispatch='auto')
    settle(automatic)
    assert automatic.queue().pause_reason == ''
    assert set(reasons(automatic)) == {waiting}


def test_dry_run_tells_the_plan_and_its_place_in_the_queue(manual):
    manual.pause_queue()
    waits = manual.execute(manual.created_id(SHORT))
    manual.spin_until(lambda: waits.feedback)
    manual.resume_queue()
    waits.result()
    params = '{speed: 1.0, direction: 90, duration_seconds: 2}'
    ticket = manual.execute(manual.created_id(params), dry_run=True).result().ticket
    result = json.loads(ticket.result)
    assert result['dry_run'] is True
    assert result['executed'] is False
    assert result['predicted_distance'] == 2.0
    assert result['predicted_end'] == {'x': 0.0, 'y': 2.0, 'yaw_degrees': 90.0}
    assert result['queue_position'] == 1
