"""Done means done: the way measured, robots that are held up, and the end of a motion."""

import json
import math
import re
import time

import pytest

from orchestrator_ren.commands.drive import Drive
from orchestrator_ren.motion.velocity import ZERO, Velocity

from .conftest import is_zero

LONG = '{speed: 0.5, duration_seconds: 30}'
SPEED_MPS = 0.5


def result_of(ticket):
    return json.loads(ticket.result)


def seconds(stamp):
    return stamp.sec + stamp.nanosec * 1e-9


def hold_up(rig):
    """Drive it against a wall; return when that was [s]."""
    rig.spin_until(lambda: rig.base.speed_mps > 0.95 * SPEED_MPS)
    rig.base.is_held_up = True
    return time.monotonic()


def zero_after(rig, began_mono_s):
    """Return the time from then to the first zero [s]."""
    return next(at for at, twist in rig.cmd_vel if at > began_mono_s and is_zero(twist)) - (
        began_mono_s
    )


def test_wall_in_mid_drive_stops_the_motion_and_fails_it_with_409(running):
    """It was COMPLETED when its time was over, and its wheels pushed all the while."""
    execution, _ = running.drive_until_moving(LONG)
    held_at_mono_s = hold_up(running)
    result = execution.result(5.0)
    assert (result.ticket.status, result.error_code) == ('FAILED', 409)
    assert 0.7 < zero_after(running, held_at_mono_s) < 1.5
    ways = re.search(r'm within 1 s, (\S+) of (\S+) m in all', result.message)
    assert float(ways[1]) == pytest.approx(running.base.x_m, abs=0.011)
    assert float(ways[2]) > float(ways[1]) + 0.3
    running.assert_ends_in_zero()


@pytest.mark.parametrize('params', ['{speed: 0.5, direction: 90, duration_seconds: 2}'])
def test_turn_that_does_not_turn_fails_within_a_second_and_a_half(running, params):
    """Its wheels pushed for twice the turn's time and 5 s more, before that was 403."""
    running.base.is_held_up = True
    execution = running.execute(running.created_id(params))
    result = execution.result(5.0)
    assert result.error_code == 409
    assert 'it turned 0 of' in result.message
    assert max(abs(twist.linear.x) for _, twist in running.cmd_vel) == 0.0
    moving = [at for at, twist in running.cmd_vel if not is_zero(twist)]
    assert moving[-1] - moving[0] < 1.5
    running.assert_ends_in_zero()


def test_every_command_that_moves_is_watched(extra):
    extra.start()
    execution = extra.execute(extra.created_id('', command='dawdle', timeout_seconds=60.0))
    hold_up(extra)
    assert execution.result(5.0).error_code == 409
    extra.assert_ends_in_zero()


@pytest.mark.parametrize('jitter_m', [0.01])
def test_jitter_of_the_odometry_is_no_way(running, jitter_m):
    """Before a wall, a pose that jitters by 2 cm made a metre a second: COMPLETED."""
    execution, _ = running.drive_until_moving(LONG)
    held_at_mono_s = hold_up(running)
    running.base.jitter_m = jitter_m
    assert execution.result(5.0).error_code == 409
    assert zero_after(running, held_at_mono_s) < 1.5


def test_jitter_of_the_odometry_does_not_shorten_the_way(running):
    """The path of a pose that jitters is longer than the way: COMPLETED at half of it."""
    running.base.jitter_m = 0.01
    ticket = (
        running.execute(running.created_id('{speed: 0.5, duration_seconds: 2}')).result().ticket
    )
    assert ticket.status == 'COMPLETED', ticket.error
    assert running.base.x_m == pytest.approx(1.0, abs=0.04)


def test_base_that_goes_the_wrong_way_is_stopped(running):
    """Swapped motor wires: the length of the path is right, and it was COMPLETED behind."""
    running.base.grip = -1.0
    execution = running.execute(running.created_id(LONG))
    result = execution.result(5.0)
    assert result.error_code == 409
    assert 'it made -' in result.message
    assert running.base.x_m > -1.0
    running.assert_ends_in_zero()


def test_base_that_slips_is_driven_on_until_the_way_is_made(running):
    running.base.grip = 0.5
    ticket = running.execute(running.created_id('{speed: 0.5, duration_seconds: 2}')).result()
    result = result_of(ticket.ticket)
    assert (ticket.ticket.status, ticket.message) == ('COMPLETED', ticket.message)
    assert result['distance_traveled'] == pytest.approx(1.0, abs=0.02)
    assert result['distance_commanded'] == pytest.approx(2.0, rel=0.05)
    assert running.base.x_m == pytest.approx(1.0, abs=0.02)


def test_gate_that_slows_down_does_not_shorten_the_way(rig):
    """COMPLETED with 1.35 of 2.0 m."""
    rig.start(gate_parameters={'max_acceleration_mps2': 0.5})
    ticket = rig.execute(rig.created_id('{speed: 1.0, duration_seconds: 2}')).result().ticket
    assert ticket.status == 'COMPLETED', ticket.error
    assert result_of(ticket)['distance_traveled'] == pytest.approx(2.0, abs=0.03)


