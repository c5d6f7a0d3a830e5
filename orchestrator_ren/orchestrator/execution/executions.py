"""The executions under way, and what ends them from outside."""

from __future__ import annotations

from collections.abc import Callable

from rclpy.node import Node

from orchestrator_ren.errors import OrchestratorError
from orchestrator_ren.orchestrator.execution.control_clock import ControlClock
from orchestrator_ren.orchestrator.execution.execution import Execution
from orchestrator_ren.orchestrator.execution.means import Means
from orchestrator_ren.orchestrator.ticket_holders import Holder, TicketHolders
from orchestrator_ren.ros.future import Future
from orchestrator_ren.tickets.ending import Ending, failed
from orchestrator_ren.tickets.ticket import Status


class Executions:
    """All executions from the request to the end; they tick while there are some.

    It cannot move the robot wrongly: it only lets commands go on, or ends them.

    Args:
        node: Owns the timers.
        means: What commands are run with.
        holders: Who works on which ticket.
    """

    def __init__(self, node: Node, means: Means, holders: TicketHolders) -> None:
        self._means = means
        self._sensors = means.sensors
        self._by_id: dict[str, Execution] = holders.of(Holder.EXECUTION)
        self._idle = Future()
        self._clock = ControlClock(
            node,
            means.clock_watch,
            means.sensors.is_simulated,
            self._on_control_tick,
            self._on_steady_tick,
            self._on_clock_jump,
        )
        self._sensors.on_odometry_jump = self._on_odometry_jump

    @property
    def executing(self) -> list[Execution]:
        """Those whose tickets are EXECUTING: their command runs, or the robot comes to a stand."""
        return [
            each
            for each in self._by_id.values()
            if each.ticket is not None and each.ticket.status is Status.EXECUTING
        ]

    @property
    def now_s(self) -> float:
        """The time that durations are measured in [s]; to be read once a second at least."""
        return self._clock.now_s

    def get(self, ticket_id: str) -> Execution | None:
        """Return the execution of the ticket that is under way."""
        return self._by_id.get(ticket_id)

    def writer_of(self, ticket_id: str) -> Execution | None:
        """Return the execution that has read the ticket: from then on it alone writes it."""
        execution = self._by_id.get(ticket_id)
        return execution if execution is not None and execution.ticket is not None else None

    def remaining_s(self) -> dict[str, float]:
        """Return the predicted rest of each whose duration is known [s]."""
        return {
            ticket_id: each.remaining_s
            for ticket_id, each in self._by_id.items()
            if each.plan.prediction.duration_s > 0.0
        }

    def begin(self, ticket_id: str) -> Execution:
        """Return a new execution."""
        execution = Execution(ticket_id, self.now_s, self._means)
        self._attend(True)
        self._by_id[ticket_id] = execution
        return execution

    def end(self, execution: Execution) -> None:
        """Forget an execution that has ended."""
        del self._by_id[execution.ticket_id]
        execution.forget()
        execution.ended.set_result(None)
        self._attend(bool(self._by_id))
        if not self._by_id and not self._idle.done():
            self._idle.set_result(None)

    async def all_ended(self) -> None:
        """Wait until there is none."""
        while self._by_id:
            if self._idle.done():
                self._idle = Future()
            await self._idle

    def interrupt_all(self, ending_of: Callable[[str], Ending]) -> None:
        """End all, each as the function says for its ticket."""
        for each in self._by_id.values():
            each.interrupt(ending_of(each.ticket_id))

    def interrupt_moving(self, ending: Ending, stream: str = '') -> list[str]:
        """End those that move the robot or will, of one stream or all; return their tickets."""
        ended = []
        for each in self._by_id.values():
            if each.ticket is None:  # it has no stream yet that could have ended
                each.early_stop = each.early_stop if stream else ending
            elif each.moves and stream in ('', each.ticket.stream) and each.interrupt(ending):
                ended.append(each.ticket_id)
        return ended

    def interrupt_interlocked(self, error: OrchestratorError) -> None:
        """Fail those that must end when nothing may move."""
        ending = failed(error)
        for each in self._by_id.values():
            if each.plan.needs.interlocked:
                each.interrupt(ending)
            elif each.ticket is None:
                each.early_unsafe = ending

    def _attend(self, is_needed: bool) -> None:
        """Tick, and be woken by odometry, only while something is under way."""
        self._sensors.attend(is_needed)
        self._clock.run(is_needed)

    def _on_clock_jump(self, words: str) -> None:
        for each in self._by_id.values():
            each.lose_clock(words)

    def _on_odometry_jump(self) -> None:
        for each in list(self._by_id.values()):
            each.look_for_jump()

    def _on_control_tick(self) -> None:
        now_s = self.now_s
        for each in list(self._by_id.values()):
            each.pulse(now_s)

    def _on_steady_tick(self) -> None:
        trouble = self._means.link.trouble
        if trouble is not None:
            self.interrupt_interlocked(trouble)
        now_s = self.now_s
        for each in list(self._by_id.values()):
            each.steady_pulse(now_s)
