"""Executing tickets: they end as they should, and the robot with them."""

import itertools
import json
import sqlite3
import time
from contextlib import closing

import pytest
from action_msgs.msg import GoalStatus
from rclpy.task import Future

from orchestrator_ren.commands.drive import Drive
from orchestrator_ren.motion.velocity import Velocity

SHORT = '{speed: 0.5, duration_seconds: 1}'


def test_drive_covers_its_distance_and_says_how_it_knows(running):
    ticket_id = running.created_id('{speed: 0.5, direction: 90, duration_seconds: 2}')
    outcome = running.execute(ticket_id).outcome()
    assert outcome.status == GoalStatus.STATUS_SUCCEEDED
    assert outcome.result.success
    ticket = outcome.result.ticket
    assert (ticket.status, ticket.attempt) == ('COMPLETED', 1)
    result = json.loads(ticket.result)
    assert result['distance_traveled'] == pytest.approx(1.0, rel=0.01)
    expected = {
        'command': 'drive',
        'executed': True,
        'speed': 0.5,
        'direction': 90.0,
        'duration_seconds': 2.0,
        'distance_source': 'odometry',
        'standstill': 'measured',
    }
    assert expected.items() <= result.items()
    assert running.get(ticket_id) == ticket
    running.assert_ends_in_zero()


def test_a_differential_base_turns_before_it_drives(running):
    running.execute(
        running.created_id('{speed: 0.5, direction: 90, duration_seconds: 1}')
    ).result()
    first_forward = next(i for i, (_, t) in enumerate(running.cmd_vel) if t.linear.x > 0)
    turning = [twist.angular.z for _, twist in running.cmd_vel[:first_forward]]
    assert max(turning) > 0.5
    assert running.base.yaw_rad == pytest.approx(1.5708, abs=0.02)


def test_a_holonomic_base_translates_without_turning(rig):
    rig.start(orchestrator={'base': 'holonomic'})
    rig.execute(rig.created_id('{speed: 0.5, direction: 90, duration_seconds: 1}')).result()
    assert rig.base.y_m == pytest.approx(0.5, rel=0.05)
    assert rig.base.x_m == pytest.approx(0.0, abs=0.02)
    assert max(abs(twist.angular.z) for _, twist in rig.cmd_vel) < 0.05


def test_without_odometry_the_result_says_so(rig):
    rig.start(base=False)
    rig.add_base()
    rig.base.has_odometry = False
    result = json.loads(rig.execute(rig.created_id(SHORT)).result().ticket.result)
    assert result['distance_source'] == 'commanded'
    assert result['distance_traveled'] == pytest.approx(0.5, rel=0.02)
    assert result['standstill'] == 'not measured: no odometry'
    rig.assert_ends_in_zero()


@pytest.mark.alone
def test_feedback_comes_twice_a_second_from_acceptance_to_the_end(running):
    execution = running.execute(running.created_id('{speed: 0.5, duration_seconds: 2}'))
    accepted_at_mono_s = time.monotonic()
    assert execution.result().success
    ended_at_mono_s = time.monotonic()
    times = [accepted_at_mono_s, *(at for at, _ in execution.feedback), ended_at_mono_s]
    assert max(b - a for a, b in itertools.pairwise(times)) < 0.5
    seen = [feedback for _, feedback in execution.feedback]
    assert {each.status for each in seen} == {'EXECUTING'}
    progress = [each.progress for each in seen]
    assert progress == sorted(progress)
    assert seen[-1].progress > 0.8
    assert max(each.speed_mps for each in seen) == pytest.approx(0.5, abs=0.05)
    assert seen[0].remaining_seconds > seen[-1].remaining_seconds


def test_cancelled_goal_ends_in_zero_twist(running):
    execution, ticket_id = running.drive_until_moving()
    assert len(execution.cancel().goals_canceling) == 1
    outcome = execution.outcome()
    assert outcome.status == GoalStatus.STATUS_CANCELED
    assert outcome.result.ticket.status == 'CANCELLED'
    assert json.loads(outcome.result.ticket.result)['distance_source'] == 'odometry'
    running.assert_ends_in_zero()
    assert running.get(ticket_id).status == 'CANCELLED'


@pytest.mark.alone
def test_cancelled_ticket_is_answered_at_once_and_ends_in_zero_twist(running):
    execution, ticket_id = running.drive_until_moving()
    before_mono_s = time.monotonic()
    response = running.cancel(ticket_id, 'enough')
    assert time.monotonic() - before_mono_s < 0.1
    assert response.success
    outcome = execution.outcome()
    assert outcome.status == GoalStatus.STATUS_ABORTED  # nobody cancelled the goal
    assert (outcome.result.ticket.status, outcome.result.ticket.error) == ('CANCELLED', 'enough')
    running.assert_ends_in_zero()


