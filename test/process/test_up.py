"""`ren up`: the programs of a robot, started together, ended in order, orphaned never."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from ament_index_python.packages import get_package_prefix

from .conftest import System

REN = str(Path(get_package_prefix('orchestrator_ren'), 'bin', 'ren'))
PARTS = ('orchestrator', 'sim_robot', 'cmd_vel_gate')
SUPERVISED = """
import json, os, signal, sys
from orchestrator_ren.cli.up import supervisor
from orchestrator_ren.cli.up.part import Part
supervisor.PATIENCE_S = float(sys.argv[2])
if sys.argv[3]:  # somebody ends it as soon as it has said so
    say = supervisor.Supervisor._say
    def say_and_end(self, text):
        say(self, text)
        if sys.argv[3] in text:
            signal.raise_signal(signal.SIGTERM)
    supervisor.Supervisor._say = say_and_end
parts = [
    Part(name, (sys.executable, '-u', '-c', code), robot=name.rpartition('/')[0])
    for name, code in json.loads(sys.argv[1])
]
sys.exit(supervisor.Supervisor(1, False).run(parts, dict(os.environ)))
"""
SLEEPS = 'import time; print("up"); time.sleep(60)'
STAYS = 'import time; print("up")\nwhile True: time.sleep(60)'
STUBBORN = f'import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); {SLEEPS}'
TELLS = (
    'import signal, sys, time\n'
    'signal.signal(signal.SIGTERM, lambda *_: (print("told"), sys.exit(0)))\n'
    'print("up"); time.sleep(60)'
)


class Up(System):
    """A robot that `ren up` has started."""

    def up(self, *words: str) -> subprocess.Popen[bytes]:
        """Start it, and return once it says that it is ready."""
        with (self._tmp_path / 'up.log').open('wb') as log:
            self.supervisor = subprocess.Popen(
                [REN, '-n', self._namespace, 'up', '--sim', '--world', 'empty', *words],
                stdout=log,
                stderr=subprocess.STDOUT,
                env=self.environment,
            )
        self._processes.append(self.supervisor)
        self.spin_until(lambda: 'ren          | READY' in self.log('up'), 40.0)
        return self.supervisor

    @property
    def parts(self) -> dict[str, int]:
        """The process of each program."""
        found = {}
        for number in children(self.supervisor.pid):
            words = Path(f'/proc/{number}/cmdline').read_bytes().decode().split('\0')
            found |= {
                Path(each).name: number for each in words if '/lib/orchestrator_ren/' in each
            }
        return found

    def drive(self) -> None:
        """Let it drive, for long."""
        self.spin_until(self.action.server_is_ready)
        self.drive_until_moving()

    def ended(self, timeout_s: float = 20.0) -> int:
        """Return the exit code of `ren up`."""
        self.spin_until(lambda: self.supervisor.poll() is not None, timeout_s)
        return self.supervisor.returncode


def children(number: int) -> list[int]:
    text = Path(f'/proc/{number}/task/{number}/children').read_text()
    return [int(each) for each in text.split()]


def is_there(number: int) -> bool:
    """Whether the process runs; one that has ended and waits to be reaped does not."""
    try:
        return Path(f'/proc/{number}/stat').read_text().rpartition(')')[2].split()[0] != 'Z'
    except FileNotFoundError:
        return False


@pytest.fixture
def robot(context, domain_id, namespace, tmp_path):
    made = Up(context, domain_id, namespace, tmp_path)
    yield made
    made.close()


@pytest.mark.parametrize('number', [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGTSTP])
def test_a_signal_ends_all_of_it_in_order_and_the_drive_in_zero(robot, number):
    robot.up()
    parts = robot.parts
    assert set(parts) == set(PARTS)
    robot.drive()
    robot.supervisor.send_signal(number)
    assert robot.ended() == 0, robot.log('up')
    assert not any(is_there(each) for each in parts.values())
    assert abs(robot.cmd_vel[-1].linear.x) == 0.0
    log = robot.log('up')
    assert 'service_stopped' in log
    assert 'execution_failed' in log or 'execution_cancelled' in log
    assert 'Traceback' not in log
    assert all(line.split(' | ')[0].strip() in (*PARTS, 'ren') for line in log.splitlines())


@pytest.mark.parametrize('victim', PARTS)
def test_if_one_dies_the_others_are_ended_and_it_is_told_which_with_its_last_lines(robot, victim):
    robot.up()
    parts = robot.parts
    os.kill(parts[victim], signal.SIGKILL)
    assert robot.ended() == 4
    assert not any(is_there(each) for each in parts.values())
    *_, told = robot.log('up').partition(f'{victim} was ended by SIGKILL; it said last:')
    assert f'[{victim}]' in told or f'.{victim}]' in told


def test_the_http_gateway_is_started_too_and_the_robot_goes_on_without_it(robot):
    robot.up('--http', '0')
    robot.spin_until(lambda: 'http://127.0.0.1:' in robot.log('up'))
    parts = robot.parts
    assert set(parts) == {*PARTS, 'http_gateway'}
    robot.drive()
    os.kill(parts['http_gateway'], signal.SIGKILL)
    robot.spin_until(lambda: 'ended by SIGKILL; the robot goes on' in robot.log('up'))
    assert robot.speed_mps > 0.3
    robot.supervisor.terminate()
    assert robot.ended() == 0, robot.log('up')


def test_no_orphan_survives_a_kill_of_ren_up_itself_and_the_drive_ends_in_zero(robot):
    robot.up()
    parts = robot.parts
    robot.drive()
    robot.supervisor.kill()
    robot.spin_until(lambda: not any(is_there(each) for each in parts.values()), 10.0)
    assert robot.cmd_vel[-1].linear.x == 0.0


def test_what_is_wrong_is_told_in_a_line_and_nothing_is_started(robot):
    for words, reason in (
        (['--http', '70000'], '--http is 70000; a port is 0 to 65535'),
        (['--params-file', '/nowhere.yaml'], '/nowhere.yaml: there is no such file'),
        (['--world', 'empty'], '--world is for --sim'),
        (['--store', 'sqlite:///x.db'], '--store is for --fleet'),
        (['--fleet', '0'], '--fleet is 0; it must be 1 to 64'),
        (['--fleet', '65'], '--fleet is 65; it must be 1 to 64'),
        (['--turtlesim'], 'turtlesim is not installed'),
    ):
        done = subprocess.run(
            [REN, 'up', *words], env=robot.environment, capture_output=True, text=True, timeout=30
        )
        assert done.returncode == 2
        assert reason in done.stderr
        assert len(done.stderr.splitlines()) == 1


def test_a_parameter_that_a_node_refuses_ends_it_with_that_line(robot, tmp_path):
    path = tmp_path / 'wrong.yaml'
    path.write_text('/**/cmd_vel_gate: {ros__parameters: {max_speed_mps: 9.0}}\n')
    done = subprocess.run(
        [REN, 'up', '--params-file', str(path)],
        env=robot.environment,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 4
    assert 'cmd_vel_gate has ended with exit code 1; it said last:' in done.stdout
    assert 'max_speed_mps' in done.stdout.splitlines()[-1]


def supervised(
    *parts: tuple[str, str], patience_s: float = 1.0, ends_at: str = ''
) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, '-c', SUPERVISED, json.dumps(parts), str(patience_s), ends_at],
        stdout=subprocess.PIPE,
        text=True,
    )
    for _ in parts:
        read_until(process, 'up')
    return process


def read_until(process: subprocess.Popen[str], word: str) -> None:
    """Read lines until one has that word."""
    assert process.stdout is not None
    while word not in process.stdout.readline():
        assert process.poll() is None


def test_a_program_that_does_not_end_is_killed_and_told():
    process = supervised(('mule', STUBBORN), ('sheep', TELLS))
    [mule, sheep] = children(process.pid)
    process.terminate()
    text, _ = process.communicate(timeout=20.0)
    assert process.returncode == 4
    assert 'mule has not ended within 1 s: it is killed' in text
    assert text.index('it is killed') < text.index('told'), 'the next is told only then'
    assert not is_there(mule)
    assert not is_there(sheep)


def test_those_of_one_kind_are_told_to_end_at_the_same_time_and_the_next_kind_only_then():
    """One after the other, the last robot of a fleet drove on until all before it had ended."""
    slow = TELLS.replace('print("told")', 'print("told"), time.sleep(0.5), print("gone")')
    names = ['r1/mule', 'r2/mule', 'r3/mule', 'r1/sheep']
    process = supervised(*((name, slow) for name in names))
    process.terminate()
    text, _ = process.communicate(timeout=20.0)
    assert process.returncode == 0, text
    said = [tuple(map(str.strip, line.split(' | '))) for line in text.splitlines()]
    mules = [(name, word) for word in ('told', 'gone') for name in names[:3]]
    assert sorted(said[:3]) == mules[:3], 'all were told before any had gone'
    assert sorted(said[3:6]) == mules[3:]
    assert said[6:] == [('r1/sheep', 'told'), ('r1/sheep', 'gone')]


def test_where_a_robot_loses_a_program_it_is_ended_and_the_others_go_on():
    process = supervised(
        ('r1/mule', TELLS),
        ('r2/mule', TELLS),
        ('world', TELLS),
        ('r1/dog', TELLS),
        ('r2/dog', TELLS),
    )
    [one, other, world, _, other_dog] = children(process.pid)
    os.kill(one, signal.SIGKILL)
    assert process.stdout is not None
    said = []
    while not said or 'told' not in said[-1]:
        said.append(process.stdout.readline())
    assert 'r1/mule was ended by SIGKILL; what is left of r1 is ended' in said[0]
    assert said[-1].startswith('r1/dog')
    assert [is_there(each) for each in (other, world, other_dog)] == [True] * 3
    process.terminate()
    text, _ = process.communicate(timeout=20.0)
    assert process.returncode == 4
    assert [line.split(' | ')[0].strip() for line in text.splitlines() if 'told' in line] == [
        'r2/mule', 'world', 'r2/dog',
    ]  # fmt: skip
    assert 'r1/mule was ended by SIGKILL; it said last:' in text


def test_nobody_drives_on_because_a_lost_robot_does_not_end():
    """Ctrl-C was heard only once the last program of the lost robot had been killed."""
    parts = ('r1/mule', TELLS), ('r2/mule', TELLS), ('r1/dog', STUBBORN)
    process = supervised(*parts, patience_s=5.0)
    os.kill(children(process.pid)[0], signal.SIGKILL)
    read_until(process, 'what is left of r1 is ended')
    process.terminate()
    text, _ = process.communicate(timeout=20.0)
    assert process.returncode == 4
    assert text.index('r2/mule | told') < text.index('r1/dog has not ended within 5 s')


def test_ctrl_c_in_the_moment_in_which_a_robot_is_lost_is_heard_by_the_others_at_once():
    """It was not, where it came before the supervisor had begun to wait for the lost one."""
    parts = ('r1/mule', TELLS), ('r2/mule', TELLS), ('r1/dog', STUBBORN)
    process = supervised(*parts, patience_s=5.0, ends_at='what is left of r1 is ended')
    os.kill(children(process.pid)[0], signal.SIGKILL)
    text, _ = process.communicate(timeout=20.0)
    assert process.returncode == 4
    assert text.index('r2/mule | told') < text.index('r1/dog has not ended within 5 s')


def test_ctrl_c_while_all_are_ended_leaves_nobody_to_himself():
    """The rest was waited for no longer, and neither killed nor told of."""
    hears = f'import signal; signal.signal(signal.SIGTERM, lambda *_: print("heard")); {STAYS}'
    process = supervised(('mule', TELLS), ('sheep', hears))
    [mule, sheep] = children(process.pid)
    os.kill(mule, signal.SIGKILL)
    read_until(process, 'heard')
    process.terminate()
    text, _ = process.communicate(timeout=20.0)
    assert process.returncode == 4
    assert 'sheep has not ended within 1 s: it is killed' in text
    assert not is_there(sheep)


def test_once_no_robot_is_left_what_they_shared_is_ended():
    process = supervised(('r1/mule', TELLS), ('r2/mule', TELLS), ('world', TELLS))
    for each in children(process.pid)[:2]:
        os.kill(each, signal.SIGKILL)
    text, _ = process.communicate(timeout=20.0)
    assert process.returncode == 4
    assert 'world   | told' in text


def test_where_what_all_share_dies_all_robots_are_ended():
    process = supervised(('r1/mule', TELLS), ('r2/mule', TELLS), ('world', TELLS))
    os.kill(children(process.pid)[2], signal.SIGKILL)
    text, _ = process.communicate(timeout=20.0)
    assert process.returncode == 4
    assert 'world was ended by SIGKILL; the others are ended' in text
    assert text.count('told') == 2


def test_nobody_stands_still_because_nobody_reads_what_it_says():
    """A gate whose log line found the pipe full would stop no robot."""
    talks = f'print("up")\nfor _ in range(100_000): print("x" * 100)\n{SLEEPS[13:]}'.replace(
        'print("up"); ', ''
    )
    done = f'import time\n{talks}'.replace('time.sleep(60)', 'open("done", "w"); time.sleep(60)')
    folder = Path(os.environ.get('TMPDIR', '/tmp'), f'talks_{os.getpid()}')
    folder.mkdir()
    process = subprocess.Popen(
        [sys.executable, '-c', SUPERVISED, json.dumps([('talker', done)]), '1', ''],
        stdout=subprocess.PIPE,
        cwd=folder,
        env={**os.environ, 'PYTHONPATH': os.pathsep.join(sys.path)},
    )
    until_mono_s = time.monotonic() + 30.0
    try:
        while not (folder / 'done').exists():
            assert time.monotonic() < until_mono_s
            time.sleep(0.05)
        process.terminate()
        assert process.wait(20.0) == 4, 'SIGTERM has ended it, which is no exit code 0'
    finally:
        process.kill()
        process.communicate()
        (folder / 'done').unlink(missing_ok=True)
        folder.rmdir()


def test_who_has_read_enough_ends_it():
    process = supervised(('sheep', 'import time\nwhile True: print("up"); time.sleep(0.01)'))
    assert process.stdout is not None
    process.stdout.close()
    assert process.wait(20.0) == 4
