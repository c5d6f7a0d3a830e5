"""The parts of this room, made and connected: one runner, and its two fronts."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace

from rclpy.node import Node

from orchestrator_ren.commands.registry import CommandRegistry
from orchestrator_ren.orchestrator.dispatch.auto_dispatch import AutoDispatch
from orchestrator_ren.orchestrator.dispatch.dispatch_effects import DispatchEffects
from orchestrator_ren.orchestrator.dispatch.dispatcher import Dispatcher
from orchestrator_ren.orchestrator.dispatch.fleet_intake import FleetIntake
from orchestrator_ren.orchestrator.dispatch.manual_dispatch import ManualDispatch
from orchestrator_ren.orchestrator.dispatch.queue_loader import QueueLoader
from orchestrator_ren.orchestrator.dispatch.queue_pause import QueuePause
from orchestrator_ren.orchestrator.dispatch.ticket_creation import TicketCreation
from orchestrator_ren.orchestrator.dispatch.ticket_queueing import TicketQueueing
from orchestrator_ren.orchestrator.execution.cancellation import Cancellation
from orchestrator_ren.orchestrator.execution.parts import ExecutionParts
from orchestrator_ren.orchestrator.execution.runner import TicketRunner
from orchestrator_ren.orchestrator.execution.ticket_records import TicketRecords
from orchestrator_ren.orchestrator.shutdown import Shutdown
from orchestrator_ren.orchestrator.store_access.store_keeper import StoreKeeper
from orchestrator_ren.orchestrator.ticket_holders import TicketHolders
from orchestrator_ren.ros.tasks import Tasks
from orchestrator_ren.tickets.event import Event


class DispatchParts:
    """Who waits, who runs next, and who says so.

    Args:
        node: Owns the timers.
        settings: The parameters of the orchestrator.
        registry: The commands.
        keeper: Of the store.
        records: The tickets.
        execution: What executes.
        holders: Who works on which ticket.
        tasks: Run what takes its time.
        shutdown: The end of the orchestrator.
        announce: Called with each event, once it is on disk.
        on_finished: Called with the time from request to final status [s].
        on_loaded: Called when the queue has been read, or could not be.

    Attributes:
        pause: Of the queue.
        dispatcher: Holds the queue.
        runner: Executes.
        cancellation: Ends one ticket.
        manual: Executes what somebody asks for.
        automatic: Executes what nobody stays for.
        queueing: Lets tickets wait whose client does not stay.
        loader: Fills the queue at the start.
        intake: Takes in what others have given, and what is for any robot.
        creation: Creates tickets.
    """

    def __init__(
        self,
        node: Node,
        settings: SimpleNamespace,
        registry: CommandRegistry,
        keeper: StoreKeeper,
        records: TicketRecords,
        execution: ExecutionParts,
        holders: TicketHolders,
        tasks: Tasks,
        shutdown: Shutdown,
        announce: Callable[[Event], None],
        on_finished: Callable[[float], None],
        on_loaded: Callable[[], None],
    ) -> None:
        link, executions, stops = execution.link, execution.executions, execution.stops
        is_automatic = settings.dispatch == 'auto'
        self.pause = QueuePause(
            node,
            keeper,
            tasks,
            shutdown,
            is_automatic or keeper.store.robot.is_in_fleet,
            lambda: self.automatic.has_waiting,
            link.check_safe,
        )
        self.dispatcher = Dispatcher(
            node,
            settings.max_wait_s,
            settings.max_executions,
            settings.preempt == 'critical',
            self.pause,
            holders,
            shutdown,
            is_store_usable=lambda: keeper.is_usable,
            unsafe=lambda: str(link.trouble or ''),
        )
        self.runner = TicketRunner(
            records,
            registry,
            execution.checks,
            executions,
            self.dispatcher,
            execution.motion_check,
            stops,
            shutdown,
            on_finished,
        )
        self.cancellation = Cancellation(records, executions, self.dispatcher, holders)
        self.automatic = AutoDispatch(
            node,
            self.runner,
            self.cancellation,
            records,
            registry,
            execution.checks,
            self.dispatcher,
            self.pause,
            holders,
            stops,
            tasks,
            shutdown,
            is_automatic,
        )
        self.queueing = TicketQueueing(
            self.automatic,
            records,
            execution.checks,
            execution.motion_check,
            holders,
            stops,
            shutdown,
        )
        self.manual = ManualDispatch(
            self.runner,
            executions,
            self.dispatcher,
            holders,
            stops,
            records,
            self.automatic,
            link,
            shutdown,
            settings.max_waiting_goals,
        )
        self.dispatcher.effects = DispatchEffects(executions, self.automatic, tasks)
        self.loader = QueueLoader(
            node,
            keeper,
            records,
            registry,
            self.automatic,
            self.dispatcher,
            self.pause,
            stops,
            holders,
            tasks,
            shutdown,
            on_loaded,
        )
        self.intake = FleetIntake(
            node,
            keeper,
            registry,
            self.automatic,
            self.dispatcher,
            self.pause,
            holders,
            tasks,
            shutdown,
            announce,
        )
        self.creation = TicketCreation(
            keeper,
            registry,
            execution.checks,
            self.automatic,
            self.queueing,
            self.loader,
            stops,
            shutdown,
            announce,
        )
