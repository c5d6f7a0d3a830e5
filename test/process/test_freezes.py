"""An orchestrator that freezes mid-drive, and comes back: nothing stale moves the robot."""

import random
import signal
import time

import pytest
from geometry_msgs.msg import Twist

from ..amounts import amount

pytestmark = pytest.mark.alone

FREEZES = amount('FREEZES', bounded=4, whole=100)

LIMIT_S = 0.25
"""How soon the gate stops the robot of a silent orchestrator [s]."""


@pytest.mark.statistics
@pytest.mark.timeout(60 + 10 * FREEZES)
def test_frozen_orchestrator_is_stopped_and_sends_nothing_stale(system):
    rng = random.Random(4)
    orchestrator, _ = system.start_robot('external')
    to_zero_s, stale, codes = [], 0, {}
    for _ in range(FREEZES):
        system.cmd_vel.clear()
        _, future = system.drive_until_moving()
        orchestrator.send_signal(signal.SIGSTOP)
        frozen_at_mono_s = time.monotonic()
        system.spin_until(lambda: system.cmd_vel[-1] == Twist())
        to_zero_s.append(system.zero_at_mono_s - frozen_at_mono_s)
        stopped = len(system.cmd_vel)
        system.spin_for(rng.uniform(0.0, 1.0))
        orchestrator.send_signal(signal.SIGCONT)
        code = system.result(future).error_code
        codes[code] = codes.get(code, 0) + 1
        system.assert_ends_in_zero()
        stale += sum(twist != Twist() for twist in system.cmd_vel[stopped:])
        system.spin_until(lambda: system.statuses[-1].state == 'READY')
    to_zero_s.sort()
    print(  # noqa: T201
        f'\n{FREEZES} freezes: {stale} stale Twists; zero after p50'
        f' {to_zero_s[len(to_zero_s) // 2]:.3f} max {to_zero_s[-1]:.3f} s; codes {codes}'
    )
    assert stale == 0
    assert set(codes) == {503}, 'the gate was alive, and so was the odometry'
    assert to_zero_s[-1] < LIMIT_S + 0.1  # a busy machine may take its time


def test_frozen_gate_sends_nothing_stale(system):
    _, gate = system.start_robot('external')
    _, future = system.drive_until_moving()
    gate.send_signal(signal.SIGSTOP)
    assert system.result(future).error_code == 502
    system.spin_until(lambda: abs(system.speed_mps) < 0.01)  # by the base's own watchdog
    system.cmd_vel.clear()
    gate.send_signal(signal.SIGCONT)
    system.spin_until(lambda: system.statuses[-1].state == 'READY')
    system.spin_for(1.0)
    assert system.cmd_vel
    assert all(twist == Twist() for twist in system.cmd_vel)


def test_whole_system_frozen_and_continued_sends_nothing_stale(system):
    orchestrator, gate = system.start_robot('external')
    _, future = system.drive_until_moving()
    for process in (orchestrator, gate):
        process.send_signal(signal.SIGSTOP)
    system.spin_until(lambda: abs(system.speed_mps) < 0.01)
    system.cmd_vel.clear()
    for process in (orchestrator, gate):  # whoever is first: what it finds is old
        process.send_signal(signal.SIGCONT)
    assert system.result(future).error_code in (502, 503)
    system.spin_for(1.0)
    assert all(twist == Twist() for twist in system.cmd_vel)
