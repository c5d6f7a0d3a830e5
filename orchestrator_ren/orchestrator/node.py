"""The orchestrator's node: tickets in, motion out, everything told."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

from rclpy.clock import Clock, ClockType
from rclpy.parameter import Parameter as RosParameter

from orchestrator_ren.errors import ConfigurationError, Interrupted, StoreInUse
from orchestrator_ren.gate import parameters as gate_parameters
from orchestrator_ren.gate.node import CmdVelGate
from orchestrator_ren.location import robot_file
from orchestrator_ren.motion.limits import MotionLimits
from orchestrator_ren.orchestrator.command_set import CommandSet
from orchestrator_ren.orchestrator.dispatch.parts import DispatchParts
from orchestrator_ren.orchestrator.execution.parts import ExecutionParts
from orchestrator_ren.orchestrator.execution.ticket_locks import TicketLocks
from orchestrator_ren.orchestrator.execution.ticket_records import TicketRecords
from orchestrator_ren.orchestrator.interface.command_services import CommandServices
from orchestrator_ren.orchestrator.interface.execute_action import ExecuteAction
from orchestrator_ren.orchestrator.interface.feedback import Feedback
from orchestrator_ren.orchestrator.interface.fleet_services import FleetServices
from orchestrator_ren.orchestrator.interface.gate_hint import GateHint
from orchestrator_ren.orchestrator.interface.health import Health
from orchestrator_ren.orchestrator.interface.markers import MarkersPublisher
from orchestrator_ren.orchestrator.interface.progress import ProgressView
from orchestrator_ren.orchestrator.interface.progress_publisher import ProgressPublisher
from orchestrator_ren.orchestrator.interface.queue_services import QueueServices
from orchestrator_ren.orchestrator.interface.self_diagnosis import SelfDiagnosis
from orchestrator_ren.orchestrator.interface.standby_status import StandbyStatus
from orchestrator_ren.orchestrator.interface.status_publisher import StatusPublisher
from orchestrator_ren.orchestrator.interface.telemetry import PERIOD_S, TelemetryPublisher
from orchestrator_ren.orchestrator.interface.ticket_services import TicketServices
from orchestrator_ren.orchestrator.parameters import NAMELESS, PARAMETERS, robot_name
from orchestrator_ren.orchestrator.shutdown import Shutdown
from orchestrator_ren.orchestrator.store_access.opening import Opening
from orchestrator_ren.orchestrator.store_access.retention import Retention
from orchestrator_ren.orchestrator.store_access.store_keeper import StoreKeeper
from orchestrator_ren.orchestrator.ticket_holders import TicketHolders
from orchestrator_ren.ros.introspection import introspect
from orchestrator_ren.ros.parameters import declare
from orchestrator_ren.ros.process import ProcessNode
from orchestrator_ren.ros.program import Program
from orchestrator_ren.ros.tasks import Tasks
from orchestrator_ren.ros.worker import Worker
from orchestrator_ren.store.engine import is_on_server
from orchestrator_ren.store.lease import RENEWALS, LeaseTerms
from orchestrator_ren.store.ticket_store import Change, TicketStore
from orchestrator_ren.store.url_file import chosen_url, exposed_by
from orchestrator_ren.store.wake_ups import WakeUps
from orchestrator_ren.tickets.assignment import RobotIdentity
from orchestrator_ren.tickets.ending import Ending, failed
from orchestrator_ren.tickets.event import Actor, Event, EventType
from orchestrator_ren.tickets.pause import PauseReason
from orchestrator_ren.tickets.run_clock import RunClock


class Orchestrator(ProcessNode):
    """Takes, keeps and executes tickets; makes everything, and hands each what it needs.

    Parameters:
        See `orchestrator/parameters.py`.
    Services:
        create_ticket, get_ticket, list_tickets, get_history, cancel_ticket, get_status,
        get_queue, pause_queue, resume_queue, list_commands.
    Actions:
        execute_ticket (ExecuteTicket): feedback at 5 Hz, see `execute_action.py`.
    Publishers:
        telemetry/events (TicketEvent; qos.EVENTS), telemetry/metrics (Metrics; 1 Hz while
            somebody listens),
        status (OrchestratorStatus; qos.LATCHED; on change, at most each 0.05 s, and 1 Hz): see
            `status_publisher.py`.
        drive_command (DriveCommand; qos.VELOCITY; 20 Hz while driving): see `gate_link.py`.
        /diagnostics (DiagnosticArray; 1 Hz), markers (MarkerArray; 1 Hz while somebody looks),
        telemetry/progress (TicketProgress; qos.PROGRESS; 5 Hz while something is executed and
            somebody looks).
    Subscriptions:
        e_stop_state (EStopState; qos.LATCHED), once more for the metrics, looked at at 1 Hz; odom
        (nav_msgs/Odometry; qos.SENSOR), looked at with each word of the gate while no ticket is
        under way; scan (sensor_msgs/LaserScan; qos.NEWEST_SCAN), from the first `scan` ticket on,
        while one waits for it.
    Timers:
        On the steady clock: housekeeping and status (1 Hz), metrics (1 Hz), the gate's silence
        (0.2 s after its last word), the queue's next due time; while tickets are under way,
        control ticks (20 Hz), feedback and progress (5 Hz); at the start, looks at the clock
        (10 Hz) and for the open store (50 Hz). Control ticks come by simulated time too, where
        there is any.

    Attributes:
        settings: The parameters.
    """

    def __init__(self, parameter_overrides: Sequence[RosParameter] = (), **node_args: Any) -> None:
        super().__init__(
            'orchestrator', parameter_overrides=list(parameter_overrides), **node_args
        )
        self.settings = declare(self, PARAMETERS, gate_parameters.PARAMETERS)
        self._shutdown = Shutdown()
        self._holders = TicketHolders()
        self._tasks = Tasks(self)
        self._worker = Worker(self, 'calculations')
        self._commands = CommandSet(self, self.settings)
        self._exposed = exposed_by(self.settings.store_url)
        self._store = self._make_store()
        self._telemetry = TelemetryPublisher(self, self._store.count_by_status)
        self._keeper = StoreKeeper(
            self,
            self._store,
            self._commands.registry.recovery_policy,
            self._holders,
            self._tasks,
            self._on_event,
            self._on_change,
            self.settings.lease_s / RENEWALS,
        )
        self._keeper.on_commit(self._telemetry.metrics.observe_commit)
        self._records = TicketRecords(self._keeper, TicketLocks(self), self._on_event)
        self._run_clock = RunClock()
        self._retention = Retention(
            self,
            self._keeper,
            self._run_clock,
            self.settings.retention_days,
            self.settings.retention_max,
            self._telemetry.metrics.count_pruned,
            self._tasks,
            self._shutdown,
        )
        self._execution = self._make_execution()
        self._dispatch = self._make_dispatch()
        self._health = self._make_health()
        self._status = StatusPublisher(self, self._health.status)
        self._standby = StandbyStatus(
            self, self._health, self._status, lambda: self._opening.rival
        )
        self._diagnosis = self._make_diagnosis()
        self._markers = self._make_markers()
        self._progress = ProgressPublisher(
            self, self._execution.executions, self._execution.sensors
        )
        self._gate_hint = GateHint(self, self._execution.link)
        self._opening = Opening(
            self, self._keeper, self._tasks, self.settings.standby, self._begin
        )
        self._is_begun = False
        self._connect_keeper()

    def _connect_keeper(self) -> None:
        keeper, intake = self._keeper, self._dispatch.intake
        intake.trouble = lambda: self._health.trouble
        keeper.on_return = intake.look
        keeper.on_lost = lambda error: self._execution.executions.interrupt_all(
            lambda _: failed(error, Actor.SERVICE)
        )
        keeper.on_rival = self._give_way
        self._wake_ups = WakeUps(
            self._store.url, frozenset({'', self._store.robot.name}), self._on_wake_up
        )

    def _make_execution(self) -> ExecutionParts:
        parts = ExecutionParts(
            self,
            self._commands.registry,
            self._holders,
            self._tasks,
            lambda: self._store.term if self._is_begun and self._store.is_open else 0,
            self._pause_by_itself,
            self._on_change,
        )
        parts.fit(self._commands.response)
        parts.link.on_limits = self._on_limits
        parts.motion_check.requires_odometry = self.settings.require_odometry
        return parts

    def _make_dispatch(self) -> DispatchParts:
        parts = DispatchParts(
            self,
            self.settings,
            self._commands.registry,
            self._keeper,
            self._records,
            self._execution,
            self._holders,
            self._tasks,
            self._shutdown,
            self._on_event,
            self._telemetry.metrics.observe_latency,
            self._on_status,
        )
        parts.pause.on_change = self._on_change
        return parts

    def _make_health(self) -> Health:
        execution, dispatch = self._execution, self._dispatch
        return Health(
            self._shutdown,
            self._keeper,
            execution.link,
            execution.motion_check,
            execution.sensors,
            execution.executions,
            dispatch.dispatcher,
            dispatch.pause,
            self._telemetry,
        )

    def _make_diagnosis(self) -> SelfDiagnosis:
        return SelfDiagnosis(
            self,
            self._telemetry.version,
            self._keeper,
            self._dispatch.runner,
            self._execution.sensors,
            self._dispatch.dispatcher,
            self._dispatch.pause,
            self._commands.broken_plugins,
            lambda: self._commands.misfits,
            self._exposed,
            self._telemetry.page,
        )

    def _make_markers(self) -> MarkersPublisher:
        settings, sensors = self.settings, self._execution.sensors
        return MarkersPublisher(
            self, settings.base_frame, settings.odom_frame, lambda: sensors.sample
        )

    def _make_store(self) -> TicketStore:
        settings = self.settings
        for each in self._exposed:
            self.get_logger().warning(each)
        field, namespace = "parameter 'store_url_file'", self.get_namespace()
        url = chosen_url(settings.store_url, settings.store_url_file, namespace, field)
        name = robot_name(settings.robot_name, namespace, is_on_server(url))
        has = tuple(filter(None, settings.capabilities.split(',')))
        robot = RobotIdentity(name, has, is_on_server(url))
        file = robot_file(namespace, NAMELESS, '.holder')
        terms = LeaseTerms(robot, settings.lease_s, file)
        return TicketStore(url, settings.store_synchronous, terms)

    def start(self) -> None:
        """Open the store, clean up after a crash, and take requests from then on.

        A store that fails does not keep the node from running: it refuses what needs the store,
        and tries again. Nor does another orchestrator that has the robot, if it is waited for.

        Raises:
            StoreInUse: Another orchestrator works on the store; the node must not run.
            StoreTooNew: A newer version of this package wrote it; the node must not run.
        """
        self._look_at_clock()
        self._telemetry.start()
        self.get_logger().info(f'asks for at most {self.settings.max_speed_mps:g} m/s')
        self.create_timer(PERIOD_S, self._on_second, clock=Clock(clock_type=ClockType.STEADY_TIME))
        self._opening.begin()

    def _begin(self, recovered: Sequence[Change]) -> None:
        """Be the orchestrator of the robot, from now on."""
        self._is_begun = True
        self._standby.close()
        self._execution.link.begin()
        self._serve()
        self._dispatch.loader.start()
        if self._store.robot.is_in_fleet:
            self._wake_ups.start()
        self._telemetry.announce_service(
            EventType.SERVICE_STARTED, f'store {self._store.shown_url}'
        )
        for _, event in recovered:
            self._dispatch.loader.note_crashed(event.ticket_id)
            self._telemetry.announce(event)
        self._status.tell()

    def _serve(self) -> None:
        keeper, records, dispatch = self._keeper, self._records, self._dispatch
        executions, pause = self._execution.executions, dispatch.pause
        TicketServices(
            self,
            keeper,
            records,
            dispatch.creation,
            dispatch.queueing,
            dispatch.cancellation,
            pause,
            self._health,
        )
        feedback = Feedback(self, ProgressView(executions, dispatch.dispatcher))
        ExecuteAction(self, self._tasks, dispatch.manual, dispatch.cancellation, records, feedback)
        QueueServices(self, self._worker, dispatch.dispatcher, pause, executions, keeper)
        FleetServices(self, keeper, self._on_event)
        CommandServices(self, self._commands.registry, self._commands.broken_plugins)
        introspect(self, self.settings.service_introspection)

    def count_refused(self, code: int) -> None:
        """Count a request that was refused with an error code."""
        self._telemetry.metrics.count_refused(code)

    def begin_stop(self) -> None:
        """Refuse what is new, and bring the robot to zero."""
        self._shutdown.begin()
        self._execution.executions.interrupt_all(_interrupted)
        self._status.tell()

    async def finish_stop(self) -> None:
        """Wait until the executions under way are saved, and say goodbye."""
        await self._execution.executions.all_ended()
        await self._tasks.all_ended()
        self._wake_ups.close()
        if self._is_begun:
            await self._keeper.finish()
            self._telemetry.announce_service(EventType.SERVICE_STOPPED, '')
            self._telemetry.flush()
        self._telemetry.close()
        self._keeper.close()
        self._worker.close()
        self._execution.checks.close()

    def _on_second(self) -> None:
        self._look_at_clock()
        if not self._is_begun:
            self._standby.tell()
            return
        self._keeper.tick()
        self._dispatch.intake.tick()
        self._dispatch.pause.tick()
        self._retention.tick()
        self._gate_hint.tick()
        executions = self._execution.executions
        _ = executions.now_s  # read: see there
        status = self._status.tell()
        self._diagnosis.publish(self._health.trouble)
        if self._markers.is_watched:
            self._markers.publish(status, executions.executing)

    def _look_at_clock(self) -> None:
        step_s = self._run_clock.look(time.time(), time.monotonic())
        if step_s:
            self.get_logger().warning(f'the system clock was set by {step_s:+.1f} s')
            self._dispatch.dispatcher.on_clock_set()

    def _give_way(self, rival: StoreInUse) -> None:
        """End: two that answer the same requests are worse than one that is started again."""
        self.fatal = rival

    def _pause_by_itself(self, reason: PauseReason) -> None:
        """Pause the queue; one that waits for its robot has none yet."""
        pause = self._dispatch.pause
        if self._is_begun:
            pause.set_by_itself(reason)
        else:
            pause.pass_over(reason)

    def _on_wake_up(self) -> None:
        """Look for work; called in another thread."""
        self._tasks.call_soon(self._dispatch.intake.look)

    def _on_limits(self, limits: MotionLimits) -> None:
        self._execution.checks.fit(limits)
        self._execution.fit(self._commands.fit(limits))

    def _on_event(self, event: Event) -> None:
        if event.actor is Actor.RECOVERY:
            self._dispatch.loader.note_crashed(event.ticket_id)
        if event.type is EventType.EXECUTION_STARTED:
            self._progress.note_start()
            self._markers.note_start(self._execution.executions.get(event.ticket_id))
        self._telemetry.announce(event)
        self._on_status()
        if event.status is not None and event.status.is_final:
            self._dispatch.intake.look()

    def _on_change(self) -> None:
        """Tell, and start, what is possible or impossible now."""
        if self._is_begun:
            self._dispatch.dispatcher.decide()
            self._dispatch.intake.look()
            self._status.tell_change()

    def _on_status(self) -> None:
        """Tell the status if it is another one."""
        if self._is_begun:
            self._status.tell_change()


def _interrupted(ticket_id: str) -> Ending:
    return failed(Interrupted(ticket_id=ticket_id), Actor.SERVICE)


PROGRAM = Program(
    'orchestrator',
    'Takes, keeps and executes tickets; with `gate: in_process` it also hosts the cmd_vel gate,'
    ' and takes its parameters: cmd_vel_gate --help.',
    PARAMETERS,
)

GATE_KEEPS_ITS_NAME = ['--ros-args', '-r', '__node:=cmd_vel_gate']
"""`-r __node:=NAME` is for all nodes of a process; here it means the orchestrator."""


def make_nodes() -> list[ProcessNode]:
    """Return the orchestrator, and before it the gate where that is in this process."""
    orchestrator = Orchestrator()
    is_host = orchestrator.settings.gate == 'in_process'
    if is_host and orchestrator.settings.standby:
        limit = "external with standby: it would be the robot's second gate"
        raise ConfigurationError(field="parameter 'gate'", value="'in_process'", limit=limit)
    gates = [CmdVelGate(let_pass=PARAMETERS, cli_args=GATE_KEEPS_ITS_NAME)] if is_host else []
    return [*gates, orchestrator]


def main() -> int:
    """Run the orchestrator."""
    return PROGRAM.run(make_nodes)
