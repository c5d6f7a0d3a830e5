"""Gate and orchestrator: who follows whom, and what a motion says that nobody follows."""

import json
from pathlib import Path

import pytest

pytest.importorskip('rclpy')

from orchestrator_ren.errors import MotionStopped
from orchestrator_ren.motion import gate_ending
from orchestrator_ren.msg import DriveCommand
from orchestrator_ren.ros import qos
from orchestrator_ren.tickets.ending import failed

from .conftest import Commander, is_zero

SHORT = '{speed: 0.5, duration_seconds: 0.6}'
BRIEF = '{speed: 0.0, duration_seconds: 0.05}'


def keep_term(rig, term):
    Path(f'{rig.latch_file}.term').write_text(json.dumps({'term': term, 'orchestrator_id': 5}))


def assert_drives(rig):
    before_m = rig.base.x_m
    result = rig.execute(rig.created_id(SHORT)).result()
    assert result.success, result.message
    assert rig.base.x_m - before_m == pytest.approx(0.3, abs=0.05)


# Terms.


def test_store_that_was_put_aside_does_not_make_drives_that_do_nothing(rig):
    """The gate had term 4, the new store 1: COMPLETED, 0.0 m, no warning."""
    keep_term(rig, 4)
    rig.start()
    assert_drives(rig)
    assert rig.e_stop_states[-1].term == 5


def test_term_is_kept_over_a_restart_of_the_gate(running):
    term = running.e_stop_states[-1].term
    running.restart_gate()
    assert running.e_stop_states[-1].term == term
    running.spin_until(lambda: running.status().success)
    assert_drives(running)


@pytest.mark.parametrize(
    'content',
    [
        *('', 'garbage', '[]', '{"term": "x"}', '{"term": null}', '{"term": 99999999999}'),
        *('{"term": 1, "orchestrator_id": -1}', '{"term": 1e400}', '{"term": true}'),
    ],
)
def test_kept_term_that_cannot_be_read_hinders_nobody(rig, content):
    Path(f'{rig.latch_file}.term').write_text(content)
    rig.start()
    assert_drives(rig)


def test_commands_that_nobody_hears_are_told_at_once_and_not_found_out_on_the_floor(rig):
    """`drive_command` remapped on one side: COMPLETED, 0.0 m, no warning."""
    rig.add_base()
    rig.start_gate(cli_args=['--ros-args', '-r', 'drive_command:=elsewhere'])
    rig.start_orchestrator()
    rig.spin_until(lambda: rig.e_stop_states)
    rig.spin_until(lambda: 'remapped' in rig.status().message)
    assert rig.status().error_code == 502
    refused = rig.execute(rig.created_id(SHORT)).result()
    assert (refused.error_code, refused.ticket.status) == (502, 'PENDING')


def test_commands_that_are_heard_no_more_are_told_before_a_drive_is_asked_for(running):
    running.gate._commands.close()
    running.spin_until(lambda: running.status().error_code == 502)
    assert 'does not answer on' in running.status().message
    assert running.execute(running.created_id(SHORT)).result().error_code == 502


def test_store_that_is_opened_again_in_a_drive_does_not_end_it(running):
    """Its opening takes a new term, which the gate has not heard yet."""
    execution, ticket_id = running.drive_until_moving('{speed: 0.5, duration_seconds: 2}')
    running.orchestrator._store._database.lease.term += 5
    running.spin_until(lambda: running.e_stop_states[-1].term > 5)
    assert execution.result().success
    assert running.get(ticket_id).status == 'COMPLETED'


def test_goal_in_the_first_moment_after_the_start_is_not_refused(rig):
    """It was, for the gate had not answered yet: a few milliseconds, or more on a busy machine."""
    rig.add_base()
    rig.start_orchestrator()
    ticket_id = rig.created_id(SHORT)
    rig.start_gate()
    rig.spin_until(lambda: rig.orchestrator._execution.link._peer.word is not None)
    result = rig.execute(ticket_id).result()
    assert result.success, result.message


# Motions.


