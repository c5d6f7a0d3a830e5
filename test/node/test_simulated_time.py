"""Safety timers run on the steady clock: simulated time may stand, jump or race."""

import time

import pytest

pytest.importorskip('rclpy')

from rclpy.clock import Clock, ClockType
from rosgraph_msgs.msg import Clock as ClockMessage
from std_msgs.msg import Empty

from orchestrator_ren.msg import DriveCommand
from orchestrator_ren.nodes import orchestrator, qos

from ..extra_commands import with_extra_commands
from .conftest import is_zero, stamp_of

PERIOD_S = 0.01
START_S = 1000.0
LONG = '{speed: 0.5, duration_seconds: 300}'


class SimulatedClock:
    """Publishes /clock; it stands at a rate of 0."""

    def __init__(self, node):
        self.rate = 1.0
        self.now_s = START_S
        self._publisher = node.create_publisher(ClockMessage, '/clock', 10)
        steady = Clock(clock_type=ClockType.STEADY_TIME)
        node.create_timer(PERIOD_S, self._on_timer, clock=steady)

    def _on_timer(self):
        self.now_s += self.rate * PERIOD_S
        self._publisher.publish(ClockMessage(clock=stamp_of(self.now_s)))


def stand(clock):
    clock.rate = 0.0


def jump_back(clock):
    clock.now_s -= 100.0


def race(clock):
    clock.rate = 10.0


DISTURBANCES = pytest.mark.parametrize('disturb', [stand, jump_back, race])


@pytest.fixture
def clock(rig):
    """A clock that all nodes of the rig go by."""
    return SimulatedClock(rig.client)


def start(rig, base=True, **gate_parameters):
    rig.start(
        base=base,
        gate_parameters={'use_sim_time': True, **gate_parameters},
        orchestrator={'use_sim_time': True},
    )
    node_clocks = [node.get_clock() for node in (rig.gate, rig.orchestrator)]
    rig.spin_until(lambda: all(each.now().nanoseconds > 0 for each in node_clocks))


def seconds_to_zero(rig, began_mono_s):
    rig.spin_until(lambda: rig.cmd_vel[-1][0] > began_mono_s and is_zero(rig.cmd_vel[-1][1]))
    return rig.cmd_vel[-1][0] - began_mono_s


@DISTURBANCES
def test_e_stop_is_as_fast_as_ever(rig, clock, disturb):
    start(rig)
    execution, _ = rig.drive_until_moving(LONG)
    disturb(clock)
    rig.press()
    assert seconds_to_zero(rig, time.monotonic()) < 0.1
    assert execution.result().ticket.status == 'FAILED'
    rig.assert_ends_in_zero()


@DISTURBANCES
def test_commands_that_cease_end_in_zero_within_a_quarter_second(rig, clock, disturb):
    start(rig)
    publisher = rig.client.create_publisher(DriveCommand, 'drive_command', qos.VELOCITY)
    rig.spin_until(lambda: publisher.get_subscription_count() > 0)
    command = DriveCommand(term=99, stream='somebody#1')
    command.twist.linear.x = 0.2
    rig.spin_until(
        lambda: publisher.publish(command) or (rig.cmd_vel and rig.cmd_vel[-1][1].linear.x)
    )
    disturb(clock)
    assert seconds_to_zero(rig, time.monotonic()) < 0.3
    rig.assert_ends_in_zero()


@DISTURBANCES
def test_silent_heartbeat_latches_in_time(rig, clock, disturb):
    start(rig, heartbeat_timeout_s=0.5)
    publisher = rig.client.create_publisher(Empty, 'heartbeat', 10)
    timer = rig.client.create_timer(0.1, lambda: publisher.publish(Empty()))
    rig.spin_until(lambda: rig.reset_e_stop().success and rig.status().success)
    execution, _ = rig.drive_until_moving(LONG)
    disturb(clock)
    timer.cancel()
    assert seconds_to_zero(rig, time.monotonic()) < 0.7
    assert execution.result().ticket.status == 'FAILED'


