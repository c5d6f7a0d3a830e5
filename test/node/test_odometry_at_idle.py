"""Odometry while nothing is under way: it costs little, and nothing is judged less strictly."""

import json
import math
import time

import pytest

rclpy = pytest.importorskip('rclpy')

from rclpy.serialization import serialize_message
from std_srvs.srv import Trigger

from orchestrator_ren.motion.odometry import FRESH_S
from orchestrator_ren.ros.quiet_subscription import QuietSubscription

from .conftest import Commander, is_zero, stamp_of
from .test_sensors import Liar, shifted, stretched

SHORT = '{speed: 0.5, duration_seconds: 1}'
LONG = '{speed: 0.5, duration_seconds: 30}'


@pytest.fixture
def woken(monkeypatch):
    """Return the quiet subscriptions by which the process was woken, once each time.

    To be named before what makes them.
    """
    found, on_woken = [], QuietSubscription._on_woken

    def counted(self, raw):
        found.append(self)
        on_woken(self, raw)

    monkeypatch.setattr(QuietSubscription, '_on_woken', counted)
    return found


def sensors_of(rig):
    return rig.orchestrator._execution.sensors


def odometers_of(rig):
    return sensors_of(rig).odometer, rig.gate._odometer


def inputs_of(rig):
    return sensors_of(rig)._odometry, rig.gate._odometry


def push(rig, speed_mps=0.3):
    """Have the base roll though nobody commands it; return once it does."""
    rig.base._wanted.linear.x, rig.base.is_stuck_moving = speed_mps, True
    rig.spin_until(lambda: rig.base.speed_mps > 0.5 * speed_mps)


def let_go(rig):
    rig.base.is_stuck_moving = False
    rig.spin_until(lambda: abs(rig.base.speed_mps) < 0.001)


def latch(rig):
    rig.press()
    rig.spin_until(lambda: rig.e_stop_states[-1].state == 'STOPPED')
    rig.press(False)
    rig.spin_until(lambda: rig.e_stop_states[-1].state == 'READY_TO_RESET')


# What it costs, and when.


def test_an_idle_process_is_not_woken_by_odometry_and_hears_it_all_the_same(woken, running):
    """With odometry at 50 Hz an idle orchestrator and its gate took a fifth of a core."""
    running.spin_for(0.3)
    woken.clear()
    before = [each._latest.received_mono_s for each in odometers_of(running)]
    running.spin_for(0.5)
    assert woken == []
    for each, before_mono_s in zip(odometers_of(running), before, strict=True):
        assert each._latest.received_mono_s > before_mono_s + 0.3
        assert each.fresh(time.monotonic()) is not None


def test_each_sample_is_judged_at_once_while_it_moves_and_soon_after_no_more(woken, running):
    execution, _ = running.drive_until_moving(LONG)
    woken.clear()
    running.spin_for(0.5)
    for each in inputs_of(running):
        assert woken.count(each) >= 15
    execution.cancel()
    execution.result()
    running.spin_for(0.3)
    woken.clear()
    running.spin_for(0.3)
    assert woken == []


def test_the_gate_attends_from_before_the_first_velocity_of_whoever_commands(woken, running):
    running.spin_for(0.3)
    woken.clear()
    commander = Commander(running)
    for _ in range(4):
        commander.send('manual#1', 0.3)
        running.spin_for(0.05)
        assert running.gate._odometry._is_awake
    assert woken.count(running.gate._odometry) >= 5
    running.spin_until(lambda: running.gate._judge.state.stream == '')
    running.spin_until(lambda: not running.gate._judge.state.needs_odometry)


def test_all_that_came_in_is_judged_before_an_execution_begins(running):
    running.spin_for(0.3)
    odometer = sensors_of(running).odometer
    running.spin_until(lambda: time.monotonic() - odometer._latest.received_mono_s > 0.05)
    sensors_of(running).attend(True)
    assert time.monotonic() - odometer._latest.received_mono_s < 0.045


# Right after idle.


def with_stamp(message):
    message.header.stamp = stamp_of(1000.0)
    return message


def none_of_it(message):
    return None


class Seldom:
    """Lets two messages a second pass."""

    def __init__(self):
        self._sent_at_mono_s = 0.0

    def __call__(self, message):
        if time.monotonic() - self._sent_at_mono_s < 0.48:
            return None
        self._sent_at_mono_s = time.monotonic()
        return message


LIES = {
    'silent': (none_of_it, 'no odometry is heard'),
    'no rotation': (lambda message: stretched(message, 1.2), 'orientation has length 1.20'),
    'no number': (lambda message: shifted(message, math.nan), 'position is nan'),
    'cut off': (lambda message: serialize_message(message)[:300], 'position is nan'),
    'frozen': (with_stamp, 'is repeated'),
    'seldom': (Seldom(), 'at least 5 Hz'),
}


@pytest.mark.parametrize('name', LIES)
def test_odometry_that_goes_bad_while_idle_is_none_for_the_drive_that_comes_next(running, name):
    lie, reason = LIES[name]
    Liar(running.base).lie = lie
    sensors = sensors_of(running)

    def is_known():
        told = name == 'silent' or reason in sensors.odometer.trouble(time.monotonic())
        return told and not sensors.hears_odometry

    running.spin_until(is_known)
    refused = running.execute(running.created_id(SHORT)).result()
    assert refused.error_code == 405
    assert name == 'silent' or reason in refused.message
    running.spin_until(lambda: running.statuses[-1].state == 'NO_ODOMETRY')
    assert not running.statuses[-1].hears_odometry
    assert all(is_zero(twist) for _, twist in running.cmd_vel)


