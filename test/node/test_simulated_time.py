"""Safety timers run on the steady clock: simulated time may stand, jump or race."""

import json
import time

import pytest

pytest.importorskip('rclpy')

from rclpy.clock import Clock, ClockType
from rosgraph_msgs.msg import Clock as ClockMessage
from std_msgs.msg import Empty

from orchestrator_ren.orchestrator import command_set

from ..extra_commands import Listen, with_extra_commands
from .conftest import Commander, is_zero, stamp_of

PERIOD_S = 0.01
START_S = 1000.0
LONG = '{speed: 0.5, duration_seconds: 300}'
SHORT = '{speed: 0.5, duration_seconds: 1}'


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


@pytest.mark.alone
@DISTURBANCES
def test_e_stop_is_as_fast_as_ever(rig, clock, disturb):
    start(rig)
    execution, _ = rig.drive_until_moving(LONG)
    disturb(clock)
    rig.press()
    assert seconds_to_zero(rig, time.monotonic()) < 0.1
    assert execution.result().ticket.status == 'FAILED'
    rig.assert_ends_in_zero()


@pytest.mark.alone
@DISTURBANCES
def test_commands_that_cease_end_in_zero_within_a_quarter_second(rig, clock, disturb):
    start(rig)
    commander = Commander(rig)
    rig.spin_until(
        lambda: commander.send('somebody#1', 0.2) and rig.cmd_vel and rig.cmd_vel[-1][1].linear.x
    )
    disturb(clock)
    assert seconds_to_zero(rig, time.monotonic()) < 0.3
    rig.assert_ends_in_zero()


@pytest.mark.alone
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


@pytest.mark.alone
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
    monkeypatch.setattr(command_set, 'built_in_commands', with_extra_commands)
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


@pytest.mark.parametrize('jump_s', [2.0, 5.0, 60.0, 3600.0])
def test_simulated_time_that_jumps_ahead_ends_the_motion(rig, clock, jump_s):
    """COMPLETED at once, with 30.6 m told of 0.61 driven."""
    start(rig)
    rig.spin_for(0.3)
    execution, _ = rig.drive_until_moving('{speed: 0.5, duration_seconds: 10}')
    clock.now_s += jump_s
    jumped_at_mono_s = time.monotonic()
    result = execution.result(3.0)
    assert result.error_code == 406
    assert 'jumped ahead' in result.message
    assert time.monotonic() - jumped_at_mono_s < 1.5
    told = json.loads(result.ticket.result)
    assert told['distance_commanded'] < 0.3
    rig.assert_ends_in_zero()


def test_simulated_time_that_jumps_ahead_without_odometry_ends_the_motion(rig, clock):
    start(rig, base=False)
    rig.spin_for(0.3)
    execution, _ = rig.drive_until_moving('{speed: 0.5, duration_seconds: 10}')
    clock.now_s += 60.0
    result = execution.result(3.0)
    assert result.error_code == 406
    assert json.loads(result.ticket.result)['distance_traveled'] < 0.3


@pytest.mark.alone
@pytest.mark.parametrize('rate', [0.2, 1.0, 20.0])
def test_process_that_stands_still_in_simulated_time_sees_no_jump(rig, clock, rate):
    """What makes the robot fail then is the gate, which got no command."""
    clock.rate = rate
    start(rig)
    rig.spin_for(0.3)
    execution, _ = rig.drive_until_moving(LONG)
    time.sleep(0.7)
    clock.now_s += 0.7 * rate
    assert execution.result(3.0).error_code == 503


def test_drive_is_completed_at_any_pace_of_simulated_time(rig, clock):
    start(rig)
    for rate, duration_s in ((0.3, 0.5), (1.0, 1.0), (5.0, 5.0)):
        clock.rate = rig.base.pace = rate
        params = f'{{speed: 0.5, duration_seconds: {duration_s}}}'
        assert rig.execute(rig.created_id(params)).result().error_code == 0


@pytest.fixture
def timed(rig, clock, monkeypatch):
    """The rig in simulated time, and the id of an executing ticket that moves nothing."""
    monkeypatch.setattr(command_set, 'built_in_commands', with_extra_commands)
    start(rig)
    rig.spin_for(0.3)

    def begun(timeout_s, command='listen', params=''):
        ticket_id = rig.created_id(params, command=command, timeout_seconds=timeout_s)
        execution = rig.execute(ticket_id)
        rig.await_status(ticket_id, 'EXECUTING')
        return execution

    return begun


def test_what_does_not_move_goes_on_over_a_jump_ahead_and_does_not_count_it(rig, clock, timed):
    execution = timed(3.0)
    clock.now_s += 3600.0
    rig.spin_for(0.5)
    assert not execution.is_done
    began_mono_s = time.monotonic()
    assert execution.result(5.0).error_code == 401
    assert time.monotonic() - began_mono_s > 1.5
    assert execution.feedback[-1][1].elapsed_seconds < 10.0


def test_step_that_a_command_is_told_has_no_jump_in_it(rig, clock, timed):
    steps_s = []

    class Watch(Listen):
        name = 'watch'

        async def run(self, params, context):
            while True:
                steps_s.append(await context.tick())

    rig.orchestrator._commands.registry._commands['watch'] = Watch()
    timed(30.0, 'watch')
    clock.now_s += 60.0
    rig.spin_for(1.0)
    assert len(steps_s) > 10
    assert max(steps_s) < 0.5


def test_what_does_not_move_ends_by_steady_time_once_the_clock_has_died(rig, clock, timed):
    """It never ended."""
    execution = timed(2.5)
    stand(clock)
    stood_at_mono_s = time.monotonic()
    assert execution.result(6.0).error_code == 401
    assert 1.5 < time.monotonic() - stood_at_mono_s < 4.0


def test_ticket_that_waits_is_not_disturbed_by_a_jump_ahead(rig, clock):
    start(rig)
    rig.spin_for(0.3)
    first, _ = rig.drive_until_moving(LONG)
    waiting = rig.execute(rig.created_id(SHORT))
    rig.spin_until(lambda: waiting.feedback)
    clock.now_s += 60.0
    assert first.result(3.0).error_code == 406
    assert waiting.result().error_code == 0
