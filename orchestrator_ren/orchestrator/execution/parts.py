"""The parts of this room, made and connected."""

from __future__ import annotations

from collections.abc import Callable

from orchestrator_ren.commands.registry import CommandRegistry
from orchestrator_ren.motion.response import Response
from orchestrator_ren.orchestrator.execution.command_checks import CommandChecks
from orchestrator_ren.orchestrator.execution.executions import Executions
from orchestrator_ren.orchestrator.execution.gate_link import GateLink
from orchestrator_ren.orchestrator.execution.means import Means
from orchestrator_ren.orchestrator.execution.motion_check import MotionCheck
from orchestrator_ren.orchestrator.execution.motion_guard import MotionGuard
from orchestrator_ren.orchestrator.execution.sensors import Sensors
from orchestrator_ren.orchestrator.execution.stop_tickets import StopTickets
from orchestrator_ren.orchestrator.ticket_holders import TicketHolders
from orchestrator_ren.ros.quiet_subscription import QuietNode
from orchestrator_ren.ros.tasks import Tasks
from orchestrator_ren.tickets.pause import PauseReason


class ExecutionParts:
    """What executes, and what it knows of the robot.

    Args:
        node: Owns publishers, subscriptions and timers.
        registry: The commands.
        holders: Who works on which ticket.
        tasks: Run the commands.
        term: Returns the fencing number of the store's opening; 0 = it is not open.
        pause: Pauses a queue that would go on by itself.
        on_state: Called when it becomes possible or impossible to move.

    Attributes:
        link: To the gate.
        sensors: Of the robot.
        motion_check: Why the base must not move though the gate is well.
        means: What commands are run with.
        checks: Ask commands what they need.
        executions: Those under way.
        stops: Which tickets are stops.
    """

    def __init__(
        self,
        node: QuietNode,
        registry: CommandRegistry,
        holders: TicketHolders,
        tasks: Tasks,
        term: Callable[[], int],
        pause: Callable[[PauseReason], None],
        on_state: Callable[[], None],
    ) -> None:
        # The functions look up what is made below: nothing is called before the node spins.
        self.link = GateLink(
            node,
            term,
            lambda stream, error: guard.on_motion_ended(stream, error),
            lambda error: guard.on_unsafe(error),
            on_state,
        )
        self.sensors = Sensors(node)
        self.link.on_beat = self.sensors.look
        self.motion_check = MotionCheck(self.link, self.sensors, node.get_clock())
        self.means = Means(
            self.link,
            self.sensors,
            tasks,
            lambda ticket_id, reason: self.stops.stop_motion_for(ticket_id, reason),
        )
        self.checks = CommandChecks(node, registry, tasks)
        self.executions = Executions(node, self.means, holders)
        guard = MotionGuard(self.executions, pause)
        self.stops = StopTickets(registry, guard.stop)

    def fit(self, response: Response) -> None:
        """Expect the base to answer like that from now on."""
        self.means.response = response
