"""The stage of the story: a fleet that `ren up` has started, its database, and who asks of it."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg2
import rclpy
from nav_msgs.msg import Odometry
from rclpy.executors import SingleThreadedExecutor
from rclpy.qos import qos_profile_sensor_data
from std_msgs.msg import Bool
from std_srvs.srv import Trigger
from story_script import HAS, Asked

from orchestrator_ren.cli.up.database import Database, own_database
from orchestrator_ren.ros import qos
from orchestrator_ren.srv import (
    ChangeQueue,
    CreateTicket,
    DeclareStopped,
    ListRobots,
    ListTickets,
)

READY_S = 60.0
"""Longest wait for the fleet, and for what a scene comes to [s]."""

LEASE_S = 5.0
"""The shortest there is: so soon a robot that was killed counts as gone [s]."""

AT_LEAST_M = 0.01
"""From one point of a way to the next [m]."""

Way = list[tuple[float, float]]


class Server:
    """The PostgreSQL server of the fleet."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return self._database.url

    def start(self) -> None:
        """Start it, and return once it answers."""
        part = self._database.part(len(HAS))
        self._process = subprocess.Popen(
            part.command, user=part.user or None, stderr=subprocess.DEVNULL
        )
        _until(self._answers)

    def stop(self) -> None:
        """End it; whoever is connected is not asked."""
        if self._process is not None:
            self._process.send_signal(signal.SIGINT)
            self._process.wait()

    def _answers(self) -> bool:
        try:
            psycopg2.connect(self.url.replace('+psycopg2', '')).close()
        except psycopg2.OperationalError:
            return False
        return True


class Fleet:
    """Robots of `ren up`, and the programs of each."""

    def __init__(self, url: str, folder: Path) -> None:
        self._log = folder / 'up.log'
        parameters = folder / 'fleet.yaml'
        parameters.write_text(
            f'/**/orchestrator: {{ros__parameters: {{lease_s: {LEASE_S}}}}}\n'
            + ''.join(
                f'/{name}/orchestrator: {{ros__parameters: {{capabilities: "{" ".join(has)}"}}}}\n'
                for name, has in HAS.items()
            )
        )
        words = ['--fleet', str(len(HAS)), '--store', url, '--params-file', str(parameters)]
        with self._log.open('wb') as log:
            self._process = subprocess.Popen(
                ['ren', 'up', *words], stdout=log, stderr=subprocess.STDOUT
            )

    @property
    def log(self) -> str:
        return self._log.read_text()

    @property
    def is_ready(self) -> bool:
        """Whether each robot has said so.

        Raises:
            RuntimeError: The fleet has ended.
        """
        if self._process.poll() is not None:
            raise RuntimeError(self.log)
        return self.log.count('| READY') == len(HAS)

    def kill(self, name: str) -> None:
        """End the programs of a robot at once, as if its computer had lost its power."""
        for number in self._programs(name):
            os.kill(number, signal.SIGKILL)

    def end(self) -> int:
        """End it in order; return the exit code."""
        self._process.send_signal(signal.SIGINT)
        return self._process.wait()

    def _programs(self, name: str) -> Iterator[int]:
        mine = Path(f'/proc/{self._process.pid}/task/{self._process.pid}/children').read_text()
        for number in mine.split():
            words = Path(f'/proc/{number}/cmdline').read_text().split('\0')
            if f'__ns:=/{name}' in words:
                yield int(number)


