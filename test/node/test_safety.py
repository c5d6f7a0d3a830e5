"""The e-stop and the gate, seen from outside: what is pressed, told and published."""

import time

import pytest
from geometry_msgs.msg import Twist, TwistStamped
from rclpy.qos import DurabilityPolicy, QoSProfile, ReliabilityPolicy
from std_msgs.msg import Bool

from orchestrator_ren.motion import gate
from orchestrator_ren.orchestrator.execution.gate_link import GateLink
from orchestrator_ren.ros import qos

from .conftest import Commander, diagnostics_of, level

SHORT = '{speed: 0.5, duration_seconds: 1}'
STALLS, STALL_S = 5, 0.7


def state(rig):
    return rig.e_stop_states[-1].state


def press_until_latched(rig):
    rig.press()
    rig.spin_until(lambda: rig.e_stop_states and state(rig) == 'STOPPED')
    rig.spin_until(lambda: rig.statuses[-1].state == 'STOPPED')


@pytest.mark.alone
def test_pressed_e_stop_fails_the_motion_with_501_and_ends_in_zero_twist(running):
    execution, _ = running.drive_until_moving()
    pressed_at_mono_s = time.monotonic()
    running.press()
    ticket = execution.result().ticket
    assert (ticket.status, ticket.error_code) == ('FAILED', 501)
    first_zero = next(
        at for at, twist in running.cmd_vel if at > pressed_at_mono_s and twist.linear.x == 0.0
    )
    assert first_zero - pressed_at_mono_s < 0.1
    running.assert_ends_in_zero()


def test_latched_e_stop_refuses_motion_but_not_creation_stop_and_dry_run(running):
    press_until_latched(running)
    ticket_id = running.created_id(SHORT)
    refused = running.execute(ticket_id).result()
    assert refused.error_code == 501
    assert running.get(ticket_id).status == 'PENDING'
    assert running.status().error_code == 501
    assert running.execute(running.created_id('', command='stop')).result().success
    assert running.execute(running.created_id(SHORT, dry_run=True)).result().success
    assert all(twist == Twist() for _, twist in running.cmd_vel)


def test_waiting_motion_fails_too_and_does_not_start_after_the_reset(running):
    first, _ = running.drive_until_moving()
    second = running.execute(running.created_id(SHORT))
    running.spin_until(lambda: second.feedback)
    running.press()
    assert first.result().error_code == 501
    assert second.result().error_code == 501
    running.press(False)
    running.spin_until(lambda: state(running) == 'READY_TO_RESET')
    assert running.reset_e_stop().success
    running.assert_ends_in_zero()


def test_false_never_releases_and_reset_is_refused_while_pressed(running):
    press_until_latched(running)
    refused = running.reset_e_stop()
    assert not refused.success
    assert '506' in refused.message
    running.press(False)
    running.spin_until(lambda: state(running) == 'READY_TO_RESET')
    assert running.execute(running.created_id(SHORT)).result().error_code == 501
    assert running.reset_e_stop().success
    running.spin_until(lambda: state(running) == 'FREE')
    running.spin_until(lambda: running.status().success)
    assert running.execute(running.created_id(SHORT)).result().success


@pytest.mark.parametrize('reliability', list(ReliabilityPolicy)[1:3])
@pytest.mark.parametrize('durability', list(DurabilityPolicy)[1:3])
def test_e_stop_is_heard_whatever_the_quality_of_service(running, reliability, durability):
    profile = QoSProfile(depth=1, reliability=reliability, durability=durability)
    publisher = running.client.create_publisher(Bool, 'e_stop', profile)
    running.spin_until(lambda: publisher.get_subscription_count() > 0)
    running.spin_until(lambda: publisher.publish(Bool(data=True)) or state(running) == 'STOPPED')


def test_e_stop_pressed_before_the_gate_started_is_heard(rig):
    rig.client.create_publisher(Bool, 'e_stop', qos.LATCHED).publish(Bool(data=True))
    rig.start()
    rig.spin_until(lambda: rig.statuses[-1].state == 'STOPPED')