def test_timeout_ends_in_zero_twist(running):
    running.base.grip = 0.3  # the drive takes longer than predicted
    ticket_id = running.created_id('{speed: 0.5, duration_seconds: 2}', timeout_seconds=3.0)
    ticket = running.execute(ticket_id).result().ticket
    assert (ticket.status, ticket.error_code) == ('FAILED', 401)
    running.assert_ends_in_zero()


def test_finished_ticket_is_executed_again_only_with_force(running):
    ticket_id = running.created_id(SHORT)
    assert running.execute(ticket_id).result().success
    refused = running.execute(ticket_id).outcome()
    assert refused.status == GoalStatus.STATUS_ABORTED
    assert refused.result.error_code == 204
    assert 'force' in refused.result.message
    again = running.execute(ticket_id, force=True).result()
    assert again.success
    assert again.ticket.attempt == 2


def test_running_ticket_is_not_executed_twice(running):
    execution, ticket_id = running.drive_until_moving()
    for force in (False, True):
        assert running.execute(ticket_id, force=force).result().error_code == 203
    assert not execution.is_done
    assert running.get(ticket_id).attempt == 1


def test_second_drive_waits_for_the_base_and_then_runs(running):
    first, first_id = running.drive_until_moving()
    second_id = running.created_id(SHORT)
    second = running.execute(second_id)
    # The first may still say PENDING: it does not wait for the disk.
    running.spin_until(lambda: second.feedback and second.feedback[-1][1].status == 'QUEUED')
    assert second.feedback[-1][1].queue_position == 1
    running.cancel(first_id)
    assert first.result().ticket.status == 'CANCELLED'
    assert second.result().success


def test_waiting_tickets_start_by_priority_then_age(running):
    _, first_id = running.drive_until_moving()
    order = []
    waiting = []
    for priority in (1, 2, 4, 2):
        ticket_id = running.created_id(SHORT, priority=priority)
        order.append(ticket_id)
        waiting.append(running.execute(ticket_id))
    running.cancel(first_id)
    running.spin_until(lambda: all(each.is_done for each in waiting), 30.0)
    started = [
        event.ticket_id
        for event in running.events
        if event.type == 'execution_started' and event.ticket_id in order
    ]
    assert started == [order[2], order[1], order[3], order[0]]


def test_waiting_ticket_is_cancelled_without_moving(running):
    first, _ = running.drive_until_moving()
    second_id = running.created_id(SHORT)
    second = running.execute(second_id)
    running.spin_until(lambda: second.feedback)
    assert running.cancel(second_id).success
    assert second.result().ticket.status == 'CANCELLED'
    assert 'execution_started' not in running.event_types(second_id)
    assert not first.is_done


def test_stop_ticket_cancels_the_running_motion(running):
    execution, ticket_id = running.drive_until_moving()
    stop = running.execute(running.created_id('', command='stop')).result()
    assert stop.success
    assert json.loads(stop.ticket.result)['stopped_tickets'] == [ticket_id]
    assert execution.result().ticket.status == 'CANCELLED'
    running.assert_ends_in_zero()


def test_stop_service_cancels_the_running_motion(running):
    execution, _ = running.drive_until_moving()
    assert running.stop().success
    assert execution.result().ticket.status == 'CANCELLED'
    running.assert_ends_in_zero()
    assert running.execute(running.created_id(SHORT)).result().success


def test_stop_service_before_the_first_velocity_counts_too(running):
    ticket_id = running.created_id('{speed: 0.5, duration_seconds: 30}')
    execution = running.execute(ticket_id)
    running.stop()
    assert execution.result().ticket.status == 'CANCELLED'


def test_stop_service_before_the_first_velocity_is_not_taken_for_an_earlier_e_stop(running):
    stopped, _ = running.drive_until_moving()
    running.press()
    assert stopped.result().error_code == 501
    running.press(False)
    running.spin_until(lambda: running.reset_e_stop().success)
    running.spin_until(lambda: running.status().success)
    execution = running.execute(running.created_id('{speed: 0.5, duration_seconds: 30}'))
    running.stop()
    ticket = execution.result().ticket
    assert (ticket.status, ticket.error_code) == ('CANCELLED', 0)


@pytest.mark.parametrize('at_creation', [True, False])
def test_dry_run_plans_and_moves_nothing(running, at_creation):
    ticket_id = running.created_id('{speed: 1.0, duration_seconds: 3}', dry_run=at_creation)
    ticket = running.execute(ticket_id, dry_run=not at_creation).result().ticket
    assert ticket.status == 'COMPLETED'
    result = json.loads(ticket.result)
    assert (result['executed'], result['dry_run']) == (False, True)
    assert result['predicted_distance'] == 3.0
    assert result['predicted_duration_seconds'] == pytest.approx(3.5, abs=0.01)
    assert running.cmd_vel == []


