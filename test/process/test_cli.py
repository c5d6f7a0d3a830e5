"""Each verb of `ren` against real nodes: what it prints, its exit code, its JSON."""

import contextlib
import fcntl
import importlib.metadata
import json
import os
import pty
import re
import signal
import struct
import subprocess
import sys
import termios
import time
from pathlib import Path

import pytest
from ament_index_python.packages import get_package_prefix
from geometry_msgs.msg import Twist
from std_msgs.msg import Bool

from orchestrator_ren.ros.discovery import VARIABLES
from orchestrator_ren.srv import ChangeQueue

from .conftest import System

REN = str(Path(get_package_prefix('orchestrator_ren'), 'bin', 'ren'))
DRIVE = ('drive', '--speed', '0.5', '--duration-seconds', '0.5')
LONG = ('drive', '--speed', '0.5', '--duration-seconds', '60')
SILENCE_S = 20.0
"""After which Fast DDS takes a process for gone that said nothing [s]."""


class Ren(System):
    """A robot, and `ren` to talk to it."""

    def words(self, *words: str) -> list[str]:
        return [REN, '-n', self._namespace, '--timeout', '10', *words]

    def ren(self, *words: str, code: int = 0, **environment: str) -> str:
        """Run it, and return what it prints."""
        done = subprocess.run(
            self.words(*words),
            env={**self.environment, **environment},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        said = done.stdout + done.stderr
        assert done.returncode == code, said
        assert 'Traceback' not in said
        return said

    def json(self, *words: str, code: int = 0):
        """Run it, and return the JSON that it prints."""
        return json.loads(self.ren(*words, '--json', code=code))

    def begun(self, *words: str) -> subprocess.Popen[str]:
        """Return it while it runs, once the robot moves."""
        process = subprocess.Popen(
            self.words(*words),
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self._processes.append(process)
        self.spin_until(lambda: self.speed_mps > 0.3)
        return process

    def ended(self, process: subprocess.Popen[str]) -> tuple[int, str]:
        self.spin_until(lambda: process.poll() is not None, 30.0)
        return process.returncode, ''.join(process.communicate())

    def at_standstill(self) -> None:
        self.spin_until(lambda: abs(self.speed_mps) < 0.01 and self.cmd_vel[-1] == Twist())


@pytest.fixture(scope='module')
def robot(context, domain_id, tmp_path_factory):
    folder = tmp_path_factory.mktemp('cli')
    made = Ren(context, domain_id, 'cli', folder)
    made.environment |= {'XDG_CACHE_HOME': str(folder / 'cache'), 'LOGNAME': 'ren_tester'}
    for each in ('FASTDDS_BUILTIN_TRANSPORTS', *VARIABLES.values()):
        made.environment.pop(each, None)  # as who types `ren` has it
    made.start_robot('external')
    yield made
    made.close()


@pytest.fixture(autouse=True)
def clean(robot):
    """What a test leaves behind, such as a latched e-stop, is not for the next one."""
    yield
    robot.e_stop.publish(Bool(data=False))
    robot.spin_until(lambda: not robot.e_stop_states[-1].topic_active)
    robot.reset_e_stop()
    robot.call(ChangeQueue, 'resume_queue')


def created(robot, *words) -> str:
    return robot.json('create', *(words or DRIVE))['id']


def test_create_says_the_ticket_and_who_asked_is_in_its_history(robot):
    said = robot.ren('create', *DRIVE, '--priority', 'high', '--metadata', '{for: test}')
    found = re.fullmatch(r'(tick-\d{8}-[0-9a-f]{8}) PENDING\n', said)
    assert found
    shown = robot.json('show', found[1])
    assert shown['ticket']['params'] == {
        'speed': 0.5, 'direction': 0.0, 'duration_seconds': 0.5
    }  # fmt: skip
    assert shown['ticket']['priority'] == 'high'
    assert shown['ticket']['metadata'] == {'for': 'test'}
    assert [each['requested_by'] for each in shown['history']] == ['ren_tester']


@pytest.mark.parametrize(
    ('words', 'reason'),
    [
        (('drive', '--speed', '9', '--duration-seconds', '1'), '--speed is 9; .* at most 3'),
        (('drive', '--duration-seconds', '1'), '--speed is missing'),
        (('drive', '--speed', 'fast', '--duration-seconds', '1'), "--speed is 'fast', which is"),
        (('drive', '--sped', '1'), 'unknown: --sped 1; did you mean --speed'),
        (('dance',), "'dance' is not known; known are: drive"),
        (('drive', '--params', '[1]'), 'is no object'),
        ((), 'which command'),
    ],
)
def test_what_the_schema_refuses_is_refused_before_anything_is_sent(robot, words, reason):
    before = len(robot.json('list', '--limit', '1000'))
    said = robot.ren('create', *words, code=2)
    assert re.search(reason, said)
    assert len(said.splitlines()) == 1
    told = robot.json('create', *words, code=2)
    assert told['error']['code'] == 704
    assert len(robot.json('list', '--limit', '1000')) == before


def test_help_of_create_has_the_parameters_of_the_command(robot):
    said = robot.ren('create', 'drive', '--help')
    assert '--duration-seconds SECONDS' in said
    assert 'at most 3' in ' '.join(said.split())
    assert '--speed' not in robot.ren('create', '--help')


def test_run_drives_and_says_how_it_ended(robot):
    said = robot.ren('run', *DRIVE)
    first, *_, last = said.splitlines()
    assert re.fullmatch(r'tick-\S+', first)
    assert last.startswith(f'{first} COMPLETED {{')
    assert 'EXECUTING' in said
    ticket = robot.json('run', *DRIVE)
    assert (ticket['status'], ticket['result']['distance_source']) == ('COMPLETED', 'odometry')


def test_create_with_run_is_run_and_with_queue_stays_for_nothing(robot):
    assert robot.json('create', *DRIVE, '--run')['status'] == 'COMPLETED'
    ticket = robot.json('create', *DRIVE, '--queue')
    assert ticket['status'] in ('QUEUED', 'EXECUTING')
    robot.spin_until(lambda: robot.get(ticket['id']).status == 'COMPLETED')


def test_execute_takes_a_part_of_an_id_and_refuses_what_has_ended(robot):
    ticket_id = created(robot)
    assert robot.ren('execute', ticket_id[-8:]).splitlines()[-1].startswith(ticket_id)
    said = robot.ren('execute', ticket_id, code=1)
    assert said.startswith('TicketFinished 204: ')
    assert robot.json('execute', ticket_id, code=1)['error']['code'] == 204
    assert robot.json('execute', ticket_id, '--force')['attempt'] == 2
    assert robot.json('execute', created(robot), '--dry-run')['result']['executed'] is False


def test_queue_puts_a_ticket_in_and_shows_why_it_waits(robot):
    robot.ren('pause')
    ticket_id = created(robot)
    assert robot.ren('queue', ticket_id) == f'{ticket_id} QUEUED\n'
    said = robot.ren('queue')
    assert said.startswith('paused: ')
    assert ticket_id in said
    shown = robot.json('queue')
    assert [each['ticket_id'] for each in shown['entries']] == [ticket_id]
    assert robot.json('show', ticket_id)['waits'].startswith('place 1: ')
    assert robot.ren('cancel', ticket_id, '--reason', 'seen enough') == (
        f'{ticket_id} CANCELLED: seen enough\n'
    )
    assert robot.json('queue')['entries'] == []
    robot.ren('resume')
    assert robot.ren('queue') == 'nothing waits\n'


def test_pause_and_resume_say_what_they_did(robot):
    assert 'paused' in robot.ren('pause')
    assert robot.json('status')['pause_reason']
    assert 'goes on' in robot.ren('resume')
    assert robot.json('status')['pause_reason'] == ''


def test_cancel_refuses_what_has_ended(robot):
    ticket_id = created(robot)
    assert robot.json('cancel', ticket_id)['status'] == 'CANCELLED'
    assert robot.json('cancel', ticket_id, code=1)['error']['code'] == 204


def test_list_has_filters_and_an_order(robot):
    ids = [created(robot) for _ in range(3)]
    assert [each['id'] for each in robot.json('list', '--limit', '3')] == ids[::-1]
    assert len(robot.json('list', '--oldest', '--limit', '2')) == 2
    assert robot.json('list', '--status', 'pending', '--command', 'scan') == []
    assert robot.json('list', '--until', '1h') == []
    said = robot.ren('list', '--since', '1h', '--limit', '1')
    assert said.splitlines()[0].split() == [
        'ID',
        'COMMAND',
        'STATUS',
        'CREATED',
        'PARAMS',
        'ERROR',
    ]
    assert ids[2] in said
    assert robot.ren('list', '--until', '1h') == 'no tickets\n'


def test_show_tells_of_an_id_that_is_unknown_or_ambiguous(robot):
    ids = [created(robot) for _ in range(2)]
    assert f'id           {ids[0]}' in robot.ren('show', ids[0][-8:])
    assert 'ticket_created' in robot.ren('show', ids[0])
    assert robot.json('show', 'zzz', code=1)['error']['code'] == 201
    assert robot.json('show', 'tick-20010101-00000000', code=1)['error']['code'] == 201
    said = robot.ren('show', 'tick-', code=1)
    assert said.startswith("TicketIdAmbiguous 803: 'tick-' fits several tickets: tick-")


def test_commands_are_shown_with_their_options(robot):
    assert {'drive', 'scan', 'stop'} <= {each['name'] for each in robot.json('commands')}
    assert '--duration-seconds' in robot.ren('commands', 'drive')
    assert robot.json('commands', 'dance', code=1)['error']['code'] == 101


def test_status_says_ready(robot):
    assert robot.ren('status', '--wait').startswith('READY\n')
    status = robot.json('status')
    assert (status['state'], status['hears_odometry']) == ('READY', True)


def test_stop_ends_a_motion_and_latches_nothing(robot):
    process = robot.begun('run', *LONG)
    assert robot.ren('stop').strip()
    code, said = robot.ended(process)
    assert code == 5, said
    assert 'CANCELLED' in said
    robot.at_standstill()
    assert robot.json('stop')['stopped'] is True
    assert robot.json('status')['state'] == 'READY'


def test_e_stop_latches_until_it_is_released_and_reset(robot):
    process = robot.begun('run', *LONG)
    assert robot.ren('e-stop').startswith('STOPPED: ')
    code, said = robot.ended(process)
    assert code == 4, said
    assert 'FAILED 501' in said
    assert robot.json('status', code=1)['state'] == 'STOPPED'
    refused = robot.ren('run', *DRIVE, code=1).splitlines()[-1]
    assert refused.startswith('EStopActive 501: ')
    assert refused.endswith('; see: ren reset --help')
    told = robot.json('reset', code=1)
    assert told['error']['code'] == 506, 'a button that somebody else has pressed stays pressed'
    assert robot.json('reset', '--release')['state'] == 'FREE'
    assert robot.ren('run', *DRIVE)


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


def test_events_are_told_from_any_number_on(robot):
    ticket_id = created(robot)
    lines = [json.loads(each) for each in robot.ren('events', '--json').splitlines()]
    assert (lines[-1]['ticket_id'], lines[-1]['type']) == (ticket_id, 'ticket_created')
    numbers = [each['number'] for each in lines]
    assert numbers == sorted(set(numbers))
    said = robot.ren('events', '--after', str(numbers[-2]))
    assert len(said.splitlines()) == 1
    assert ticket_id in said
    assert len(robot.ren('events', '--last', '2').splitlines()) == 2
    assert '--last' in robot.ren('events', '--last', '0', code=2)


def test_events_that_are_followed_come_as_they_happen_until_ctrl_c(robot):
    process = subprocess.Popen(
        robot.words('events', '--follow', '--after', '0', '--json'),
        env=robot.environment,
        stdout=subprocess.PIPE,
        text=True,
    )
    robot._processes.append(process)
    assert process.stdout is not None
    process.stdout.readline()
    ticket_id = created(robot)
    while json.loads(process.stdout.readline())['ticket_id'] != ticket_id:
        assert process.poll() is None
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=10.0)
    assert process.returncode == 0


def test_metrics_are_shown(robot):
    assert robot.json('metrics')['tickets.created']['value'] > 0
    assert 'tickets.created' in robot.ren('metrics')


def is_mapped(path: Path) -> bool:
    """Whether a process has the file: others may make some at the same time."""
    for maps in Path('/proc').glob('[0-9]*/maps'):
        with contextlib.suppress(OSError):
            if str(path) in maps.read_text():
                return True
    return False


def clients_seen(robot) -> set[str]:
    return {each for each in robot.client.get_node_names() if each.startswith('ticket_client')}


def says_goodbye(robot) -> bool:
    """Whether the next `ren` is seen while it runs, and no longer once it has ended."""
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
    return bool(mine) and not mine & clients_seen(robot)


def test_ren_says_goodbye_to_the_middleware(robot):
    """It ends without the end of the interpreter, and is not to be seen for 20 s as one killed.

    A goodbye is one datagram, which can be lost: so that of one of three has to arrive.
    """
    assert any(says_goodbye(robot) for _ in range(3))


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


def test_a_robot_that_is_not_there_is_told_with_those_that_are(robot):
    done = subprocess.run(
        [REN, '-n', 'nobody', '--timeout', '3', '--json', 'status'],
        env=robot.environment,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert done.returncode == 3
    told = json.loads(done.stdout)['error']
    assert told['code'] == 804
    assert '-n cli' in told['message']


def test_where_nobody_is_at_all_it_ends_within_the_timeout_and_says_what_to_look_at(robot):
    environment = {**robot.environment, 'ROS_DOMAIN_ID': '0', 'ROS_LOCALHOST_ONLY': '1'}
    began_mono_s = time.monotonic()
    done = subprocess.run(
        [REN, '-n', f'nobody_{os.getpid()}', '--timeout', '1', 'stop'],
        env={**environment, 'ROS_AUTOMATIC_DISCOVERY_RANGE': 'OFF'},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert done.returncode == 3
    assert time.monotonic() - began_mono_s < 10.0
    assert 'NotAnswered 801' in done.stderr
    assert 'ROS_DOMAIN_ID' in done.stderr


@pytest.mark.parametrize('verb', ['stop', 'doctor'])
def test_what_is_wrong_in_the_environment_is_named(verb):
    done = subprocess.run(
        [REN, verb],
        env={**os.environ, 'ROS_DOMAIN_ID': 'abc'},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert done.returncode == 2
    assert done.stderr.startswith("ConfigurationError 700: ROS_DOMAIN_ID is 'abc'; it must be")
    assert len(done.stderr.splitlines()) == 1


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

    robot.spin_until(lambda: is_shown('READY'))
    process = robot.begun('run', *LONG)
    robot.spin_until(lambda: is_shown('running  tick-'))
    os.write(master, b'c')
    assert robot.ended(process)[0] == 5
    os.write(master, b'p')
    robot.spin_until(lambda: robot.statuses[-1].pause_reason)
    robot.spin_until(lambda: is_shown('paused: '))
    os.write(master, b'p')
    robot.spin_until(lambda: not robot.statuses[-1].pause_reason)
    stops = robot.e_stop_states[-1].stop_count
    os.write(master, b's')
    robot.spin_until(lambda: robot.e_stop_states[-1].stop_count > stops)
    os.write(master, b'q')
    robot.spin_until(lambda: is_shown('\033[?1049l') and watch.poll() is not None)
    os.close(master)
    assert watch.returncode == 0
    assert b'Traceback' not in screen


def test_watch_without_a_terminal_says_what_programs_use(robot):
    assert 'ren events --follow' in robot.ren('watch', code=2)


ROS2CLI = '''
class CommandExtension:
    """A stand-in for that of ros2cli."""

    def add_arguments(self, parser, cli_name, *, argv=None):
        """Add none."""
'''
ROS2 = """
import argparse, importlib.metadata, sys
[entry] = importlib.metadata.entry_points(group='ros2cli.command', name='ticket')
extension = entry.load()()
from ros2cli.command import CommandExtension
assert isinstance(extension, CommandExtension), 'ros2cli would not take it'
parser = argparse.ArgumentParser(prog='ros2')
sub = parser.add_subparsers().add_parser('ticket', help=extension.__doc__.splitlines()[0])
extension.add_arguments(sub, 'ros2', argv=sys.argv[1:])
sys.exit(extension.main(parser=sub, args=parser.parse_args()))
"""


def ros2(robot, folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Do as ros2cli does with its extensions."""
    stand_in = folder / 'ros2cli' / 'command'
    stand_in.mkdir(parents=True, exist_ok=True)
    (stand_in / '__init__.py').write_text(ROS2CLI)
    (folder / 'ros2cli' / '__init__.py').write_text('')
    paths = os.pathsep.join([str(folder), os.environ.get('PYTHONPATH', '')])
    return subprocess.run(
        [sys.executable, '-c', ROS2, 'ticket', *words],
        env={**robot.environment, 'PYTHONPATH': paths},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_ros2_ticket_is_ren_by_the_entry_point_of_ros2cli(robot, tmp_path):
    done = ros2(robot, tmp_path, '-n', 'cli', 'status', '--json')
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)['state'] == 'READY'
    done = ros2(robot, tmp_path, 'create', *DRIVE, '-n', 'cli')
    assert 'PENDING' in done.stdout, done.stderr
    done = ros2(robot, tmp_path, 'show', 'zzz', '-n', 'cli')
    assert (done.returncode, 'TicketNotFound 201' in done.stderr) == (1, True)
    done = ros2(robot, tmp_path, '--help')
    assert 'press the e-stop' in done.stdout
    done = ros2(robot, tmp_path, 'stop', '--help')
    assert 'usage: ros2 ticket stop' in done.stdout


def test_the_entry_point_can_be_loaded_without_ros2cli():
    [entry] = importlib.metadata.entry_points(group='ros2cli.command', name='ticket')
    assert entry.load().__name__ == 'TicketCommand'


def test_ren_is_on_the_path_and_among_the_executables_of_the_package(robot):
    folder = Path(get_package_prefix('orchestrator_ren'))
    for path in (folder / 'bin' / 'ren', folder / 'lib' / 'orchestrator_ren' / 'ren'):
        done = subprocess.run(
            [path, '--version'], env=robot.environment, capture_output=True, text=True, check=True
        )
        assert re.match(r'ren \d+\.\d+\.\d+, rclpy \d', done.stdout)
    assert str(folder / 'bin') in os.environ['PATH'].split(os.pathsep)


def test_keys_are_made_and_removed_without_a_robot(robot):
    nobody = {'ROS_DOMAIN_ID': 'none'}  # no node could be made
    made = json.loads(robot.ren('key', 'add', 'anna', '--json', **nobody))
    assert re.fullmatch(r'ren_[A-Za-z0-9_-]{43}', made['key'])
    assert (made['name'], made['role']) == ('anna', 'operator')
    assert Path(made['keys_file']).stat().st_mode & 0o777 == 0o600
    listed = robot.ren('key', 'list', **nobody)
    assert re.search(r'anna +operator ', listed)
    assert made['key'] not in listed
    robot.ren('key', 'add', 'anna', code=2)
    robot.ren('key', 'remove', 'anna')
    assert robot.json('key', 'list') == []
    told = robot.json('key', 'remove', 'anna', code=2)
    assert told['error']['code'] == 706
