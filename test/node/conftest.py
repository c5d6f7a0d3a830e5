"""A rig for the nodes: orchestrator, gate and a base with odometry, in this process."""

import math
import random
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

rclpy = pytest.importorskip('rclpy')

from builtin_interfaces.msg import Time
from diagnostic_msgs.msg import DiagnosticArray
from geometry_msgs.msg import Twist
from nav_msgs.msg import Odometry
from rclpy.action import ActionClient
from rclpy.clock import Clock, ClockType
from rclpy.parameter import Parameter
from rclpy.qos import QoSProfile
from std_msgs.msg import Bool
from std_srvs.srv import Trigger

from orchestrator_ren.action import ExecuteTicket
from orchestrator_ren.gate.node import CmdVelGate
from orchestrator_ren.msg import DriveCommand, EStopState, Metrics, OrchestratorStatus, TicketEvent
from orchestrator_ren.orchestrator import command_set
from orchestrator_ren.orchestrator.node import Orchestrator
from orchestrator_ren.ros import qos
from orchestrator_ren.ros.executor import CachedExecutor
from orchestrator_ren.srv import (
    CancelTicket,
    ChangeQueue,
    CreateTicket,
    GetHistory,
    GetQueue,
    GetStatus,
    GetTicket,
    ListTickets,
)

from ..extra_commands import with_extra_commands

BASE_PERIOD_S = 0.02
WATCHDOG_S = 0.5


class Base:
    """A base that follows cmd_vel with a lag, and says so on odom while `has_odometry`.

    Attributes:
        has_odometry: Whether it is told.
        is_stuck_moving, is_stuck_standing: It goes on as it was, whatever is commanded.
        is_held_up: A wall on all sides: its wheels push, it makes no way.
        grip: Part of the speed asked for that it makes; below 0, the wrong way.
        jitter_m: Of the position told [m].
        noise_m: Standard deviation of the position told [m].
        pace: Its seconds per second, for a base that simulated time moves.
    """

    def __init__(self, node: Any, lag_s: float = 0.03) -> None:
        self.has_odometry = True
        self.is_stuck_moving = False
        self.is_stuck_standing = False
        self.is_held_up = False
        self.grip = 1.0
        self.jitter_m = 0.0
        self.noise_m = 0.0
        self.pace = 1.0
        self._chance = random.Random(1)
        self._lag_s = lag_s
        self._wanted = Twist()
        self._heard_at_mono_s = 0.0
        self.x_m = self.y_m = self.yaw_rad = self.speed_mps = self._vy = self._wz = 0.0
        self._publisher = node.create_publisher(Odometry, 'odom', 10)
        node.create_subscription(Twist, 'cmd_vel', self._on_cmd_vel, 1)
        steady = Clock(clock_type=ClockType.STEADY_TIME)
        node.create_timer(BASE_PERIOD_S, self._step, clock=steady)

    def _on_cmd_vel(self, message: Twist) -> None:
        self._heard_at_mono_s = time.monotonic()
        if not self.is_stuck_moving and not self.is_stuck_standing:
            self._wanted = message

    def _step(self) -> None:
        if time.monotonic() - self._heard_at_mono_s > WATCHDOG_S and not self.is_stuck_moving:
            self._wanted = Twist()
        step_s = BASE_PERIOD_S * self.pace
        share = 1.0 - math.exp(-step_s / self._lag_s)
        self.speed_mps += share * (self.grip * self._wanted.linear.x - self.speed_mps)
        self._vy += share * (self.grip * self._wanted.linear.y - self._vy)
        self._wz += share * (self._wanted.angular.z - self._wz)
        if self.is_held_up:
            self.speed_mps = self._vy = self._wz = 0.0
        self.yaw_rad += self._wz * step_s
        cosine, sine = math.cos(self.yaw_rad), math.sin(self.yaw_rad)
        self.x_m += (self.speed_mps * cosine - self._vy * sine) * step_s
        self.y_m += (self.speed_mps * sine + self._vy * cosine) * step_s
        if self.has_odometry:
            self._publish()

    def _noise(self) -> float:
        return self._chance.gauss(0.0, self.noise_m)

    def _publish(self) -> None:
        message = Odometry()
        self.jitter_m = -self.jitter_m
        message.pose.pose.position.x = self.x_m + self.jitter_m + self._noise()
        message.pose.pose.position.y = self.y_m + self._noise()
        message.pose.pose.orientation.z = math.sin(self.yaw_rad / 2)
        message.pose.pose.orientation.w = math.cos(self.yaw_rad / 2)
        message.twist.twist.linear.x, message.twist.twist.linear.y = self.speed_mps, self._vy
        message.twist.twist.angular.z = self._wz
        self._publisher.publish(message)