def test_execution_is_told_and_counted(running):
    done_id = running.created_id(SHORT)
    running.execute(done_id).result()
    execution, failed_id = running.drive_until_moving()
    running.press()
    execution.result()
    running.await_event_types(
        done_id, 'ticket_created', 'ticket_queued', 'execution_started', 'execution_completed'
    )
    running.await_event_types(
        failed_id, 'ticket_created', 'ticket_queued', 'execution_started', 'execution_failed'
    )
    assert running.metric('execution.success').value == 1.0
    assert running.metric('execution.failure').value == 1.0
    latency = running.metric('execution.latency_ms')
    assert latency.count == 2
    assert latency.bucket_counts[-1] == 2
    assert latency.value > 1000.0


def test_command_that_raises_fails_its_ticket_with_900_and_ends_in_zero(running, monkeypatch):
    async def run(_self, _params, context):
        for _ in range(10):
            context.drive(Velocity(0.3))
            await context.tick()
        raise RuntimeError('a defect')

    monkeypatch.setattr(Drive, 'run', run)
    ticket = running.execute(running.created_id(SHORT)).result().ticket
    assert (ticket.status, ticket.error_code) == ('FAILED', 900)
    assert 'a defect' in ticket.error
    running.assert_ends_in_zero()


def test_robot_that_does_not_stand_fails_its_ticket_with_402(running):
    execution, ticket_id = running.drive_until_moving()
    running.spin_until(lambda: running.base.speed_mps > 0.3)
    running.base.is_stuck_moving = True
    running.cancel(ticket_id)
    ticket = execution.result().ticket
    assert (ticket.status, ticket.error_code) == ('FAILED', 402)


def test_odometry_that_falls_silent_fails_the_ticket_with_404(running):
    execution, _ = running.drive_until_moving()
    running.base.has_odometry = False
    ticket = execution.result().ticket
    assert (ticket.status, ticket.error_code) == ('FAILED', 404)
    running.assert_ends_in_zero()


def test_stopping_the_orchestrator_fails_what_runs_and_ends_in_zero(running):
    _, ticket_id = running.drive_until_moving()
    running.stop_orchestrator()
    running.assert_ends_in_zero()
    assert running.events[-1].type == 'service_stopped'
    running.start_orchestrator()
    ticket = running.get(ticket_id)
    assert (ticket.status, ticket.error_code) == ('FAILED', 205)
    running.spin_until(lambda: running.status().success)
    assert running.execute(running.created_id(SHORT)).result().success


def test_motion_is_refused_without_odometry_where_that_is_required(rig):
    rig.start(base=False, orchestrator={'require_odometry': True})
    ticket_id = rig.created_id(SHORT)
    assert rig.execute(ticket_id).result().error_code == 405
    assert rig.get(ticket_id).status == 'PENDING'


def test_command_that_hangs_is_stopped_by_the_gate(running, monkeypatch):
    hang = Future()

    async def run(_self, _params, context):
        context.drive(Velocity(0.3))
        await hang
        return {}

    monkeypatch.setattr(Drive, 'run', run)
    execution = running.execute(running.created_id(SHORT))
    running.spin_until(lambda: running.e_stop_states[-1].closed_code == 503)
    running.assert_ends_in_zero()
    hang.set_result(None)
    assert execution.result().error_code == 503


def test_cancelled_waiting_ticket_is_on_disk_before_the_answer(running):
    """A kill after the answer let the ticket run later: the robot drove what was cancelled."""
    first, _ = running.drive_until_moving()
    waiting_id = running.created_id(SHORT)
    waiting = running.execute(waiting_id)
    running.spin_until(lambda: running.get(waiting_id).status == 'QUEUED')
    before_mono_s = time.monotonic()
    response = running.cancel(waiting_id, 'not needed any more')
    path = running.store_url.removeprefix('sqlite:///')
    with closing(sqlite3.connect(path)) as connection:
        query = 'SELECT status FROM tickets WHERE id = ?'
        assert connection.execute(query, [waiting_id]).fetchone() == ('CANCELLED',)
    assert time.monotonic() - before_mono_s < 0.5
    assert (response.message, response.ticket.status) == ('cancelled', 'CANCELLED')
    assert waiting.result().ticket.status == 'CANCELLED'
    assert not first.is_done


def test_cancelled_goal_of_a_waiting_ticket_is_a_cancelled_goal(running):
    running.drive_until_moving()
    waiting_id = running.created_id(SHORT)
    waiting = running.execute(waiting_id)
    running.spin_until(lambda: running.get(waiting_id).status == 'QUEUED')
    assert len(waiting.cancel().goals_canceling) == 1
    outcome = waiting.outcome()
    assert outcome.status == GoalStatus.STATUS_CANCELED
    assert outcome.result.ticket.status == 'CANCELLED'
