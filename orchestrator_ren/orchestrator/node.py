"""The orchestrator's node: tickets in, motion out, everything told."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rclpy.clock import Clock, ClockType
from rclpy.parameter import Parameter as RosParameter

from orchestrator_ren.errors import Interrupted, OrchestratorError
from orchestrator_ren.gate import parameters as gate_parameters
from orchestrator_ren.gate.node import CmdVelGate
from orchestrator_ren.motion.limits import MotionLimits
from orchestrator_ren.orchestrator.command_set import CommandSet
from orchestrator_ren.orchestrator.dispatch.auto_dispatch import AutoDispatch
from orchestrator_ren.orchestrator.dispatch.dispatch_effects import DispatchEffects
from orchestrator_ren.orchestrator.dispatch.dispatcher import Dispatcher
from orchestrator_ren.orchestrator.dispatch.manual_dispatch import ManualDispatch
from orchestrator_ren.orchestrator.dispatch.queue_loader import QueueLoader
from orchestrator_ren.orchestrator.dispatch.queue_pause import QueuePause
from orchestrator_ren.orchestrator.dispatch.ticket_creation import TicketCreation
from orchestrator_ren.orchestrator.execution.cancellation import Cancellation
from orchestrator_ren.orchestrator.execution.executions import Executions
from orchestrator_ren.orchestrator.execution.gate_link import GateLink
from orchestrator_ren.orchestrator.execution.means import Means
from orchestrator_ren.orchestrator.execution.motion_check import MotionCheck
from orchestrator_ren.orchestrator.execution.motion_guard import MotionGuard
from orchestrator_ren.orchestrator.execution.runner import TicketRunner
from orchestrator_ren.orchestrator.execution.sensors import Sensors
from orchestrator_ren.orchestrator.execution.stop_tickets import StopTickets
from orchestrator_ren.orchestrator.execution.ticket_locks import TicketLocks
from orchestrator_ren.orchestrator.execution.ticket_records import TicketRecords
from orchestrator_ren.orchestrator.interface.command_services import CommandServices
from orchestrator_ren.orchestrator.interface.execute_action import ExecuteAction
from orchestrator_ren.orchestrator.interface.health import Health
from orchestrator_ren.orchestrator.interface.markers import MarkersPublisher
from orchestrator_ren.orchestrator.interface.progress import ProgressView
from orchestrator_ren.orchestrator.interface.queue_services import QueueServices
from orchestrator_ren.orchestrator.interface.self_diagnosis import SelfDiagnosis
from orchestrator_ren.orchestrator.interface.telemetry import PERIOD_S, TelemetryPublisher
from orchestrator_ren.orchestrator.interface.ticket_services import TicketServices
from orchestrator_ren.orchestrator.parameters import PARAMETERS
from orchestrator_ren.orchestrator.shutdown import Shutdown
from orchestrator_ren.orchestrator.store_access.retention import Retention
from orchestrator_ren.orchestrator.store_access.store_keeper import StoreKeeper
from orchestrator_ren.orchestrator.ticket_holders import TicketHolders
from orchestrator_ren.ros.parameters import declare
from orchestrator_ren.ros.process import ProcessNode, run
from orchestrator_ren.ros.tasks import Tasks
from orchestrator_ren.store.location import default_url
from orchestrator_ren.store.ticket_store import TicketStore
from orchestrator_ren.tickets.ending import Ending, failed
from orchestrator_ren.tickets.event import Actor, Event, EventType

LOAD_PERIOD_S = 0.02
"""How often it is looked whether the store is open, until the queue is read [s]."""


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
        telemetry/events (TicketEvent; qos.EVENTS), telemetry/metrics (Metrics; 1 Hz),
        status (OrchestratorStatus; qos.LATCHED; on change and 1 Hz): see `telemetry.py`.
        drive_command (DriveCommand; qos.VELOCITY; 20 Hz while driving): see `gate_link.py`.
        /diagnostics (DiagnosticArray; 1 Hz), markers (MarkerArray; 1 Hz while somebody looks).
    Subscriptions:
        e_stop_state (EStopState; qos.LATCHED), odom (nav_msgs/Odometry; qos.SENSOR),
        scan (sensor_msgs/LaserScan; qos.SENSOR), from the first `scan` ticket on.
    """

    def __init__(self, parameter_overrides: Sequence[RosParameter] = (), **node_args: Any) -> None:
        super().__init__(
            'orchestrator', parameter_overrides=list(parameter_overrides), **node_args
        )
        self.settings = declare(self, PARAMETERS, gate_parameters.PARAMETERS)
        self._crashed_ids: list[str] = []
        self._shutdown = Shutdown()
        self._holders = TicketHolders()
        self._tasks = Tasks(self)
        self._commands = CommandSet(self, self.settings)
        self._make_store()
        self._make_robot()
        self._make_execution()
        self._make_dispatch()
        self._make_interface()

    def _make_store(self) -> None:
        url = self.settings.store_url or default_url(self.get_namespace())
        store = TicketStore(url, self.settings.store_synchronous)
        self._telemetry = TelemetryPublisher(self, store.count_by_status)
        self._keeper = StoreKeeper(
            *(self, store, self._commands.registry.recovery_policy, self._holders),
            *(self._on_event, self._on_change),
        )
        self._records = TicketRecords(self._keeper, TicketLocks(self), self._on_event)
        self._retention = Retention(
            *(self, self._keeper, self.settings.retention_days, self.settings.retention_max),
            *(self._telemetry.metrics.count_pruned, self._tasks, self._shutdown),
        )

    def _make_robot(self) -> None:
        """Make what is known of the robot, and of the gate before it."""
        self._link = GateLink(
            self,
            lambda: self._keeper.store.term if self._keeper.store.is_open else 0,
            lambda stream, error: self._guard.on_motion_ended(stream, error),
            lambda error: self._guard.on_unsafe(error),
            self._on_link_state,
        )
        self._link.on_limits = self._on_limits
        self._sensors = Sensors(self)
        self._motion_check = MotionCheck(self._link, self._sensors, self.get_clock())
        self._motion_check.requires_odometry = self.settings.require_odometry

    def _make_execution(self) -> None:
        self._means = Means(
            self._link,
            self._sensors,
            self._tasks,
            lambda ticket_id, reason: self._stops.stop_motion_for(ticket_id, reason),
            response=self._commands.response,
        )
        self._executions = Executions(self, self._means, self._holders)
        self._pause = QueuePause(
            *(self, self._keeper, self._tasks, self._shutdown),
            *(self.settings.dispatch == 'auto', self._link.check_safe),
        )
        self._guard = MotionGuard(self._executions, self._pause.set_by_itself)
        self._stops = StopTickets(self._commands.registry, self._guard.stop)

    def _make_dispatch(self) -> None:
        registry = self._commands.registry
        self._dispatcher = Dispatcher(
            *(self, self.settings.max_wait_s, self.settings.preempt == 'critical'),
            *(self._pause, self._holders, self._shutdown),
            lambda: str(self._link.trouble or ''),
        )
        self._pause.on_change = self._on_pause
        self._runner = TicketRunner(
            *(self._records, registry, self._executions, self._dispatcher, self._motion_check),
            *(self._stops, self._shutdown, self._telemetry.metrics.observe_latency),
        )
        self._cancellation = Cancellation(
            self._records, self._executions, self._dispatcher, self._holders
        )
        self._manual = ManualDispatch(
            *(self._runner, self._executions, self._dispatcher, self._holders, self._stops),
            *(self._link, self._shutdown),
        )
        self._automatic = AutoDispatch(
            *(self, self._runner, self._cancellation, self._records, registry, self._dispatcher),
            *(self._pause, self._holders, self._stops, self._tasks, self._shutdown),
            self.settings.dispatch == 'auto',
        )
        self._dispatcher.effects = DispatchEffects(self._executions, self._automatic, self._tasks)
        self._loader = QueueLoader(
            *(self._keeper, self._records, registry, self._automatic, self._dispatcher),
            self._pause,
        )

    def _make_interface(self) -> None:
        self._health = Health(
            *(self._shutdown, self._keeper, self._link, self._motion_check, self._sensors),
            *(self._executions, self._dispatcher, self._pause, self._telemetry),
        )
        self._diagnosis = SelfDiagnosis(
            *(self, self._telemetry.version, self._keeper, self._runner, self._sensors),
            *(self._dispatcher, self._pause, self._commands.broken_plugins),
            lambda: self._commands.misfits,
        )
        self._markers = MarkersPublisher(self, self.settings.base_frame)

    def start(self) -> None:
        """Open the store, clean up after a crash, and take requests from now on.

        A store that fails does not keep the node from running: it refuses what needs the store,
        and tries again.

        Raises:
            StoreInUse: Another orchestrator works on the store; the node must not run.
            StoreTooNew: A newer version of this package wrote it; the node must not run.
        """
        recovered = self._keeper.open()
        self._serve()
        self._crashed_ids += [event.ticket_id for _, event in recovered]
        steady = Clock(clock_type=ClockType.STEADY_TIME)
        self._load_timer = self.create_timer(LOAD_PERIOD_S, self._on_load_timer, clock=steady)
        self.create_timer(PERIOD_S, self._on_second, clock=steady)
        shown_url = self._keeper.store.shown_url
        self._telemetry.announce_service(EventType.SERVICE_STARTED, f'store {shown_url}')
        for _, event in recovered:
            self._telemetry.announce(event)
        self._health.publish()

    def _serve(self) -> None:
        creation = TicketCreation(
            *(self._keeper, self._commands.registry, self._automatic, self._loader),
            *(self._stops, self._shutdown, self._on_event),
        )
        TicketServices(
            *(self, self._keeper, self._records, creation, self._cancellation, self._pause),
            self._health,
        )
        progress = ProgressView(self._executions, self._dispatcher)
        ExecuteAction(self, self._manual, self._cancellation, self._records, progress)
        QueueServices(self, self._keeper, self._dispatcher, self._pause, self._executions)
        CommandServices(self, self._commands.registry, self._commands.broken_plugins)

    def begin_stop(self) -> None:
        """Refuse what is new, and bring the robot to zero."""
        self._shutdown.begin()
        self._executions.interrupt_all(_interrupted)
        self._health.publish()

    async def finish_stop(self) -> None:
        """Wait until the executions under way are saved, and say goodbye."""
        await self._executions.all_ended()
        await self._tasks.all_ended()
        await self._keeper.finish()
        self._telemetry.announce_service(EventType.SERVICE_STOPPED, '')
        self._telemetry.flush()
        self._keeper.close()

    def _on_load_timer(self) -> None:
        """Read what waits in the store, as soon as it can be read."""
        if self._keeper.is_usable:
            self._load_timer.cancel()
            self._tasks.run(self._load_queue())

    async def _load_queue(self) -> None:
        try:
            await self._loader.load(self._crashed_ids)
        except OrchestratorError as error:
            if not self._shutdown.has_begun:
                self.get_logger().error(f'the queue cannot be read, and is tried again: {error}')
                self._load_timer.reset()
        self._health.publish()

    def _on_second(self) -> None:
        self._keeper.tick()
        self._retention.tick()
        _ = self._executions.now_s  # read: see there
        status = self._health.publish()
        self._diagnosis.publish(self._health.trouble())
        if self._markers.is_watched:
            self._markers.publish(status, self._executions.executing)

    def _on_limits(self, limits: MotionLimits) -> None:
        self._means.response = self._commands.fit(limits)

    def _on_event(self, event: Event) -> None:
        if event.actor is Actor.RECOVERY:  # of a store that could be opened only now
            self._crashed_ids.append(event.ticket_id)
        self._telemetry.announce(event)
        self._health.publish()

    def _on_pause(self) -> None:
        self._dispatcher.decide()
        self._health.publish()

    def _on_link_state(self) -> None:
        self._dispatcher.decide()
        self._health.publish()

    def _on_change(self) -> None:
        self._health.publish()


def _interrupted(ticket_id: str) -> Ending:
    return failed(Interrupted(ticket_id=ticket_id), Actor.SERVICE)


def make_nodes() -> list[ProcessNode]:
    """Return the orchestrator, started, and before it the gate where that is in this process."""
    orchestrator = Orchestrator()
    is_host = orchestrator.settings.gate == 'in_process'
    gates = [CmdVelGate(neighbours=PARAMETERS)] if is_host else []
    orchestrator.start()
    return [*gates, orchestrator]


def main() -> int:
    """Run the orchestrator."""
    return run(make_nodes)