def test_a_reset_is_answered_whatever_comes_as_odometry(running):
    """One message that could not be read kept the reset from any answer."""
    latch(running)
    Liar(running.base).lie = LIES['cut off'][0]
    running.spin_for(0.1)
    assert running.call(Trigger, 'reset_e_stop').success
    odometer = running.gate._odometer
    running.spin_until(lambda: 'position is nan' in odometer.trouble(time.monotonic()))


def test_silence_while_idle_counts_from_the_last_message_and_not_from_the_last_look(running):
    liar, sent_at_mono_s = Liar(running.base), [0.0]

    def noted(message):
        sent_at_mono_s[0] = time.monotonic()
        return message

    liar.lie = noted
    running.spin_for(0.2)
    liar.lie = none_of_it
    running.spin_for(0.25)
    for each in odometers_of(running):
        assert each._latest.received_mono_s == pytest.approx(sent_at_mono_s[0], abs=0.05)
        assert each.fresh(sent_at_mono_s[0] + FRESH_S + 0.05) is None


def test_a_source_that_jumps_between_two_places_is_told_while_idle(running):
    turns = iter(range(10_000))
    Liar(running.base).lie = lambda message: shifted(message, 5.0 * (next(turns) % 2))
    running.spin_until(lambda: all(each.jump_count > 5 for each in odometers_of(running)), 2.0)
    for each in odometers_of(running):
        assert 'it jumped by 5.00 m' in each.trouble(time.monotonic())


def assert_heard_for(rig, duration_s):
    """The orchestrator hears odometry at every moment."""
    heard = []
    until_mono_s = time.monotonic() + duration_s
    while time.monotonic() < until_mono_s:
        rig.executor.spin_once(timeout_sec=0.05)
        heard.append(sensors_of(rig).hears_odometry)
    assert all(heard)


def test_without_a_gate_odometry_is_looked_at_too(rig):
    rig.start(gate=False)
    rig.spin_for(0.5)
    rig.statuses.clear()
    assert_heard_for(rig, 1.5)
    assert all(each.hears_odometry for each in rig.statuses)


def test_odometry_is_looked_at_while_the_gate_is_away(running):
    running.remove(running.gate)
    running.gate = None
    running.spin_until(lambda: running.status().error_code == 502)
    assert_heard_for(running, 1.0)
    running.start_gate()
    running.spin_until(lambda: running.status().success)


# Pushed while idle.


def test_a_robot_that_is_pushed_while_nothing_is_commanded_cannot_be_reset(running):
    latch(running)
    running.spin_for(0.3)
    push(running)
    refused = running.reset_e_stop()
    assert not refused.success
    assert 'odometry shows the robot moving' in refused.message
    let_go(running)
    running.spin_until(lambda: running.reset_e_stop().success, 2.0)


def test_a_pose_that_is_pushed_is_seen_whatever_the_twist_says(running):
    latch(running)
    running.base._publisher = Silent(running.base._publisher)
    running.spin_for(0.5)
    push(running, 0.05)
    running.spin_for(0.15)
    refused = running.reset_e_stop()
    assert not refused.success
    assert 'm/s and 0.000 rad/s; standing is below' in refused.message
    let_go(running)


class Silent:
    """A base whose twist is always 0."""

    def __init__(self, publisher):
        self._publisher = publisher

    def publish(self, message):
        message.twist.twist.linear.x = 0.0
        self._publisher.publish(message)


def test_a_reset_is_refused_where_odometry_fell_silent_while_it_was_pushed(running):
    latch(running)
    running.spin_for(0.3)
    push(running)
    running.base.has_odometry = False
    running.spin_for(0.8)
    refused = running.reset_e_stop()
    assert not refused.success
    assert 'odometry showed the robot moving' in refused.message


def test_the_way_that_it_was_pushed_is_not_that_of_the_next_drive(running):
    running.spin_for(0.3)
    push(running)
    running.spin_for(0.5)
    let_go(running)
    pushed_m = running.base.x_m
    assert pushed_m > 0.1
    ticket = running.execute(running.created_id(SHORT)).result().ticket
    assert ticket.status == 'COMPLETED', ticket.error
    driven_m = running.base.x_m - pushed_m
    assert json.loads(ticket.result)['distance_traveled'] == pytest.approx(driven_m, abs=0.03)


def test_a_drive_that_begins_while_it_is_pushed_measures_from_where_it_is(running):
    running.spin_for(0.3)
    push(running, 0.2)
    running.spin_for(0.3)
    execution = running.execute(running.created_id(SHORT))
    running.spin_until(lambda: running.cmd_vel and not is_zero(running.cmd_vel[-1][1]))
    began_m = running.base.x_m
    running.base.is_stuck_moving = False
    ticket = execution.result().ticket
    assert ticket.status == 'COMPLETED', ticket.error
    driven_m = running.base.x_m - began_m
    assert json.loads(ticket.result)['distance_traveled'] == pytest.approx(driven_m, abs=0.06)


# Lost in a motion that began right after idle.


def test_odometry_that_falls_silent_as_a_drive_begins_ends_it(running):
    liar = Liar(running.base)
    running.spin_for(0.3)
    execution = running.execute(running.created_id(LONG))
    running.spin_until(lambda: running.cmd_vel and not is_zero(running.cmd_vel[-1][1]))
    liar.lie, silent_mono_s = none_of_it, time.monotonic()
    assert execution.result().error_code == 404
    zero_mono_s = next(
        at for at, twist in running.cmd_vel if at > silent_mono_s and is_zero(twist)
    )
    assert zero_mono_s - silent_mono_s < FRESH_S + 0.3
    running.assert_ends_in_zero()
