"""The orchestrator's node: tickets in, motion out, everything told."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

from rclpy.clock import Clock, ClockType
from rclpy.parameter import Parameter as RosParameter

from orchestrator_ren.commands.drive import DriveSettings
from orchestrator_ren.commands.plugins import BrokenPlugin, discover
from orchestrator_ren.commands.registry import CommandRegistry, built_in_commands
from orchestrator_ren.errors import NotAtStandstill, OrchestratorError, ServiceStopping
from orchestrator_ren.gate import parameters as gate_parameters
from orchestrator_ren.gate.node import CmdVelGate
from orchestrator_ren.location import robot_file
from orchestrator_ren.motion.limits import MotionLimits
from orchestrator_ren.msg import OrchestratorStatus
from orchestrator_ren.orchestrator.execution.runner import RunnerSettings, TicketRunner
from orchestrator_ren.orchestrator.forward.forwarding import forwarded_commands
from orchestrator_ren.orchestrator.interface.command_services import CommandServices
from orchestrator_ren.orchestrator.interface.execute_action import ExecuteAction
from orchestrator_ren.orchestrator.interface.markers import MarkersPublisher
from orchestrator_ren.orchestrator.interface.queue_services import QueueServices
from orchestrator_ren.orchestrator.interface.telemetry import PERIOD_S, TelemetryPublisher
from orchestrator_ren.orchestrator.interface.ticket_services import TicketServices
from orchestrator_ren.orchestrator.parameters import PARAMETERS
from orchestrator_ren.orchestrator.store_access.retention import Retention
from orchestrator_ren.orchestrator.store_access.store_keeper import StoreKeeper
from orchestrator_ren.ros import diagnostics
from orchestrator_ren.ros.graph import publishers_of
from orchestrator_ren.ros.parameters import declare
from orchestrator_ren.ros.process import ProcessNode, run
from orchestrator_ren.ros.wall_clock import utc_now
from orchestrator_ren.store.location import default_url
from orchestrator_ren.store.ticket_store import TicketStore
from orchestrator_ren.tickets.event import Actor, Event, EventType

LOAD_PERIOD_S = 0.02
"""How often it is looked whether the store is open, until the queue is read [s]."""


class Orchestrator(ProcessNode):
    """Takes, keeps and executes tickets.

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
        self._registry, self._broken_plugins = self._find_commands()
        self._crashed_ids: list[str] = []
        url = self.settings.store_url or default_url(self.get_namespace())
        self._store = TicketStore(url, self.settings.store_synchronous)
        self._telemetry = TelemetryPublisher(self, self._store.count_by_status)
        self._keeper = StoreKeeper(
            self,
            self._store,
            self._registry.recovery_policy,
            lambda: self._runner.executions.active_ids,
            self._on_event,
            self._publish_status,
        )
        self._runner = TicketRunner(
            self,
            self._keeper,
            self._registry,
            self._on_event,
            self._telemetry.metrics.observe_latency,
            self._publish_status,
            RunnerSettings(
                is_automatic=self.settings.dispatch == 'auto',
                max_wait_s=self.settings.max_wait_s,
                may_preempt=self.settings.preempt == 'critical',
            ),
        )
        self._retention = Retention(
            self,
            self._keeper,
            self.settings.retention_days,
            self.settings.retention_max,
            self._telemetry.metrics.count_pruned,
            self._runner.run_task,
        )
        self._runner.motion_check.requires_odometry = self.settings.require_odometry
        self._runner.link.on_limits = self._on_limits
        self._runner.executions.response = self._drive_settings.response
        self._diagnostics = diagnostics.DiagnosticsPublisher(self)
        self._markers = MarkersPublisher(self, self.settings.base_frame)

    def _find_commands(self) -> tuple[CommandRegistry, list[BrokenPlugin]]:
        """Return the commands: built-in, forwarded, of plug-ins; and what is broken of the last.

        Raises:
            ConfigurationError: `forward_file` has a mistake; the node must not start.
        """
        self._drive_settings = DriveSettings(
            is_holonomic=self.settings.base == 'holonomic',
            max_speed_mps=self.settings.max_speed_mps,
            acceleration_mps2=self.settings.acceleration_mps2,
            yaw_rate_radps=self.settings.yaw_rate_radps,
            yaw_acceleration_radps2=self.settings.yaw_acceleration_radps2,
            min_distance_share=self.settings.min_distance_share,
        )
        self._misfits: list[str] = []
        commands = built_in_commands(
            self._drive_settings,
            robot_file(self.get_namespace(), 'robot', '.pictures'),
            utc_now,
            self.settings.scan_open_space,
        )
        names = {each.name for each in commands}
        commands += forwarded_commands(self, self.settings.forward_file, names)
        found, broken = discover({each.name for each in commands})
        for each in broken:
            self.get_logger().error(str(each))
        return CommandRegistry([*commands, *found]), broken

    def start(self) -> None:
        """Open the store, clean up after a crash, and take requests from now on.

        A store that fails does not keep the node from running: it refuses what needs the store,
        and tries again.

        Raises:
            StoreInUse: Another orchestrator works on the store; the node must not run.
            StoreTooNew: A newer version of this package wrote it; the node must not run.
        """
        recovered = self._keeper.open()
        TicketServices(
            self, self._keeper, self._registry, self._runner, self._health, self._on_event
        )
        ExecuteAction(self, self._runner)
        QueueServices(self, self._keeper, self._runner)
        CommandServices(self, self._registry, self._broken_plugins)
        self._crashed_ids += [event.ticket_id for _, event in recovered]
        self._load_timer = self.create_timer(
            LOAD_PERIOD_S, self._on_load_timer, clock=Clock(clock_type=ClockType.STEADY_TIME)
        )
        self.create_timer(PERIOD_S, self._on_second, clock=Clock(clock_type=ClockType.STEADY_TIME))
        self._telemetry.announce_service(
            EventType.SERVICE_STARTED, f'store {self._store.shown_url}'
        )
        for _, event in recovered:
            self._telemetry.announce(event)
        self._publish_status()

    def begin_stop(self) -> None:
        """Refuse what is new, and bring the robot to zero."""
        self._runner.begin_stop()
        self._retention.is_stopped = True
        self._publish_status()

    async def finish_stop(self) -> None:
        """Wait until the executions under way are saved, and say goodbye."""
        await self._runner.all_ended()
        await self._keeper.finish()
        self._telemetry.announce_service(EventType.SERVICE_STOPPED, '')
        self._telemetry.flush()
        self._keeper.close()

    def _on_load_timer(self) -> None:
        """Read what waits in the store, as soon as it can be read."""
        if self._store.is_open and self._keeper.trouble is None:
            self._load_timer.cancel()
            self._runner.run_task(self._load_queue())

    async def _load_queue(self) -> None:
        try:
            await self._runner.automatic.load(self._crashed_ids)
        except OrchestratorError as error:
            if not self._runner.is_stopping:
                self.get_logger().error(f'the queue cannot be read, and is tried again: {error}')
                self._load_timer.reset()
        self._publish_status()

    def _on_second(self) -> None:
        self._keeper.tick()
        self._retention.tick()
        _ = self._runner.executions.now_s  # read: see there
        status = self._publish_status()
        self._diagnose()
        if self._markers.is_watched:
            self._markers.publish(status, self._runner.executions.executing)

    def _on_limits(self, limits: MotionLimits) -> None:
        """Plan within what the gate lets pass; what that lowers is told once."""
        self._registry.fit(limits)
        self._runner.executions.response = self._drive_settings.within(limits).response
        self._misfits = self._drive_settings.misfits(limits)
        for each in self._misfits:
            self.get_logger().warning(f"{each}, to fit the cmd_vel gate's limits")

    def _on_event(self, event: Event) -> None:
        if event.actor is Actor.RECOVERY:  # of a store that could be opened only now
            self._crashed_ids.append(event.ticket_id)
        self._telemetry.announce(event)
        self._publish_status()

    def _diagnose(self) -> None:
        trouble = self._trouble()
        store, rolls_on = self._keeper.trouble, self._runner.rolls_on
        queue = self._runner.dispatcher
        self._diagnostics.publish(
            (
                'service',
                diagnostics.OK if trouble is None else diagnostics.ERROR,
                f'{trouble} [{trouble.code}]' if trouble else 'ready',
                {'version': self._telemetry.version, 'term': self._store.term},
            ),
            (
                'ticket store',
                diagnostics.OK if store is None else diagnostics.ERROR,
                f'{store} [{store.code}]' if store else 'works',
                {each.value: count for each, count in self._store.count_by_status().items()},
            ),
            (
                'standstill',
                diagnostics.ERROR if rolls_on else diagnostics.OK,
                f'{rolls_on} [{NotAtStandstill.code}]' if rolls_on else 'reached',
                {},
            ),
            (
                'queue',
                diagnostics.WARN if queue.pause else diagnostics.OK,
                f'paused: {queue.pause.text}' if queue.pause else 'goes on',
                {'waiting': len(queue)},
            ),
            (
                'limits',
                diagnostics.WARN if self._misfits else diagnostics.OK,
                '; '.join(self._misfits) or "within the cmd_vel gate's",
                {},
            ),
            (
                'plug-ins',
                diagnostics.WARN if self._broken_plugins else diagnostics.OK,
                '; '.join(map(str, self._broken_plugins)) or 'none is broken',
                {},
            ),
            self._odometry_diagnosis(),
        )

    def _odometry_diagnosis(self) -> tuple[str, bytes, str, dict[str, object]]:
        sensors = self._runner.sensors
        sources, trouble = publishers_of(self, 'odom'), sensors.odometer.trouble(time.monotonic())
        told = ['heard' if sensors.hears_odometry else 'not heard: standstill cannot be measured']
        level = diagnostics.OK if sensors.hears_odometry and not trouble else diagnostics.WARN
        if trouble:
            told.append(trouble)
        if len(sources) > 1:
            told.append(f'{len(sources)} publishers: {", ".join(sources)}')
        if len(sources) > 1 or (trouble and not sensors.hears_odometry):
            level = diagnostics.ERROR
        values = {'refused': sensors.odometer.refused_count, 'jumps': sensors.odometer.jump_count}
        return 'odometry', level, '; '.join(told), values

    def _trouble(self) -> OrchestratorError | None:
        if self._runner.is_stopping:
            return ServiceStopping()
        check = self._runner.motion_check
        moving = check.trouble or check.scan_trouble
        return self._keeper.trouble or self._runner.link.trouble or moving

    def _health(self) -> tuple[OrchestratorStatus, OrchestratorError | None]:
        trouble = self._trouble()
        sensors = self._runner.sensors
        executing_ids = [each.ticket_id for each in self._runner.executions.executing]
        status = self._telemetry.status(trouble, sensors, executing_ids, self._store.term)
        status.waiting = len(self._runner.dispatcher)
        status.pause_reason = self._runner.dispatcher.pause.text
        return status, trouble

    def _publish_status(self) -> OrchestratorStatus:
        status = self._health()[0]
        self._telemetry.publish_status(status)
        return status


def make_nodes() -> list[ProcessNode]:
    """Return the orchestrator, started, and before it the gate where that is in this process."""
    orchestrator = Orchestrator()
    gates = (
        [CmdVelGate(neighbours=PARAMETERS)] if orchestrator.settings.gate == 'in_process' else []
    )
    orchestrator.start()
    return [*gates, orchestrator]


def main() -> int:
    """Run the orchestrator."""
    return run(make_nodes)
