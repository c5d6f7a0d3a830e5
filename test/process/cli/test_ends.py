"""How `ren` ends: by signals, with its terminal, with whoever reads it; what it leaves behind."""

import contextlib
import fcntl
import os
import pty
import signal
import subprocess
import sys
import termios
import time
from itertools import islice
from pathlib import Path

import pytest

from .conftest import LONG, created

SILENCE_S = 20.0
"""After which Fast DDS takes a process for gone that said nothing [s]."""


@pytest.mark.parametrize('end', [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_ctrl_c_cancels_and_waits_until_the_robot_stands(robot, end):
    """The robot drove on for the whole ticket where SIGTERM or SIGHUP ended `ren run`."""
    process = robot.begun('run', *LONG)
    process.send_signal(end)
    code, said = robot.ended(process)
    assert code == 5, said
    assert 'CANCELLED' in said.splitlines()[-1]
    assert 'Traceback' not in said
    robot.at_standstill()


def test_a_second_ctrl_c_leaves(robot):
    process = robot.begun('run', *LONG)
    process.send_signal(signal.SIGINT)
    robot.spin_until(lambda: robot.speed_mps < 0.45)
    process.send_signal(signal.SIGINT)
    code, said = robot.ended(process)
    assert code in (5, 130), said
    assert 'Traceback' not in said
    robot.at_standstill()


def test_a_terminal_that_is_closed_cancels(robot):
    """The robot drove on without anybody there."""
    master, terminal = pty.openpty()
    process = subprocess.Popen(
        robot.words('run', *LONG),
        env=robot.environment,
        stdin=terminal,
        stdout=terminal,
        stderr=terminal,
        start_new_session=True,
        preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
    )
    robot._processes.append(process)
    os.close(terminal)
    robot.spin_until(lambda: robot.speed_mps > 0.3)
    os.close(master)
    robot.spin_until(lambda: process.poll() is not None)
    assert process.returncode in (5, 130)
    robot.at_standstill()


def test_an_output_that_nobody_takes_any_more_cancels(robot):
    """The ticket was cancelled, and the exit code said that it was done."""
    process = subprocess.Popen(
        robot.words('run', *LONG), env=robot.environment, stdout=subprocess.PIPE, text=True
    )
    robot._processes.append(process)
    assert process.stdout is not None
    process.stdout.readline()
    process.stdout.close()
    robot.spin_until(lambda: process.poll() is not None)
    assert process.returncode == 5
    robot.at_standstill()


def test_who_reads_only_the_begin_is_told_by_the_exit_code_of_a_broken_pipe(robot):
    created(robot)
    process = subprocess.Popen(
        robot.words('list'), env=robot.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    robot._processes.append(process)
    assert process.stdout is not None
    process.stdout.close()
    assert process.wait(20.0) == 141
    assert process.stderr is not None
    assert process.stderr.read() == b''
    process.stderr.close()


def is_mapped(path: Path) -> bool:
    """Whether a process has the file: others may make some at the same time."""
    for maps in Path('/proc').glob('[0-9]*/maps'):
        with contextlib.suppress(OSError):
            if str(path) in maps.read_text():
                return True
    return False


def clients_seen(robot) -> set[str]:
    return {each for each in robot.client.get_node_names() if each.startswith('ticket_client')}


def says_goodbye(robot) -> bool | None:
    """Whether the next `ren` is seen no longer once it has ended; None = it never was."""
    before = clients_seen(robot)
    process = subprocess.Popen(
        robot.words('status'), env=robot.environment, stdout=subprocess.DEVNULL
    )
    robot._processes.append(process)
    robot.spin_until(lambda: clients_seen(robot) - before or process.poll() is not None)
    mine = clients_seen(robot) - before
    robot.spin_until(lambda: process.poll() == 0)
    until_mono_s = time.monotonic() + SILENCE_S / 2
    robot.spin_until(lambda: not mine & clients_seen(robot) or time.monotonic() > until_mono_s)
    return not mine & clients_seen(robot) if mine else None


def test_ren_says_goodbye_to_the_middleware(robot):
    """It ends without the end of the interpreter, and is not to be seen for 20 s as one killed.

    A goodbye is one datagram, which can be lost: so that of one of three has to arrive. On a busy
    machine one may be over before it was seen: that tells nothing.
    """
    told = (each for _ in range(20) if (each := says_goodbye(robot)) is not None)
    assert any(islice(told, 3))


def test_ren_leaves_no_shared_memory_behind(robot):
    robot.environment['FASTDDS_BUILTIN_TRANSPORTS'] = 'DEFAULT'
    before = set(Path('/dev/shm').glob('*fastrtps*'))
    try:
        robot.ren('status')
    finally:
        del robot.environment['FASTDDS_BUILTIN_TRANSPORTS']
    left = set(Path('/dev/shm').glob('*fastrtps*')) - before
    assert [each for each in left if not is_mapped(each)] == [], 'others stall on what is left'


def test_ren_stops_the_robot_after_a_ren_that_was_killed(robot):
    """`ren stop` was not answered within 2 s, 4 of 6 times: Fast DDS's shared memory."""
    killed = robot.begun('run', *LONG)
    living = [each.pid for each in robot._processes if each.poll() is None]
    maps = [Path(f'/proc/{each}/maps').read_text() for each in living]
    assert [each for each in maps if '/dev/shm/fast' in each] == []
    killed.kill()
    killed.wait()
    robot.ren('--timeout', '2', 'stop')
    robot.at_standstill()


HANGING = """
import ctypes

from rclpy.node import Node

from orchestrator_ren.cli.ren import leave

Node.destroy_node = lambda _self: ctypes.PyDLL(None).sleep(60)  # with Python's lock held
leave()
"""


@pytest.mark.parametrize(
    ('words', 'code', 'told'),
    [(['status'], 0, 'READY'), (['show', 'tick-0'], 1, 'TicketNotFound 201')],
)
def test_what_was_done_is_told_with_its_code_though_the_middleware_hangs(robot, words, code, told):
    """Fast DDS does so, now and then, while a process leaves."""
    assert told in robot.ran([sys.executable, '-c', HANGING, *robot.words(*words)[1:]], code)
