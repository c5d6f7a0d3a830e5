"""`ren up --fleet`: robots in one world on a database of their own, ended in order, all of it."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

rclpy = pytest.importorskip('rclpy')
psycopg2 = pytest.importorskip('psycopg2')

from geometry_msgs.msg import Twist
from rclpy.executors import SingleThreadedExecutor
from rclpy.qos import QoSProfile

from orchestrator_ren.cli.up.database import own_database
from orchestrator_ren.client import TicketClient
from orchestrator_ren.errors import OrchestratorError

from .test_up import REN, children, is_there

NAMES = ('r1', 'r2', 'r3')
SERVED = """
import os, sys
from orchestrator_ren.cli.up.database import own_database
from orchestrator_ren.cli.up.supervisor import Supervisor
database = own_database()
database.make()
sys.exit(Supervisor(1, False).run([database.part(3)], dict(os.environ)))
"""
UP_S = 60.0


@pytest.fixture
def home(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder for ROS that everybody may enter, and whose name is short enough for a socket."""
    made = Path(tempfile.mkdtemp(prefix='ren'))
    made.chmod(0o755)
    monkeypatch.setenv('ROS_HOME', str(made))
    try:
        own_database()
    except OrchestratorError as error:
        pytest.skip(str(error))
    yield made
    shutil.rmtree(made)


def until(condition: Callable[[], Any], timeout_s: float = UP_S) -> Any:
    """Return the condition's value once it holds."""
    until_mono_s = time.monotonic() + timeout_s
    while not (value := condition()):
        assert time.monotonic() < until_mono_s, 'timed out'
        time.sleep(0.05)
    return value


@pytest.fixture
def started() -> Iterator[list[subprocess.Popen[Any]]]:
    """Processes that are told to end at the end."""
    made: list[subprocess.Popen[Any]] = []
    yield made
    for each in made:
        each.terminate()
        each.wait()


def serve(started: list[subprocess.Popen[Any]]) -> subprocess.Popen[Any]:
    """Run the server alone, as `ren up` does."""
    process = subprocess.Popen([sys.executable, '-c', SERVED])
    started.append(process)
    return process


def asked(statement: str) -> list[tuple[Any, ...]]:
    """Return the rows of a statement, once the server takes it."""

    def answer() -> list[list[tuple[Any, ...]]]:
        try:
            connection = psycopg2.connect(own_database().url.replace('+psycopg2', ''))
        except psycopg2.OperationalError:
            return []
        with connection, connection.cursor() as cursor:
            cursor.execute(statement)
            rows = cursor.fetchall() if cursor.description else []
        connection.close()
        return [rows]

    return list(until(answer)[0])


def test_what_the_server_holds_stays_for_the_next_time(home, started) -> None:
    process = serve(started)
    asked('CREATE TABLE kept AS SELECT 7 AS number')
    process.send_signal(signal.SIGINT)
    assert process.wait(20.0) == 0
    serve(started)
    assert asked('SELECT number FROM kept') == [(7,)]


def test_the_server_is_reached_by_its_socket_only_which_nobody_else_may_enter(home, started):
    serve(started)
    assert asked('SHOW listen_addresses') == [('',)]
    assert own_database().folder.stat().st_mode & 0o777 == 0o700


def test_who_looks_at_the_database_does_not_keep_it_from_its_end(home, started) -> None:
    process = serve(started)
    asked('SELECT 1')
    looking = psycopg2.connect(own_database().url.replace('+psycopg2', ''))
    process.send_signal(signal.SIGTERM)
    assert process.wait(20.0) == 0
    looking.close()


def test_no_server_is_left_behind_where_ren_up_is_killed(home, started) -> None:
    """As `nobody` it has other rights than who started it."""
    process = serve(started)
    asked('SELECT 1')
    [server] = children(process.pid)
    process.kill()
    until(lambda: not is_there(server), 20.0)


