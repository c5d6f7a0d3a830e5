"""Real processes: the installed executables, started, signalled and watched from outside."""

import signal
import subprocess
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

rclpy = pytest.importorskip('rclpy')
pytest.importorskip('mujoco')

from geometry_msgs.msg import Twist
from nav_msgs.msg import Odometry
from rclpy.action import ActionClient
from rclpy.executors import SingleThreadedExecutor
from rclpy.qos import QoSProfile, qos_profile_sensor_data
from std_msgs.msg import Bool
from std_srvs.srv import Trigger

from orchestrator_ren.action import ExecuteTicket
from orchestrator_ren.msg import EStopState, OrchestratorStatus
from orchestrator_ren.ros import qos
from orchestrator_ren.srv import CancelTicket, ChangeQueue, CreateTicket, GetStatus, GetTicket

from ..programs import Programs

PRIVATE_ODOM = 'odom_of_the_recorder'

SERVICES = (
    (CreateTicket, 'create_ticket'),
    (GetTicket, 'get_ticket'),
    (CancelTicket, 'cancel_ticket'),
    (Trigger, 'reset_e_stop'),
)


class System(Programs):
    """Executables of the package, and a client and recorder in this process."""

    def __init__(self, context: Any, domain_id: int, namespace: str, tmp_path: Path) -> None:
        super().__init__(domain_id, namespace, tmp_path)
        self.executor = SingleThreadedExecutor(context=context)
        self.client = rclpy.create_node('client', namespace=namespace, context=context)
        self.executor.add_node(self.client)
        self.cmd_vel: list[Twist] = []
        self.zero_at_mono_s = 0.0
        self.odometry: list[Odometry] = []
        self.statuses: list[OrchestratorStatus] = []
        self.client.create_subscription(Twist, 'cmd_vel', self._on_cmd_vel, QoSProfile(depth=1000))
        for name in ('odom', PRIVATE_ODOM):
            self.client.create_subscription(
                Odometry, name, self.odometry.append, qos_profile_sensor_data
            )
        self.client.create_subscription(
            OrchestratorStatus, 'status', self.statuses.append, qos.LATCHED
        )
        self.e_stop_states: list[EStopState] = []
        self.client.create_subscription(
            EStopState, 'e_stop_state', self.e_stop_states.append, qos.LATCHED
        )
        self.e_stop = self.client.create_publisher(Bool, 'e_stop', 10)
        self.action = ActionClient(self.client, ExecuteTicket, 'execute_ticket')
        self._clients: dict[str, Any] = {}

    def _on_cmd_vel(self, message: Twist) -> None:
        """Keep it, and when the first zero after a motion came."""
        if message == Twist() and self.cmd_vel and self.cmd_vel[-1] != Twist():
            self.zero_at_mono_s = time.monotonic()
        self.cmd_vel.append(message)

    def start_robot(
        self,
        gate: str = 'in_process',
        odometry: str = 'odometry',
        orchestrator: str = 'orchestrator',
        **parameters: Any,
    ) -> tuple[Any, Any]:
        """Start simulator, orchestrator and gate; return the last two once they are ready.

        Without odometry, only this process hears that of the simulator.
        """
        remap = [] if odometry == 'odometry' else ['-r', f'odom:={PRIVATE_ODOM}']
        self.robot = self.start('sim_robot', *remap, world='empty')
        gate_process = self.start('cmd_vel_gate') if gate == 'external' else None
        process = self.start(orchestrator, gate=gate, **parameters)
        # Before they are needed: a server that does not know yet where to answer does not.
        for service, name in SERVICES:
            if name not in self._clients:
                self._clients[name] = self.client.create_client(service, name)
        self.spin_until(lambda: self.statuses and self.statuses[-1].state == 'READY')
        self.spin_until(lambda: remap or self.statuses[-1].hears_odometry)
        self.spin_until(lambda: self.odometry and self.action.server_is_ready())
        self.spin_until(lambda: self.e_stop.get_subscription_count() >= 2)
        return process, gate_process

    def spin_until(self, condition: Callable[[], Any], timeout_s: float = 20.0) -> Any:
        deadline_mono_s = time.monotonic() + timeout_s
        while not (value := condition()):
            assert time.monotonic() < deadline_mono_s, f'timed out\n{self._last_words()}'
            self.executor.spin_once(timeout_sec=0.05)
        return value

    def _last_words(self) -> str:
        """Return what each executable printed last."""
        return '\n'.join(
            f'{path.name}:\n{path.read_text()[-1000:]}' for path in self._tmp_path.glob('*.log')
        )

    def spin_for(self, duration_s: float) -> None:
        until_mono_s = time.monotonic() + duration_s
        self.spin_until(lambda: time.monotonic() >= until_mono_s)

    def pursue(self, condition: Callable[[], Any]) -> Any:
        """Return the condition's value once it holds."""
        return self.spin_until(condition)

    def call(self, service: type, name: str, /, **fields: Any) -> Any:
        """Call; again, as the client of the package does, what may be asked twice.

        A killed process stays in the discovery for a while, and a server may not know yet where
        to answer: what it cannot send within 100 ms is lost.
        """
        if service is CreateTicket:
            fields = {'request_id': uuid.uuid4().hex, **fields}
        if name not in self._clients:
            self._clients[name] = self.client.create_client(service, name)
        client = self._clients[name]
        self.pursue(client.service_is_ready)
        replies: list[tuple[float, Any]] = []

        def answered() -> list[Any]:
            is_repeatable = service is not ChangeQueue
            if not replies or (is_repeatable and time.monotonic() - replies[-1][0] > 0.5):
                replies.append((time.monotonic(), client.call_async(service.Request(**fields))))
            return [reply for _, reply in replies if reply.done()]

        return self.pursue(answered)[0].result()

    def restart_orchestrator(self, **parameters: Any) -> None:
        """Start one after another was ended; return once this client hears the live one."""
        term = self.statuses[-1].term
        self.start('orchestrator', **parameters)
        self.spin_until(lambda: self.statuses[-1].term > term)
        for name in list(self._clients):
            self.client.destroy_client(self._clients.pop(name))
        self.call(GetStatus, 'get_status')

    def create(self, params: str = '', **fields: Any) -> str:
        response = self.call(
            CreateTicket, 'create_ticket', **{'command': 'drive', 'params': params, **fields}
        )
        assert response.success, response.message
        return response.ticket.id

    def get(self, ticket_id: str) -> Any:
        return self.call(GetTicket, 'get_ticket', ticket_id=ticket_id).ticket

    def cancel(self, ticket_id: str) -> Any:
        return self.call(CancelTicket, 'cancel_ticket', ticket_id=ticket_id)

    def execute(self, ticket_id: str) -> Any:
        """Send the goal; return the future of its result."""
        sending = self.action.send_goal_async(ExecuteTicket.Goal(ticket_id=ticket_id))
        self.spin_until(sending.done)
        return sending.result().get_result_async()

    def result(self, future: Any, timeout_s: float = 30.0) -> Any:
        self.spin_until(future.done, timeout_s)
        return future.result().result

    def drive_until_moving(self, **fields: Any) -> tuple[str, Any]:
        ticket_id = self.create('{speed: 1.0, duration_seconds: 30}', **fields)
        future = self.execute(ticket_id)
        self.spin_until(lambda: self.speed_mps > 0.5)
        return ticket_id, future

    def reset_e_stop(self) -> Any:
        return self.call(Trigger, 'reset_e_stop')

    @property
    def speed_mps(self) -> float:
        return self.odometry[-1].twist.twist.linear.x if self.odometry else 0.0

    def assert_ends_in_zero(self, zeros: int = 3) -> None:
        """It moved, stands, and nothing but zero came after the first zero at the end."""
        self.spin_until(lambda: abs(self.speed_mps) < 0.01)
        self.spin_for(1.0)
        moving = [twist != Twist() for twist in self.cmd_vel]
        assert any(moving), 'it never moved'
        tail = moving[::-1].index(True)
        assert tail >= zeros, f'{tail} zeros at the end'
        assert abs(self.speed_mps) < 0.01

    def end(self, process: subprocess.Popen[bytes], number: signal.Signals) -> int:
        """Signal the process and return its exit code."""
        process.send_signal(number)
        self.spin_until(lambda: process.poll() is not None, 5.0)
        return process.returncode

    def close(self) -> None:
        super().close()
        self.executor.shutdown()
        self.client.destroy_node()


@pytest.fixture(scope='session', autouse=True)
def hang_up() -> None:
    """Processes inherit it ignored where the tests run under nohup, and then honour that."""
    signal.signal(signal.SIGHUP, signal.SIG_DFL)


@pytest.fixture
def system(context: Any, domain_id: int, namespace: str, tmp_path: Path) -> Iterator[System]:
    made = System(context, domain_id, namespace, tmp_path)
    yield made
    made.close()
