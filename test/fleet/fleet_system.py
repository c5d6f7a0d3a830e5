"""Orchestrators of a fleet as processes, a server for them, and this process beside them."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ament_index_python.packages import get_package_prefix

from orchestrator_ren.ros.executor import CachedExecutor

from ..postgres.proxy import Proxy
from ..postgres.server import Server
from .robot_seen import RobotSeen

PROGRAM = Path(__file__).with_name('fleet_orchestrator.py')
LEASE_S = 5.0
TAKEOVER_LIMIT_S = LEASE_S + LEASE_S / 5 + 1.0
"""From the death of an orchestrator to the first word of the one that has taken over [s]."""

USER, PASSWORD = 'ren', 'secret'
CAPABILITIES = {'r1': 'camera', 'r2': 'lift,fork', 'r3': 'lift,arm'}
WAIT_S = 25.0
ASK_AGAIN_S = 1.0
"""A server that is new may not hear the first request [s]."""


@dataclass
class Life:
    """A process of an orchestrator, on a machine of its own: it has its own ROS_HOME."""

    robot: str
    machine: Path
    process: subprocess.Popen[bytes]
    log_from: int
    began_at_mono_s: float = field(default_factory=time.monotonic)

    def kill_at(self, point: str, passings: int = 1) -> None:
        """Let it die there."""
        self._point_file.write_text(f'{point} {passings}')

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def freeze(self) -> None:
        self.process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self.process.send_signal(signal.SIGCONT)

    @property
    def is_over(self) -> bool:
        return self.process.poll() is not None

    @property
    def log(self) -> str:
        return (self.machine / 'printed').read_bytes()[self.log_from :].decode()

    @property
    def _point_file(self) -> Path:
        return self.machine / 'point'


class FleetSystem:
    """Three robots on one server behind a network that can be cut.

    Attributes:
        server: As given.
        network: As given.
        robots: By name.
        lives: The orchestrator of each robot, by name.
    """

    def __init__(
        self,
        context: Any,
        domain_id: int,
        namespace: str,
        folder: Path,
        server: Server,
        network: Proxy,
    ) -> None:
        self.server, self.network = server, network
        self._namespace, self._folder = namespace, folder
        self._database = server.make_database(owner=USER)
        self._password_file = folder / 'pgpass'
        self.set_known_password(PASSWORD)
        self._environment = {
            **os.environ,
            'ROS_DOMAIN_ID': str(domain_id),
            'PGPASSFILE': str(self._password_file),
        }
        self._processes: list[subprocess.Popen[bytes]] = []
        self.lives: dict[str, Life] = {}
        self.executor = CachedExecutor(context=context)
        self.robots: dict[str, RobotSeen] = {}
        self._context = context

    @property
    def url(self) -> str:
        """Of the database, for an administrator, not through the network."""
        return self.server.url(self._database)

    def set_known_password(self, password: str) -> None:
        """Write the file in which the orchestrators look for it."""
        self._password_file.write_text(f'127.0.0.1:*:*:{USER}:{password}\n')
        self._password_file.chmod(0o600)

    def add_robot(self, name: str) -> RobotSeen:
        seen = self.robots[name] = RobotSeen(name, self._context, self._namespace)
        self.executor.add_node(seen.node)
        return seen

    def start_gate(self, robot: str) -> None:
        path = Path(get_package_prefix('orchestrator_ren'), 'lib/orchestrator_ren/cmd_vel_gate')
        self._start([str(path)], robot, self._machine(f'{robot}-gate'), {})

    def start(
        self, robot: str, machine: str = '', clock_s: float = 0.0, **parameters: Any
    ) -> Life:
        """Start an orchestrator of a robot; on the machine of that name, if not on the robot's."""
        folder = self._machine(machine or robot)
        (folder / 'point').unlink(missing_ok=True)
        values = {
            'store_url': self.server.tcp_url(self._database, USER, port=self.network.port),
            'robot_name': robot,
            'capabilities': CAPABILITIES.get(robot, 'nothing'),
            'lease_s': LEASE_S,
            'gate': 'in_process',
            'acceleration_mps2': 2.0,
            **parameters,
        }
        more = {'FLEET_POINT': str(folder / 'point'), 'FLEET_CLOCK_S': str(clock_s)}
        program = [sys.executable, str(PROGRAM)]
        log = folder / 'printed'
        log_from = log.stat().st_size if log.exists() else 0
        return Life(robot, folder, self._start(program, robot, folder, values, more), log_from)

    def _machine(self, name: str) -> Path:
        folder = self._folder / name
        folder.mkdir(exist_ok=True)
        return folder

    def _start(
        self,
        program: list[str],
        robot: str,
        machine: Path,
        parameters: dict[str, Any],
        more: dict[str, str] | None = None,
    ) -> subprocess.Popen[bytes]:
        words = ['--ros-args', '-r', f'__ns:=/{self._namespace}/{robot}']
        for item in parameters.items():
            words += ['-p', '{}:={}'.format(*item)]
        with (machine / 'printed').open('ab') as log:
            process = subprocess.Popen(
                [*program, *words],
                stdout=log,
                stderr=subprocess.STDOUT,
                env={**self._environment, 'ROS_HOME': str(machine), **(more or {})},
            )
        self._processes.append(process)
        return process

    # This process.

    def spin_until(self, condition: Callable[[], Any], timeout_s: float = WAIT_S) -> Any:
        """Run callbacks until the condition holds; its value is returned."""
        deadline_mono_s = time.monotonic() + timeout_s
        while not (value := condition()):
            assert time.monotonic() < deadline_mono_s, f'timed out\n{self._last_words()}'
            self.executor.spin_once(timeout_sec=0.02)
        return value

    def spin_for(self, duration_s: float) -> None:
        """Run callbacks for a time in which something must not happen."""
        until_mono_s = time.monotonic() + duration_s
        self.spin_until(lambda: time.monotonic() >= until_mono_s, duration_s + WAIT_S)

    def beside(self, call: Callable[[], None]) -> None:
        """Make a call that takes its time in another thread, and run callbacks meanwhile."""
        thread = threading.Thread(target=call, daemon=True)
        thread.start()
        self.spin_until(lambda: not thread.is_alive())

    def ask(
        self,
        robot: str,
        name: str,
        timeout_s: float = WAIT_S,
        is_wanted: Callable[[], bool] = lambda: True,
        /,
        **fields: Any,
    ) -> Any:
        """Return the answer; None = there was none in time, or while it was wanted.

        It may be asked several times.
        """
        client = self.robots[robot].clients[name]
        asked: list[tuple[float, Any]] = []

        def answered() -> Any:
            if not asked or time.monotonic() - asked[-1][0] > ASK_AGAIN_S:
                asked.append((time.monotonic(), self.send(robot, name, **fields)))
            return next((each for _, each in asked if each.done()), None)

        until_mono_s = time.monotonic() + timeout_s
        self.spin_until(
            lambda: answered() or not is_wanted() or time.monotonic() > until_mono_s,
            timeout_s + WAIT_S,
        )
        if found := answered():
            return found.result()
        for _, each in asked:
            client.remove_pending_request(each)
        return None

    def send(self, robot: str, name: str, /, **fields: Any) -> Any:
        """Send a request once; return the future of its answer."""
        client = self.robots[robot].clients[name]
        return client.call_async(client.srv_type.Request(**fields))

    def _last_words(self) -> str:
        return '\n'.join(
            f'{path.parent.name}:\n{path.read_text()[-1500:]}'
            for path in sorted(self._folder.glob('*/printed'))
        )

    def close(self) -> None:
        for process in self._processes:
            process.kill()
        for process in self._processes:
            process.wait()
        self.executor.shutdown()
        for seen in self.robots.values():
            seen.node.destroy_node()
