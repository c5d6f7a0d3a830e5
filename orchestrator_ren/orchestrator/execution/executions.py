"""The executions under way: their clock, and what ends them from outside."""

from __future__ import annotations

import time
from collections.abc import Callable, Coroutine
from typing import Any

from rclpy.clock import Clock, ClockType
from rclpy.node import Node
from rclpy.task import Future

from orchestrator_ren.commands.command import CONTROL_PERIOD_S
from orchestrator_ren.errors import OrchestratorError
from orchestrator_ren.motion.clock_watch import ClockWatch
from orchestrator_ren.motion.response import Response
from orchestrator_ren.orchestrator.execution.execution import Execution
from orchestrator_ren.orchestrator.execution.gate_link import GateLink
from orchestrator_ren.orchestrator.execution.sensors import Sensors
from orchestrator_ren.tickets.ending import Ending, failed
from orchestrator_ren.tickets.ticket import Status

LOOK_S = 0.1
"""Time between two looks at a clock of which it is not known yet how fast it is [s]."""


class Executions:
    """All executions from the request to the end; they tick while there are some.

    It cannot move the robot wrongly: it only lets commands go on, or ends them.

    Args:
        node: Owns the timers.
        link: To the gate.
        sensors: Of the robot.
        stop_motion: What a command may call, with its ticket and a reason, to stop the robot.

    Attributes:
        response: How the base answers to commands.
    """

    def __init__(
        self,
        node: Node,
        link: GateLink,
        sensors: Sensors,
        stop_motion: Callable[[str, str], list[str]],
    ) -> None:
        self.response = Response()
        self._node = node
        self._link = link
        self._sensors = sensors
        self._stop_motion = stop_motion
        self._by_id: dict[str, Execution] = {}
        self._idle = Future()
        steady = Clock(clock_type=ClockType.STEADY_TIME)
        # ROS time without simulation is the system's, and whoever corrects that makes it jump.
        self._clock = node.get_clock() if sensors.is_simulated else steady
        self._watch = ClockWatch()
        self._control_timer = node.create_timer(
            CONTROL_PERIOD_S, self._on_control_tick, clock=self._clock
        )
        self._steady_timer = node.create_timer(
            CONTROL_PERIOD_S, self._on_steady_tick, clock=steady
        )
        sensors.on_odometry_jump = self._on_odometry_jump
        self._look_timer = node.create_timer(LOOK_S, self._on_look, clock=steady)
        self._run_timers()

    @property
    def active_ids(self) -> frozenset[str]:
        """Tickets that are executed, or are about to be; may be read from any thread."""
        return frozenset(list(self._by_id))

    @property
    def executing(self) -> list[Execution]:
        """Those whose command runs now."""
        return [
            each
            for each in self._by_id.values()
            if each.ticket is not None and each.ticket.status is Status.EXECUTING
        ]

    @property
    def now_s(self) -> float:
        """The time that durations are measured in: simulated, without jumps, or else steady [s].

        To be read about once a second also while nothing runs: when a motion begins, it must be
        known how fast simulated time is, to tell a jump from that.
        """
        self._watch.look(self._clock.now().nanoseconds * 1e-9, time.monotonic())
        if self._watch.jump:
            self._tell_jump()
        return self._watch.elapsed_s

    def get(self, ticket_id: str) -> Execution | None:
        """Return the execution of the ticket."""
        return self._by_id.get(ticket_id)

    def started(self, ticket_id: str) -> Execution | None:
        """Return the execution of the ticket, if it has read that: from then on it writes it."""
        execution = self._by_id.get(ticket_id)
        return execution if execution is not None and execution.ticket is not None else None

    def remaining_s(self) -> dict[str, float]:
        """Return the predicted rest of each whose duration is known [s]."""
        return {
            ticket_id: each.remaining_s
            for ticket_id, each in self._by_id.items()
            if each.prediction.duration_s > 0.0
        }

    def begin(self, ticket_id: str) -> Execution:
        """Return a new execution."""
        execution = Execution(
            *(ticket_id, self.now_s, self._link, self._sensors, self._stop_motion),
            *(self._run_command, self._watch, self.response),
        )
        self._by_id[ticket_id] = execution
        self._run_timers()
        return execution

    def end(self, execution: Execution) -> None:
        """Forget an execution that has ended."""
        del self._by_id[execution.ticket_id]
        execution.ended.set_result(None)
        self._run_timers()
        if not self._by_id and not self._idle.done():
            self._idle.set_result(None)

    async def all_ended(self) -> None:
        """Wait until there is none."""
        while self._by_id:
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
        for each in self._by_id.values():
            if each.interlocked:
                each.interrupt(failed(error))
            elif each.ticket is None:
                each.early_unsafe = failed(error)

    def _on_look(self) -> None:
        _ = self.now_s
        if self._watch.is_settled:
            self._look_timer.cancel()

    def _tell_jump(self) -> None:
        words, self._watch.jump = self._watch.jump, ''
        self._look_timer.reset()
        self._node.get_logger().warning(f'simulated time {words}; that counts as no time at all')
        for each in self._by_id.values():
            each.lose_clock(words)

    def _run_command(self, coroutine: Coroutine[Any, Any, Any]) -> None:
        """Let a command run; nobody waits for one that does not end."""
        self._node.executor.create_task(coroutine)

    def _on_odometry_jump(self) -> None:
        for each in list(self._by_id.values()):
            each.look_for_jump()

    def _on_control_tick(self) -> None:
        now_s = self.now_s
        for each in list(self._by_id.values()):
            each.pulse(now_s)

    def _on_steady_tick(self) -> None:
        trouble = self._link.trouble
        if trouble is not None:
            self.interrupt_interlocked(trouble)
        now_s = self.now_s
        for each in list(self._by_id.values()):
            each.steady_pulse(now_s)

    def _run_timers(self) -> None:
        """Tick only while something executes: an idle orchestrator costs nothing."""
        for timer in (self._control_timer, self._steady_timer):
            if not self._by_id:
                timer.cancel()
            elif timer.is_canceled():
                timer.reset()