def test_gate_that_starts_latched_moves_nothing_before_a_reset(rig):
    rig.start(gate_parameters={'start_latched': True})
    assert rig.execute(rig.created_id(SHORT)).result().error_code == 501
    assert rig.reset_e_stop().success
    rig.spin_until(lambda: rig.status().success)
    assert rig.execute(rig.created_id(SHORT)).result().success


@pytest.mark.alone
def test_zeros_are_streamed_while_latched_and_cease_when_all_is_quiet(running):
    press_until_latched(running)
    running.cmd_vel.clear()
    running.spin_for(1.0)
    assert 15 <= len(running.cmd_vel) <= 25
    running.press(False)
    running.spin_until(lambda: state(running) == 'READY_TO_RESET')
    running.reset_e_stop()
    running.spin_for(1.2)
    running.cmd_vel.clear()
    running.spin_for(0.3)
    assert running.cmd_vel == []


def test_without_a_gate_motion_is_refused_with_502(rig):
    rig.start(gate=False)
    ticket_id = rig.created_id(SHORT)
    assert rig.execute(ticket_id).result().error_code == 502
    assert rig.get(ticket_id).status == 'PENDING'
    assert rig.status().error_code == 502


def test_lost_gate_fails_the_motion_with_502(running):
    execution, _ = running.drive_until_moving()
    running.remove(running.gate)
    lost_at_mono_s = time.monotonic()
    ticket = execution.result().ticket
    assert ticket.error_code == 502
    events = [event for event in running.events if event.type == 'execution_failed']
    assert events
    assert time.monotonic() - lost_at_mono_s < 2.0


@pytest.mark.alone
def test_gate_is_not_lost_because_the_orchestrator_itself_stood_still(automatic):
    """It did not look at what the gate had said: the queue was paused, motions failed."""
    ticket_id = automatic.created_id('', command='grip')
    automatic.await_status(ticket_id, 'EXECUTING')
    before = len(automatic.statuses)
    for _ in range(STALLS):
        time.sleep(STALL_S)  # nothing of this process runs, the gate neither
        automatic.spin_for(0.3)
    assert {each.state for each in automatic.statuses[before:]} == {'READY'}
    assert not automatic.queue().pause_reason
    assert automatic.get(ticket_id).status == 'EXECUTING'


def test_drive_whose_process_stands_still_as_it_begins_fails_and_does_not_go_on(
    running, monkeypatch
):
    """Frozen while it sent its first velocity, it drove to its end 6 s later."""
    send, begun = GateLink.send, []

    def send_and_stall(link, stream, velocity, **options):
        send(link, stream, velocity, **options)
        if not velocity.is_zero and not begun:
            begun.append(stream)
            time.sleep(STALL_S)  # nothing of this process runs, the gate neither

    monkeypatch.setattr(GateLink, 'send', send_and_stall)
    result = running.execute(running.created_id('{speed: 0.5, duration_seconds: 2}')).result()
    assert result.error_code == 503
    running.spin_for(0.5)
    assert sum(twist != Twist() for _, twist in running.cmd_vel) <= 2


@pytest.mark.alone
def test_commands_that_cease_end_in_zero_within_a_quarter_second(rig):
    rig.start(orchestrator={}, base=True)
    commander = Commander(rig)
    rig.spin_until(lambda: rig.cmd_vel or not commander.send('somebody#1', 0.2))
    sent_at_mono_s = time.monotonic()
    rig.spin_until(lambda: rig.cmd_vel[-1][1].linear.x == 0.0)
    assert rig.cmd_vel[-1][0] - sent_at_mono_s < 0.3
    commander.send('somebody#1', 0.2)  # the stream is closed: it does not come back
    rig.assert_ends_in_zero()
    rig.spin_until(lambda: rig.e_stop_states[-1].closed_code == 503)