class Execution:
    """A goal of execute_ticket as its client sees it."""

    def __init__(self, rig: 'Rig', ticket_id: str, **goal: Any) -> None:
        self._rig = rig
        self.feedback: list[tuple[float, Any]] = []
        self.sent_at_mono_s = time.monotonic()
        sending = rig.action.send_goal_async(
            ExecuteTicket.Goal(ticket_id=ticket_id, **goal),
            feedback_callback=lambda message: self.feedback.append(
                (time.monotonic(), message.feedback)
            ),
        )
        self.handle = rig.wait(sending)
        self._result = self.handle.get_result_async()

    @property
    def is_done(self) -> bool:
        return self._result.done()

    def outcome(self, timeout_s: float = 20.0) -> Any:
        """Return the action's status and result."""
        return self._rig.wait(self._result, timeout_s)

    def result(self, timeout_s: float = 20.0) -> Any:
        return self.outcome(timeout_s).result

    def cancel(self) -> Any:
        return self._rig.wait(self.handle.cancel_goal_async())


class Commander:
    """Sends commands to the gate as an orchestrator does, whatever they are."""

    def __init__(self, rig: 'Rig', **origin: Any) -> None:
        """`origin`: fields of DriveCommand; `gate_id` is that of the gate that is heard."""
        self._rig = rig
        self._origin = {'term': 99, 'orchestrator_id': 99, **origin}
        self._number = self._origin.pop('number', 0)
        self._publisher = rig.client.create_publisher(DriveCommand, 'drive_command', qos.VELOCITY)
        rig.spin_until(lambda: self._publisher.get_subscription_count() > 0)
        rig.spin_until(lambda: rig.e_stop_states)

    def command(self, stream: str, x: float = 0.0, y: float = 0.0, **fields: Any) -> DriveCommand:
        """Return the next command."""
        self._number += 1
        origin = {'gate_id': self._rig.e_stop_states[-1].gate_id, **self._origin, **fields}
        command = DriveCommand(number=self._number, stream=stream, **origin)
        command.twist.linear.x, command.twist.linear.y = x, y
        return command

    def send(self, stream: str, x: float = 0.0, y: float = 0.0, **fields: Any) -> DriveCommand:
        """Send the next command, and return it."""
        command = self.command(stream, x, y, **fields)
        self.publish(command)
        return command

    def publish(self, command: DriveCommand) -> None:
        """Send it as it is."""
        self._publisher.publish(command)


