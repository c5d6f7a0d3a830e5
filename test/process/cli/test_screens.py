"""What `ren` shows on terminals: any width, no UTF-8, `watch`, words of others."""

import contextlib
import fcntl
import os
import pty
import re
import struct
import subprocess
import termios
from collections.abc import Callable

import pytest

from .conftest import DRIVE, LONG, created


def test_what_a_reason_says_forges_no_line_and_steers_no_terminal(robot):
    """It cleared the screen of whoever listed tickets, and made lines in the log of its own."""
    ticket_id = created(robot)
    said = robot.ren('cancel', ticket_id, '--reason', 'red \x1b[2J\nforged')
    said += robot.ren('show', ticket_id) + robot.ren('list')
    assert said.count(r'red \x1b[2J\nforged') == 4
    assert '\x1b' not in said
    assert robot.json('show', ticket_id)['ticket']['error'] == 'red \x1b[2J\nforged'

    def log():
        return ''.join(each.read_text() for each in robot._tmp_path.glob('log/**/*.log'))

    robot.spin_until(lambda: r'red \x1b[2J\nforged' in log())
    assert '\x1b[2J' not in log()


def on_terminal(robot, columns: int, *words: str, **environment: str) -> tuple[int, str]:
    """Return what `ren` shows on a terminal so wide."""
    master, terminal = pty.openpty()
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack('HHHH', 24, columns, 0, 0))
    own = {name: value for name, value in robot.environment.items() if name != 'COLUMNS'}
    process = subprocess.Popen(
        robot.words(*words),
        env={**own, 'TERM': 'xterm', **environment},
        stdin=terminal,
        stdout=terminal,
        stderr=terminal,
    )
    os.close(terminal)
    shown = b''
    with contextlib.suppress(OSError):  # it has ended
        while True:
            shown += os.read(master, 65_536)
    os.close(master)
    return process.wait(30.0), shown.decode()


@pytest.mark.parametrize('columns', [40, 80])
def test_a_terminal_of_any_width_without_utf_8_is_fit_to_read(robot, columns):
    plain = {'LC_ALL': 'C', 'PYTHONUTF8': '0', 'PYTHONCOERCECLOCALE': '0'}
    code, shown = on_terminal(robot, columns, 'run', *DRIVE, **plain)
    assert code == 0
    lines = re.split(r'[\r\n]+', shown)
    assert any(each.startswith('EXECUTING') for each in lines)
    assert [each for each in lines if each.startswith('EXECUTING') and len(each) >= columns] == []
    for words in (('list',), ('commands',), ('metrics',), ('--help',)):
        code, shown = on_terminal(robot, columns, *words, **plain)
        assert code == 0
        assert 'Traceback' not in shown
        shown.encode('ascii')
    code, shown = on_terminal(robot, columns, 'list', **plain)
    assert max(len(each) for each in re.sub('\033.*?m', '', shown).splitlines()) <= 100


def test_watch_shows_what_runs_and_keys_act(robot):
    master, terminal = pty.openpty()
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack('HHHH', 24, 80, 0, 0))
    watch = subprocess.Popen(
        robot.words('watch'),
        env={**robot.environment, 'TERM': 'xterm'},
        stdin=terminal,
        stdout=terminal,
        stderr=terminal,
    )
    robot._processes.append(watch)
    os.close(terminal)
    os.set_blocking(master, False)
    screen = bytearray()

    def is_shown(word: str) -> bool:
        with contextlib.suppress(OSError):
            screen.extend(os.read(master, 1 << 20))
        return word.encode() in screen

    def press(key: bytes, has_worked: Callable[[], object]) -> None:
        """Press it as a person does: once more where the screen says that nobody has answered."""
        while not has_worked():
            screen.clear()
            os.write(master, key)
            robot.spin_until(lambda: has_worked() or is_shown('801: '))

    robot.spin_until(lambda: is_shown('READY'))
    process = robot.begun('run', *LONG)
    robot.spin_until(lambda: is_shown('running  tick-'))
    os.write(master, b'c')
    assert robot.ended(process)[0] == 5
    press(b'p', lambda: robot.statuses[-1].pause_reason)
    robot.spin_until(lambda: is_shown('paused: '))
    press(b'p', lambda: not robot.statuses[-1].pause_reason)
    stops = robot.e_stop_states[-1].stop_count
    press(b's', lambda: robot.e_stop_states[-1].stop_count > stops)
    os.write(master, b'q')
    robot.spin_until(lambda: is_shown('\033[?1049l') and watch.poll() is not None)
    os.close(master)
    assert watch.returncode == 0
    assert b'Traceback' not in screen


def test_watch_without_a_terminal_says_what_programs_use(robot):
    assert 'ren events --follow' in robot.ren('watch', code=2)