def test_command_of_an_older_term_is_refused(running):
    running.execute(running.created_id(SHORT)).result()
    Commander(running, term=0).send('ghost#1', 0.5)
    running.spin_until(lambda: running.e_stop_states[-1].rejected_count > 0)
    running.assert_ends_in_zero()


@pytest.mark.parametrize('value', [float('nan'), float('inf')])
def test_command_that_is_no_number_stops_the_robot(running, value):
    execution, ticket_id = running.drive_until_moving()
    orchestrator_id = running.e_stop_states[-1].orchestrator_id
    commander = Commander(running, term=1, orchestrator_id=orchestrator_id, number=10**6)
    commander.send(f'{ticket_id}#1', value)
    assert execution.result().error_code == 505
    running.assert_ends_in_zero()


def test_gate_clamps_whatever_it_is_sent(rig):
    rig.start(gate_parameters={'max_speed_mps': 0.5, 'max_acceleration_mps2': 50.0})
    commander = Commander(rig)
    rig.spin_until(lambda: rig.cmd_vel or not commander.send('somebody#1', 30.0, 40.0))
    assert (rig.cmd_vel[0][1].linear.x, rig.cmd_vel[0][1].linear.y) == pytest.approx((0.3, 0.4))


def test_stamped_velocity_is_published_where_the_base_wants_it(rig):
    seen = []
    rig.client.create_subscription(TwistStamped, 'cmd_vel_stamped', seen.append, 10)
    rig.start_gate(
        enable_stamped_cmd_vel=True, cli_args=['--ros-args', '-r', 'cmd_vel:=cmd_vel_stamped']
    )
    rig.spin_until(lambda: rig.press() or seen)
    assert seen[0].header.frame_id == 'base_link'
    assert seen[0].header.stamp.sec > 0


def test_gate_that_cannot_decide_stops_and_ends_the_motion(running, monkeypatch):
    execution, _ = running.drive_until_moving()
    decide = gate.decide

    def raise_once(*args):
        monkeypatch.setattr(gate, 'decide', decide)
        raise RuntimeError('a defect')

    monkeypatch.setattr(gate, 'decide', raise_once)
    ticket = execution.result().ticket
    assert (ticket.status, ticket.error_code) == ('FAILED', 900)
    running.assert_ends_in_zero()


# What the orchestrator's diagnostics say.


def test_motion_that_does_not_stand_is_an_error_in_the_diagnostics_until_the_next_one(running):
    found = diagnostics_of(running)
    running.spin_until(lambda: level(found, 'standstill') == 0)
    execution, ticket_id = running.drive_until_moving()
    running.spin_until(lambda: running.base.speed_mps > 0.3)
    running.base.is_stuck_moving = True
    running.cancel(ticket_id)
    assert execution.result().error_code in (402, 501)
    running.spin_until(lambda: level(found, 'standstill') == 2)
    assert ticket_id in found['standstill'].message
    running.base.is_stuck_moving = False
    running.spin_until(lambda: running.reset_e_stop().success)
    running.spin_until(lambda: running.status().success)
    assert running.execute(running.created_id(SHORT)).result().success
    running.spin_until(lambda: level(found, 'standstill') == 0)


def test_what_keeps_the_service_from_working_is_an_error_in_the_diagnostics(running):
    found = diagnostics_of(running)
    running.spin_until(lambda: level(found, 'service') == 0)
    assert [level(found, name) for name in ('ticket store', 'odometry')] == [0, 0]
    running.remove(running.gate)
    running.spin_until(lambda: level(found, 'service') == 2)
    assert '[502]' in found['service'].message
    running.base.has_odometry = False
    running.spin_until(lambda: level(found, 'odometry') == 1)


def test_motion_is_refused_once_odometry_was_heard_and_is_no_more(running):
    running.base.has_odometry = False
    sensors = running.orchestrator._execution.sensors
    running.spin_until(lambda: not sensors.hears_odometry)
    ticket_id = running.created_id(SHORT)
    refused = running.execute(ticket_id).result()
    assert refused.error_code == 405
    assert 'was before' in refused.message
    assert running.get(ticket_id).status == 'PENDING'