@DISTURBANCES
def test_lost_gate_is_seen_within_half_a_second(rig, clock, disturb):
    start(rig)
    execution, _ = rig.drive_until_moving(LONG)
    disturb(clock)
    rig.remove(rig.gate)
    lost_at_mono_s = time.monotonic()
    rig.spin_until(lambda: rig.statuses[-1].state == 'NO_GATE')
    assert time.monotonic() - lost_at_mono_s < 0.5
    assert execution.result().error_code == (406 if disturb is jump_back else 502)


@DISTURBANCES
def test_lost_odometry_ends_the_motion(rig, clock, disturb):
    start(rig)
    execution, _ = rig.drive_until_moving(LONG)
    disturb(clock)
    rig.base.has_odometry = False
    lost_at_mono_s = time.monotonic()
    assert execution.result().error_code == (406 if disturb is jump_back else 404)
    assert time.monotonic() - lost_at_mono_s < 0.8
    rig.assert_ends_in_zero()


@DISTURBANCES
def test_cancelled_motion_ends_at_standstill(rig, clock, disturb):
    start(rig)
    execution, ticket_id = rig.drive_until_moving(LONG)
    disturb(clock)
    rig.cancel(ticket_id)
    ticket = execution.result(3.0).ticket
    may_end = {'CANCELLED', 'FAILED'} if disturb is jump_back else {'CANCELLED'}
    assert ticket.status in may_end
    assert '"measured"' in ticket.result
    rig.assert_ends_in_zero()


@pytest.mark.parametrize('has_odometry', [True, False])
def test_simulated_time_that_stands_ends_the_motion_within_a_second(rig, clock, has_odometry):
    start(rig, base=has_odometry)
    execution, _ = rig.drive_until_moving(LONG)
    stand(clock)
    stood_at_mono_s = time.monotonic()
    result = execution.result()
    assert result.error_code == 406
    assert 'stood still' in result.message
    assert time.monotonic() - stood_at_mono_s < 1.5
    rig.assert_ends_in_zero()


def test_simulated_time_that_jumps_back_ends_the_motion(rig, clock):
    start(rig)
    execution, _ = rig.drive_until_moving(LONG)
    jump_back(clock)
    result = execution.result(1.0)
    assert result.error_code == 406
    assert 'jumped back' in result.message
    rig.assert_ends_in_zero()


@pytest.mark.parametrize('rate', [0.4, 1.0, 4.0])
def test_wall_ends_the_motion_when_both_times_are_up(rig, clock, rate):
    start(rig)
    execution, _ = rig.drive_until_moving(LONG)
    clock.rate = rate
    rig.spin_until(lambda: rig.base.speed_mps > 0.45)
    rig.spin_for(1.5)
    assert not execution.is_done
    rig.base.is_held_up = True
    held_at_mono_s = time.monotonic()
    assert execution.result(8.0).error_code == 409
    assert 0.7 < (time.monotonic() - held_at_mono_s) * min(rate, 1.0) < 2.0
    rig.assert_ends_in_zero()


def test_timeout_counts_simulated_time(rig, clock, monkeypatch):
    monkeypatch.setattr(orchestrator, 'built_in_commands', with_extra_commands)
    start(rig)
    race(clock)
    ticket_id = rig.created_id('', command='dawdle', timeout_seconds=10.0)
    began_mono_s = time.monotonic()
    assert rig.execute(ticket_id).result().error_code == 401
    assert 0.9 < time.monotonic() - began_mono_s < 4.0
    rig.assert_ends_in_zero()


def test_without_simulated_time_motion_is_refused(rig):
    rig.start(orchestrator={'use_sim_time': True})
    ticket_id = rig.created_id(LONG)
    refused = rig.execute(ticket_id).result()
    assert refused.error_code == 406
    assert '/clock' in refused.message
    assert rig.get(ticket_id).status == 'PENDING'
    assert rig.cmd_vel == []