def test_motion_that_the_gate_does_not_follow_fails_within_half_a_second(running):
    running.gate._commands.close()
    execution = running.execute(running.created_id('{speed: 0.5, duration_seconds: 9}'))
    ticket = execution.result(1.5).ticket
    assert (ticket.status, ticket.error_code) == ('FAILED', 508)
    assert 'does not answer on' in ticket.error
    assert all(is_zero(twist) for _, twist in running.cmd_vel)


def test_even_the_briefest_motion_is_not_completed_unless_the_gate_followed(running):
    running.gate._commands.close()
    ticket = running.execute(running.created_id(BRIEF)).result(2.0).ticket
    assert (ticket.status, ticket.error_code) == ('FAILED', 508)


def test_stop_long_ago_fails_no_drive(extra, monkeypatch):
    """After 64 drives, what had been stopped was forgotten: the next one FAILED 900."""
    monkeypatch.setattr(gate_ending, 'REMEMBERED_STREAMS', 3)
    monkeypatch.setattr(gate_ending, 'REMEMBERED_FACTS', 3)
    extra.start()
    extra.drive_until_moving()
    assert extra.stop().success
    for _ in range(5):
        result = extra.execute(extra.created_id(BRIEF)).result()
        assert result.success, result.message


def test_motion_of_another_ticket_that_ended_does_not_end_one_that_is_just_asked_for(running):
    executions = running.orchestrator._execution.executions
    asked = executions.begin('tick-20260102-0000000b')
    executions.interrupt_moving(failed(MotionStopped(source='x')), 'tick-20260102-0000000a#1')
    assert asked.early_stop is None
    executions.interrupt_moving(failed(MotionStopped(source='x')))
    assert asked.early_stop is not None
    executions.end(asked)


def test_gate_started_again_in_a_drive_resumes_nothing_and_says_so(running):
    execution, _ = running.drive_until_moving()
    running.restart_gate()
    ticket = execution.result().ticket
    assert (ticket.status, ticket.error_code) == ('FAILED', 502)
    running.assert_ends_in_zero()
    running.spin_until(lambda: running.status().success)
    assert_drives(running)


# Recordings.


@pytest.mark.parametrize('restarted', ['nothing', 'gate', 'orchestrator', 'both'])
def test_drive_that_is_played_back_moves_nothing(running, restarted):
    """49 moving Twists after a restart of gate and orchestrator, with no ticket."""
    recorded = []
    running.client.create_subscription(
        DriveCommand, 'drive_command', recorded.append, qos.VELOCITY
    )
    assert_drives(running)
    if restarted in ('orchestrator', 'both'):
        running.stop_orchestrator()
    if restarted in ('gate', 'both'):
        running.restart_gate()
    if running.orchestrator is None:
        running.start_orchestrator()
    running.spin_until(lambda: running.status().success)
    moving = [each for each in recorded if each.twist.linear.x]
    assert len(moving) > 5
    commander = Commander(running)
    running.spin_for(1.2)
    running.cmd_vel.clear()
    for each in moving:
        commander.publish(each)
        running.spin_for(0.03)
    assert all(is_zero(twist) for _, twist in running.cmd_vel)
    running.spin_until(lambda: running.e_stop_states[-1].rejected_count > 0)
    assert running.status().success, running.status().message
    assert_drives(running)


def test_state_of_the_gate_that_is_played_back_frees_nothing(running):
    free = running.e_stop_states[-1]
    publisher = running.client.create_publisher(type(free), 'e_stop_state', qos.LATCHED)
    running.spin_until(lambda: publisher.get_subscription_count() > 1)
    running.press()
    running.spin_until(lambda: running.status().error_code == 501)
    publisher.publish(free)
    running.spin_for(0.3)
    assert running.execute(running.created_id(SHORT)).result().error_code == 501


def test_reaction_that_raises_loses_no_other_one(running, monkeypatch):
    """`on_unsafe` raised once: that the robot was stopped was never told as a change."""
    link, told = running.orchestrator._execution.link, []
    monkeypatch.setattr(link, '_on_unsafe', lambda error: 1 / 0)
    monkeypatch.setattr(link, '_on_state', lambda: told.append(link.trouble))
    running.press()
    with pytest.raises(ZeroDivisionError):
        running.spin_for(2.0)
    assert [each.code for each in told] == [501]