class Rig:
    """Everything on one executor of this thread; `spin_until` runs it."""

    def __init__(self, context: Any, namespace: str, tmp_path: Any, executor: Any = None) -> None:
        self.options = {'context': context, 'namespace': namespace}
        self.context = context
        self.store_url = f'sqlite:///{tmp_path}/tickets.db'
        self.latch_file = f'{tmp_path}/e_stop.json'
        self.executor = executor or CachedExecutor(context=context)
        self._nodes: list[Any] = []
        self.client = self._add(rclpy.create_node('client', **self.options))
        self.base: Base | None = None
        self.orchestrator: Orchestrator | None = None
        self.gate: CmdVelGate | None = None
        self.cmd_vel: list[tuple[float, Twist]] = []
        self.events: list[TicketEvent] = []
        self.metrics: list[Metrics] = []
        self.statuses: list[OrchestratorStatus] = []
        self.e_stop_states: list[EStopState] = []
        for message_type, name, profile, seen in (
            (Twist, 'cmd_vel', QoSProfile(depth=100), self._record_cmd_vel),
            (TicketEvent, 'telemetry/events', qos.EVENTS, self.events.append),
            (Metrics, 'telemetry/metrics', qos.METRICS, self.metrics.append),
            (OrchestratorStatus, 'status', qos.LATCHED, self.statuses.append),
            (EStopState, 'e_stop_state', qos.LATCHED, self.e_stop_states.append),
        ):
            self.client.create_subscription(message_type, name, seen, profile)
        self.e_stop = self.client.create_publisher(Bool, 'e_stop', 10)
        self.action = ActionClient(
            self.client,
            ExecuteTicket,
            'execute_ticket',
            goal_service_qos_profile=qos.SERVICES,
            result_service_qos_profile=qos.SERVICES,
            cancel_service_qos_profile=qos.SERVICES,
        )
        self._clients: dict[str, Any] = {}

    def start(
        self,
        *,
        gate: bool = True,
        base: bool = True,
        gate_parameters: Any = (),
        orchestrator: Any = (),
    ) -> None:
        """Start the nodes and wait until the orchestrator can do what they allow."""
        if base:
            self.add_base()
        if gate:
            self.start_gate(**dict(gate_parameters))
        self.start_orchestrator(**dict(orchestrator))
        if gate:
            self.spin_until(lambda: self.statuses and self.statuses[-1].state != 'NO_GATE')
            self.spin_until(lambda: self.e_stop.get_subscription_count() >= 2)
        if base:
            odometer = self.orchestrator._execution.sensors.odometer
            self.spin_until(lambda: odometer.fresh(time.monotonic()) is not None)

    def add_base(self) -> None:
        self.base = Base(self._add(rclpy.create_node('base', **self.options)))

    def start_gate(self, cli_args: Any = None, **parameters: Any) -> None:
        values = _overrides({'latch_file': self.latch_file, **parameters})
        made = self._make(lambda: CmdVelGate(values, cli_args=cli_args, **self.options))
        self.gate = self._add(made)

    def restart_gate(self, **parameters: Any) -> None:
        """End the gate as a signal does, and start another."""
        self.gate.begin_stop()
        self.wait(self.executor.create_task(self.gate.finish_stop()))
        self.remove(self.gate)
        began_s = time.time()
        self.start_gate(**parameters)
        # What the old one said may come in late.
        self.spin_until(lambda: _seconds(self.e_stop_states[-1].stamp) > began_s)

    def start_orchestrator(self, **parameters: Any) -> None:
        quick = {'acceleration_mps2': 2.0, 'yaw_acceleration_radps2': 6.0, 'yaw_rate_radps': 2.0}
        values = {'store_url': self.store_url, 'gate': 'external', **quick, **parameters}
        self.orchestrator = self._add(Orchestrator(_overrides(values), **self.options))
        self.orchestrator.start()
        assert self.action.wait_for_server(0.0) or self.spin_until(self.action.server_is_ready)

    def stop_orchestrator(self) -> None:
        """End it as a signal does."""
        node, self.orchestrator = self.orchestrator, None
        node.begin_stop()
        self.wait(self.executor.create_task(node.finish_stop()))
        self.remove(node)

    def remove(self, node: Any) -> None:
        self.executor.remove_node(node)
        self._nodes.remove(node)
        node.destroy_node()

    def close(self) -> None:
        if self.orchestrator is not None:
            self.stop_orchestrator()
        self.executor.shutdown()
        for node in self._nodes:
            node.destroy_node()

    def spin_until(self, condition: Callable[[], Any], timeout_s: float = 10.0) -> Any:
        """Run callbacks until the condition holds; its value is returned."""
        deadline_mono_s = time.monotonic() + timeout_s
        while not (value := condition()):
            assert time.monotonic() < deadline_mono_s, 'timed out'
            self.executor.spin_once(timeout_sec=0.05)
        return value

    def spin_for(self, duration_s: float) -> None:
        """Run callbacks for a time in which something must not happen."""
        until_mono_s = time.monotonic() + duration_s
        self.spin_until(lambda: time.monotonic() >= until_mono_s, duration_s + 5.0)

    def wait(self, future: Any, timeout_s: float = 10.0) -> Any:
        self.spin_until(future.done, timeout_s)
        return future.result()

    def call(self, service: type, name: str, **fields: Any) -> Any:
        return self.wait(self.send(service, name, **fields))

    def send(self, service: type, name: str, **fields: Any) -> Any:
        """Send the request; return the future of its response."""
        if name not in self._clients:
            self._clients[name] = self.client.create_client(service, name)
            self.spin_until(self._clients[name].service_is_ready)
        return self._clients[name].call_async(service.Request(**fields))

    def create(
        self,
        params: str = '{speed: 0.5, duration_seconds: 1}',
        command: str = 'drive',
        **fields: Any,
    ) -> Any:
        """Create a ticket and return the response."""
        return self.call(CreateTicket, 'create_ticket', command=command, params=params, **fields)

    def created_id(self, *args: Any, **fields: Any) -> str:
        response = self.create(*args, **fields)
        assert response.success, response.message
        return response.ticket.id

    def get(self, ticket_id: str) -> Any:
        response = self.call(GetTicket, 'get_ticket', ticket_id=ticket_id)
        assert response.success, response.message
        return response.ticket

    def list_tickets(self, **fields: Any) -> Any:
        return self.call(ListTickets, 'list_tickets', **fields)

    def history(self, ticket_id: str) -> Any:
        return self.call(GetHistory, 'get_history', ticket_id=ticket_id).events

    def cancel(self, ticket_id: str, reason: str = '', **fields: Any) -> Any:
        request = {'ticket_id': ticket_id, 'reason': reason, **fields}
        return self.call(CancelTicket, 'cancel_ticket', **request)

    def status(self) -> Any:
        return self.call(GetStatus, 'get_status')

    def queue(self, **fields: Any) -> Any:
        response = self.call(GetQueue, 'get_queue', **fields)
        assert response.success, response.message
        return response

    def pause_queue(self) -> Any:
        return self.call(ChangeQueue, 'pause_queue')

    def resume_queue(self) -> Any:
        return self.call(ChangeQueue, 'resume_queue')

    def started(self) -> list[str]:
        """Return the tickets in the order they were started."""
        return [each.ticket_id for each in self.events if each.type == 'execution_started']

    def await_status(self, ticket_id: str, status: str, timeout_s: float = 10.0) -> Any:
        """Return the ticket once it has that status."""

        def found() -> Any:
            ticket = self.get(ticket_id)
            return ticket if ticket.status == status else None

        return self.spin_until(found, timeout_s)

    def stop(self) -> Any:
        return self.call(Trigger, 'stop')

    def reset_e_stop(self) -> Any:
        return self.call(Trigger, 'reset_e_stop')

    def press(self, pressed: bool = True) -> None:
        self.e_stop.publish(Bool(data=pressed))

    def execute(self, ticket_id: str, **goal: Any) -> Execution:
        return Execution(self, ticket_id, **goal)

    def drive_until_moving(self, params: str = '{speed: 0.5, duration_seconds: 30}') -> Any:
        """Create and execute a long drive; return its execution, ticket id once it moves."""
        ticket_id = self.created_id(params)
        execution = self.execute(ticket_id)

        def is_moving() -> Any:
            return self.cmd_vel and not is_zero(self.cmd_vel[-1][1])

        self.spin_until(lambda: is_moving() or execution.is_done)
        assert is_moving(), execution.result().message
        return execution, ticket_id

    def event_types(self, ticket_id: str) -> list[str]:
        return [event.type for event in self.events if event.ticket_id == ticket_id]

    def await_event_types(self, ticket_id: str, *expected: str) -> None:
        """These events of the ticket come, in this order, and no other before them.

        An event may reach a client after the answer that tells of the same.
        """
        self.spin_until(lambda: len(self.event_types(ticket_id)) >= len(expected))
        assert self.event_types(ticket_id) == list(expected)

    def metric(self, name: str) -> Any:
        """Return a metric as published next."""
        seen = len(self.metrics)
        self.spin_until(lambda: len(self.metrics) > seen)
        return next(each for each in self.metrics[-1].metrics if each.name == name)

    def assert_ends_in_zero(self) -> None:
        """The last Twists are zero, and after the first of them no other follows."""
        self.spin_for(0.5)
        zeros = [is_zero(twist) for _, twist in self.cmd_vel]
        assert False in zeros, 'it never moved'
        last_moving = len(zeros) - 1 - zeros[::-1].index(False)
        assert len(zeros) - 1 - last_moving >= 5, 'fewer than five zeros at the end'

    def assert_never_moved(self) -> None:
        """No Twist but zeros was heard since `cmd_vel` was cleared."""
        assert all(is_zero(twist) for _, twist in self.cmd_vel)

    def _record_cmd_vel(self, message: Twist) -> None:
        self.cmd_vel.append((time.monotonic(), message))

    def _make(self, make: Callable[[], Any]) -> Any:
        """Return the node that `make` returns, while the other nodes go on.

        Made in this thread, it holds a drive up for longer than the gate allows (503).
        """
        with ThreadPoolExecutor(1) as pool:
            return self.wait(pool.submit(make))

    def _add(self, node: Any) -> Any:
        self.executor.add_node(node)
        self._nodes.append(node)
        return node