def test_drive_backwards_does_not_turn(running):
    ticket_id = running.created_id('{speed: 0.5, duration_seconds: 2, reverse: true}')
    ticket = running.execute(ticket_id).result().ticket
    assert ticket.status == 'COMPLETED', ticket.error
    assert running.base.x_m == pytest.approx(-1.0, abs=0.02)
    assert running.base.yaw_rad == pytest.approx(0.0, abs=0.01)
    assert result_of(ticket)['distance_traveled'] == pytest.approx(1.0, abs=0.02)
    running.assert_ends_in_zero()


def test_wall_behind_stops_a_drive_backwards(running):
    execution = running.execute(
        running.created_id('{speed: 0.5, duration_seconds: 30, reverse: true}')
    )
    running.spin_until(lambda: running.base.speed_mps < -0.95 * SPEED_MPS)
    running.base.is_held_up = True
    assert execution.result(5.0).error_code == 409
    running.assert_ends_in_zero()


def test_nudge_that_the_base_does_not_follow_is_not_done(running):
    """A way of a centimetre was COMPLETED with whatever was measured, or nothing."""
    running.base.is_stuck_standing = True
    ticket_id = running.created_id('{speed: 0.1, duration_seconds: 0.1}', timeout_seconds=60.0)
    result = running.execute(ticket_id).result(20.0)
    assert (result.ticket.status, result.error_code) == ('FAILED', 409)
    assert 'it made 0.00 of 0.0' in result.message


# The end where nothing is measured.


def blind(rig):
    rig.start(base=False)
    rig.add_base()
    rig.base.has_odometry = False


def moving_at_the_end(rig, execution):
    """Spin until the ticket has ended; return how fast the base still is then [m/s]."""
    rig.spin_until(lambda: execution.is_done, 20.0)
    return abs(rig.base.speed_mps)


def slow_base(rig):
    """Make it slow down as slowly as `drive` may expect: 2.0 m/s², and a lag."""
    rig.base._lag_s = 0.2


def test_done_without_odometry_waits_until_the_base_must_stand(rig):
    """COMPLETED came while the base still rolled."""
    blind(rig)
    slow_base(rig)
    execution = rig.execute(rig.created_id('{speed: 1.0, duration_seconds: 1}'))
    assert moving_at_the_end(rig, execution) < 0.05
    ticket = execution.result().ticket
    assert ticket.status == 'COMPLETED'
    assert result_of(ticket)['standstill'] == 'not measured: no odometry'


@pytest.mark.parametrize('way', ['cancel', 'stop', 'timeout'])
def test_end_at_full_speed_without_odometry_waits_too(rig, way):
    blind(rig)
    slow_base(rig)
    timeout_s = 20.0 if way != 'timeout' else 2.5
    ticket_id = rig.created_id('{speed: 1.0, duration_seconds: 2}', timeout_seconds=timeout_s)
    execution = rig.execute(ticket_id)
    rig.spin_until(lambda: rig.base.speed_mps > 0.9)
    if way == 'cancel':
        rig.cancel(ticket_id)
    elif way == 'stop':
        rig.stop()
    ended = moving_at_the_end(rig, execution)
    zero_s = time.monotonic() - next(
        at for at, twist in rig.cmd_vel if at > rig.cmd_vel[5][0] and is_zero(twist)
    )
    assert zero_s > 1.0 / 2.0  # 1 m/s at 2 m/s²
    assert zero_s < 2.0
    assert ended < 0.05
    rig.assert_ends_in_zero()


def test_zero_of_the_command_itself_does_not_shorten_the_wait(rig, monkeypatch):
    """A command that ends with a zero, as `scan` does, was done while the base rolled."""

    async def run(_self, _params, context):
        for _ in range(20):
            context.drive(Velocity(1.0))
            await context.tick()
        context.drive(ZERO)
        return {}

    monkeypatch.setattr(Drive, 'run', run)
    blind(rig)
    slow_base(rig)
    execution = rig.execute(rig.created_id(LONG))
    assert moving_at_the_end(rig, execution) < 0.05


def test_odometry_that_is_lost_while_the_robot_stops_leaves_the_wait(running):
    """Odometry that fell silent after the zero was as good as a standstill."""
    slow_base(running)
    execution, ticket_id = running.drive_until_moving('{speed: 1.0, duration_seconds: 30}')
    running.spin_until(lambda: running.base.speed_mps > 0.9)
    running.base.has_odometry = False
    running.cancel(ticket_id)
    assert moving_at_the_end(running, execution) < 0.05
    ticket = execution.result().ticket
    assert ticket.status == 'CANCELLED'
    assert result_of(ticket)['standstill'] == 'not measured: no odometry'


def test_who_never_moved_does_not_wait(rig):
    blind(rig)
    ticket_id = rig.created_id('{speed: 0.0, duration_seconds: 0.1}')
    ticket = rig.execute(ticket_id).result().ticket
    assert ticket.status == 'COMPLETED', ticket.error
    assert seconds(ticket.completed_at) - seconds(ticket.started_at) < 0.4


def test_turn_and_drive_at_full_lag_give_no_false_alarm(running):
    running.base._lag_s = 0.25
    params = '{speed: 1.0, direction: -120, duration_seconds: 2}'
    ticket = running.execute(running.created_id(params)).result().ticket
    assert ticket.status == 'COMPLETED', ticket.error
    assert result_of(ticket)['distance_traveled'] == pytest.approx(2.0, abs=0.05)
    assert running.base.yaw_rad == pytest.approx(math.radians(-120), abs=0.05)