class FleetUp:
    """A fleet that `ren up` has started, and what is said on its topics."""

    def __init__(self, context: Any, domain_id: int, home: Path) -> None:
        self._log = home / 'up.log'
        self._domain_id = domain_id
        self._environment = {**os.environ, 'ROS_DOMAIN_ID': str(domain_id)}
        self.executor = SingleThreadedExecutor(context=context)
        self.node = rclpy.create_node('watcher', context=context)
        self.executor.add_node(self.node)
        self.twists: dict[str, list[Twist]] = {name: [] for name in NAMES}
        for name, seen in self.twists.items():
            self.node.create_subscription(
                Twist, f'/{name}/cmd_vel', seen.append, QoSProfile(depth=1000)
            )

    def up(self) -> subprocess.Popen[Any]:
        """Start it; return once each robot is READY."""
        with self._log.open('wb') as log:
            self.supervisor = subprocess.Popen(
                [REN, 'up', '--fleet', '3', '--world', 'empty'],
                stdout=log,
                stderr=subprocess.STDOUT,
                env=self._environment,
            )
        self.spin_until(
            lambda: self.log.count('/ren          | READY') == 3 or self.supervisor.poll()
        )
        assert self.supervisor.poll() is None, self.log
        return self.supervisor

    @property
    def log(self) -> str:
        return self._log.read_text()

    def process_of(self, name: str) -> int:
        """Return the process of a robot's orchestrator."""
        for number in children(self.supervisor.pid):
            words = Path(f'/proc/{number}/cmdline').read_bytes().decode().split('\0')
            if words[1].endswith('/orchestrator') and f'__ns:=/{name}' in words:
                return number
        raise LookupError(name)

    def drive(self, *names: str) -> None:
        """Let them drive, for long."""
        for name in names:
            with TicketClient(name, timeout_s=20.0, domain_id=self._domain_id) as robot:
                ticket = robot.create('drive', speed=1.0, duration_seconds=60)
                robot.queue(ticket)
        self.spin_until(lambda: all(self.speed_mps(name) > 0.5 for name in names))

    def speed_mps(self, name: str) -> float:
        return float(self.twists[name][-1].linear.x) if self.twists[name] else 0.0

    def spin_until(self, condition: Callable[[], Any], timeout_s: float = UP_S) -> None:
        until_mono_s = time.monotonic() + timeout_s
        while not condition():
            assert time.monotonic() < until_mono_s, self.log
            self.executor.spin_once(timeout_sec=0.05)

    def ended(self) -> int:
        self.spin_until(lambda: self.supervisor.poll() is not None, 30.0)
        return int(self.supervisor.returncode)

    def close(self) -> None:
        self.supervisor.terminate()
        self.supervisor.wait()
        self.executor.shutdown()
        self.node.destroy_node()


@pytest.fixture
def fleet(context, domain_id, home) -> Iterator[FleetUp]:
    made = FleetUp(context, domain_id, home)
    yield made
    made.close()


@pytest.mark.alone  # seven programs that must keep their periods
@pytest.mark.parametrize('number', [signal.SIGINT, signal.SIGHUP])
def test_a_signal_ends_all_drives_in_zero_and_the_server_last(fleet, number) -> None:
    fleet.up()
    parts = children(fleet.supervisor.pid)
    fleet.drive(*NAMES)
    fleet.supervisor.send_signal(number)
    assert fleet.ended() == 0, fleet.log
    assert not any(is_there(each) for each in parts)
    assert all(fleet.speed_mps(name) == 0.0 for name in NAMES)
    assert fleet.log.count('service_stopped') == 3, 'each could write its end'
    assert 'Traceback' not in fleet.log


@pytest.mark.alone
def test_a_robot_that_is_lost_is_ended_and_the_others_drive_on(fleet) -> None:
    fleet.up()
    fleet.drive(*NAMES)
    os.kill(fleet.process_of('r2'), signal.SIGKILL)
    fleet.spin_until(lambda: 'what is left of r2 is ended' in fleet.log)
    fleet.spin_until(lambda: fleet.speed_mps('r2') == 0.0)
    assert min(fleet.speed_mps('r1'), fleet.speed_mps('r3')) > 0.5
    fleet.supervisor.send_signal(signal.SIGTERM)
    assert fleet.ended() == 4
    assert fleet.speed_mps('r1') == fleet.speed_mps('r3') == 0.0


@pytest.mark.alone
def test_no_orphan_survives_a_kill_of_ren_up_and_all_drives_end_in_zero(fleet) -> None:
    fleet.up()
    parts = children(fleet.supervisor.pid)
    fleet.drive('r1', 'r3')
    fleet.supervisor.kill()
    fleet.spin_until(lambda: not any(is_there(each) for each in parts), 20.0)
    assert fleet.speed_mps('r1') == fleet.speed_mps('r3') == 0.0