def _seconds(stamp: Any) -> float:
    return stamp.sec + stamp.nanosec * 1e-9


def diagnostics_of(rig):
    found = {}

    def remember(message):
        found.update({each.name.rpartition(': ')[2]: each for each in message.status})

    rig.client.create_subscription(DiagnosticArray, '/diagnostics', remember, 10)
    return found


def level(found, name):
    return ord(found[name].level) if name in found else None


def stamp_of(time_s: float) -> Time:
    """Return the time in seconds since 1970, or since simulated time began, as a message."""
    sec, fraction_s = divmod(time_s, 1.0)
    return Time(sec=int(sec), nanosec=int(fraction_s * 1e9))


def is_zero(twist: Twist) -> bool:
    return twist == Twist()


def _overrides(parameters: dict[str, Any]) -> list[Parameter]:
    return [Parameter(name, value=value) for name, value in parameters.items()]


@pytest.fixture
def rig(context: Any, namespace: str, tmp_path: Any) -> Iterator[Rig]:
    made = Rig(context, namespace, tmp_path)
    yield made
    made.close()


@pytest.fixture
def running(rig: Rig) -> Rig:
    """The rig with orchestrator, gate and base started."""
    rig.start()
    return rig


def settle(rig: Rig) -> None:
    """Wait until the queue has been read, so that what is created afterwards is in order."""
    rig.spin_until(lambda: rig.orchestrator._dispatch.dispatcher.is_loaded)


@pytest.fixture
def extra(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> Rig:
    """The rig whose orchestrators have the extra commands."""
    monkeypatch.setattr(command_set, 'built_in_commands', with_extra_commands)
    return rig


@pytest.fixture
def automatic(extra: Rig) -> Rig:
    """The rig with an orchestrator that executes tickets by itself."""
    extra.start(orchestrator={'dispatch': 'auto'})
    settle(extra)
    return extra