class Desk:
    """Asks of the robots, and watches where they drive.

    Attributes:
        ways: Of each robot [m, m].
    """

    def __init__(self) -> None:
        rclpy.init()
        self._node = rclpy.create_node('desk')
        self._executor = SingleThreadedExecutor()
        self._executor.add_node(self._node)
        self._clients: dict[str, Any] = {}
        self.ways: dict[str, Way] = {name: [] for name in HAS}
        self._speeds_mps = dict.fromkeys(HAS, 0.0)
        self._buttons = {
            name: self._node.create_publisher(Bool, f'/{name}/e_stop', qos.LATCHED) for name in HAS
        }
        for name in HAS:
            self._node.create_subscription(
                Odometry, f'/{name}/odom', self._hearing(name), qos_profile_sensor_data
            )

    def close(self) -> None:
        self._executor.shutdown()
        self._node.destroy_node()
        rclpy.try_shutdown()

    def until(self, condition: Callable[[], Any], timeout_s: float = READY_S) -> bool:
        """Return whether the condition came to hold in time."""
        until_mono_s = time.monotonic() + timeout_s
        while not condition():
            if time.monotonic() > until_mono_s:
                return False
            self._executor.spin_once(timeout_sec=0.05)
        return True

    def is_moving(self, name: str) -> bool:
        return self._speeds_mps[name] > 0.1

    def create(self, ticket: Asked, at: str) -> str:
        """Ask for a ticket and its execution, at the orchestrator of a robot; return its id."""
        way = f'speed: {ticket.speed_mps}, duration_seconds: {ticket.way_m / ticket.speed_mps}'
        answer = self._call(
            CreateTicket, at, 'create_ticket',
            command='drive' if ticket.way_m else 'scan',
            params=f'{{direction: {ticket.turn_deg}, {way}}}' if ticket.way_m else '',
            robot=ticket.robot, capabilities=sorted(ticket.needs),
            metadata=f'{{name: "{ticket.name}"}}', request_id=ticket.name, queue=True,
        )  # fmt: skip
        return str(answer.ticket.id)

    def tickets(self, at: str = 'r1') -> list[Any]:
        """Return all tickets of the store, as a robot's orchestrator has them."""
        return list(self._call(ListTickets, at, 'list_tickets', robot='*', limit=1000).tickets)

    def robot(self, name: str, at: str = 'r1') -> Any:
        """Return a robot as the store has it."""
        robots = self._call(ListRobots, at, 'list_robots').robots
        return next(each for each in robots if each.name == name)

    def press(self, name: str) -> None:
        """Press the button of a robot."""
        self._buttons[name].publish(Bool(data=True))

    def reset(self, name: str) -> None:
        """Release the button, and reset."""
        self._buttons[name].publish(Bool(data=False))
        self.until(lambda: self._call(Trigger, name, 'reset_e_stop', must=False).success)

    def resume(self, name: str) -> None:
        """Let the queue of a robot go on."""
        self._call(ChangeQueue, name, 'resume_queue')

    def declare_stopped(self, name: str, at: str = 'r1') -> list[str]:
        """Say that a robot stands, which nobody reaches; return the tickets that are FAILED."""
        answer = self._call(
            DeclareStopped, at, 'declare_stopped', robot=name, requested_by='who has seen it'
        )
        return list(answer.ticket_ids)

    def _hearing(self, name: str) -> Callable[[Odometry], None]:
        def hear(message: Odometry) -> None:
            position, twist = message.pose.pose.position, message.twist.twist.linear
            self._speeds_mps[name] = (twist.x**2 + twist.y**2) ** 0.5
            way, here = self.ways[name], (position.x, position.y)
            if (
                not way
                or (way[-1][0] - here[0]) ** 2 + (way[-1][1] - here[1]) ** 2 > AT_LEAST_M**2
            ):
                way.append(here)

        return hear

    def _call(
        self, kind: Any, at: str, service: str, /, *, must: bool = True, **fields: Any
    ) -> Any:
        """Return the answer; again where none comes, which all of these may be asked.

        Raises:
            RuntimeError: There is no answer, or a refusal that must not be.
        """
        name = f'/{at}/{service}'
        if name not in self._clients:
            self._clients[name] = self._node.create_client(kind, name)
        client, asked = self._clients[name], list[Any]()
        self.until(client.service_is_ready)

        def answered() -> bool:
            if not asked or time.monotonic() - asked[-1][0] > 2.0:
                asked.append((time.monotonic(), client.call_async(kind.Request(**fields))))
            return any(future.done() for _, future in asked)

        if not self.until(answered):
            raise RuntimeError(f'{name} does not answer')
        answer = next(future for _, future in asked if future.done()).result()
        if must and not answer.success:
            raise RuntimeError(f'{name} with {fields}: {answer.message}')
        return answer


@contextlib.contextmanager
def stage() -> Iterator[tuple[Server, Fleet, Desk]]:
    """Have a server, a fleet on it that is ready, and a desk; all ends at the end."""
    folder = Path(tempfile.mkdtemp(prefix='story'))
    folder.chmod(0o755)  # PostgreSQL may run as somebody else
    os.environ['ROS_HOME'] = str(folder)
    database = own_database()
    database.make()
    server = Server(database)
    with contextlib.ExitStack() as ends:
        ends.callback(shutil.rmtree, folder, ignore_errors=True)
        ends.callback(server.stop)
        server.start()
        fleet = Fleet(server.url, folder)
        ends.callback(fleet.end)
        desk = Desk()
        ends.callback(desk.close)
        if not desk.until(lambda: fleet.is_ready):
            raise RuntimeError(fleet.log)
        yield server, fleet, desk


def _until(condition: Callable[[], bool]) -> None:
    until_mono_s = time.monotonic() + READY_S
    while not condition():
        if time.monotonic() > until_mono_s:
            raise RuntimeError('the server does not answer')
        time.sleep(0.05)
